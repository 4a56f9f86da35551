package dev.gamelan.interop.onnx.ops;

import dev.gamelan.shape.FormatException;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** The sets of characters that have names in RE2's expressions. */
final class Characters {

    private Characters() {}

    static boolean isWord(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_';
    }

    /** Of {@code \d} and its like; upper case means all others. */
    static IntPredicate perl(char name) {
        IntPredicate set = switch (Character.toLowerCase(name)) {
            case 'd' -> c -> c >= '0' && c <= '9';
            case 's' -> c -> c == ' ' || c >= '\t' && c <= '\r' && c != 0x0B;
            default -> Characters::isWord;
        };
        return Character.isUpperCase(name) ? set.negate() : set;
    }

    /** Of {@code [:alpha:]} and its like. */
    static IntPredicate posix(String name) {
        return switch (name) {
            case "alnum" -> c -> isWord(c) && c != '_';
            case "alpha" -> c -> isWord(c) && c > '9' && c != '_';
            case "ascii" -> c -> c < 128;
            case "blank" -> c -> c == ' ' || c == '\t';
            case "cntrl" -> c -> c < ' ' || c == 127;
            case "digit" -> c -> c >= '0' && c <= '9';
            case "graph" -> c -> c > ' ' && c < 127;
            case "lower" -> c -> c >= 'a' && c <= 'z';
            case "print" -> c -> c >= ' ' && c < 127;
            case "punct" -> c -> c > ' ' && c < 127 && (!isWord(c) || c == '_');
            case "space" -> c -> c == ' ' || c >= '\t' && c <= '\r';
            case "upper" -> c -> c >= 'A' && c <= 'Z';
            case "word" -> Characters::isWord;
            case "xdigit" -> c -> c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F';
            default -> throw unknown("[:" + name + ":]");
        };
    }

    /** A category or a script of Unicode. */
    static IntPredicate unicode(String name) {
        if (name.equals("Any")) {
            return _ -> true;
        }
        try {
            Pattern pattern = Pattern.compile("\\p{" + (name.length() <= 2 ? name : "Is" + name.toUpperCase(Locale.ROOT)) + "}");
            return c -> pattern.matcher(Character.toString(c)).matches();
        } catch (PatternSyntaxException e) {
            throw unknown("\\p{" + name + "}");
        }
    }

    /** With the other case of each. */
    static IntPredicate anyCase(IntPredicate set) {
        return c -> set.test(c) || set.test(Character.toLowerCase(c)) || set.test(Character.toUpperCase(c));
    }

    private static FormatException unknown(String name) {
        return new FormatException("no such set of characters\n  expected  one that RE2 has\n  received  " + name);
    }
}
