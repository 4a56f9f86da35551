package dev.gamelan.domains.text;

import java.text.Normalizer;
import java.util.Locale;
import java.util.function.IntPredicate;

/** What is done to a text before it is split. */
final class Normalization {

    private Normalization() {}

    /**
     * BERT's.
     *
     * @param clean   whether control characters are left out and all white space becomes a space
     * @param han     whether each Chinese character becomes a word
     * @param accents whether accents are left out
     */
    record Bert(boolean clean, boolean han, boolean accents, boolean lowercase) {

        String apply(String text) {
            String result = text;
            if (clean || han) {
                result = spaced(result);
            }
            if (accents) {
                result = stripAccents(Normalizer.normalize(result, Normalizer.Form.NFD));
            }
            return lowercase ? Normalization.lowercase(result) : result;
        }

        private String spaced(String text) {
            StringBuilder result = new StringBuilder(text.length() + 16);
            text.codePoints().forEach(c -> {
                if (clean && isDropped(c)) {
                    return;
                }
                if (clean && isWhiteSpace(c)) {
                    result.append(' ');
                } else if (han && isHan(c)) {
                    result.append(' ').appendCodePoint(c).append(' ');
                } else {
                    result.appendCodePoint(c);
                }
            });
            return result.toString();
        }
    }

    private static boolean isDropped(int c) {
        return c == 0 || c == 0xFFFD || c != '\t' && c != '\n' && c != '\r' && isOther(c);
    }

    /** Control and format characters, private use and surrogates. */
    private static boolean isOther(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
            default -> false;
        };
    }

    /** Unicode's property White_Space. */
    static boolean isWhiteSpace(int c) {
        return c >= 9 && c <= 13 || c == 0x85 || Character.isSpaceChar(c);
    }

    /** CJK ideographs: not Hangul, Hiragana and Katakana, which have words. */
    private static boolean isHan(int c) {
        return c >= 0x4E00 && c <= 0x9FFF || c >= 0x3400 && c <= 0x4DBF || c >= 0x20000 && c <= 0x2A6DF || c >= 0x2A700 && c <= 0x2B73F
                || c >= 0x2B740 && c <= 0x2B81F || c >= 0x2B920 && c <= 0x2CEAF || c >= 0xF900 && c <= 0xFAFF
                || c >= 0x2F800 && c <= 0x2FA1F;
    }

    static boolean isPunctuation(int c) {
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION, Character.DASH_PUNCTUATION, Character.START_PUNCTUATION, Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION, Character.FINAL_QUOTE_PUNCTUATION, Character.OTHER_PUNCTUATION -> true;
            default -> c < 128 && "$+<=>^`|~".indexOf(c) >= 0;
        };
    }

    /** Without the accents that a decomposed text has by themselves; marks that take room, as Indic vowels do, stay. */
    private static String stripAccents(String text) {
        return without(text, type -> type == Character.NON_SPACING_MARK);
    }

    /** Without all marks that combine with a letter. */
    static String stripMarks(String text) {
        return without(text, type -> type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK
                || type == Character.ENCLOSING_MARK);
    }

    private static String without(String text, IntPredicate type) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().filter(c -> !type.test(Character.getType(c))).forEach(result::appendCodePoint);
        return result.toString();
    }

    /** Each character for itself: a sigma at the end of a word is no other than elsewhere. */
    static String lowercase(String text) {
        StringBuilder result = new StringBuilder(text.length());
        text.codePoints().forEach(c -> {
            if (c < 128) {
                result.append((char) (c >= 'A' && c <= 'Z' ? c + 32 : c));
            } else {
                result.append(Character.toString(c).toLowerCase(Locale.ROOT));
            }
        });
        return result.toString();
    }
}
