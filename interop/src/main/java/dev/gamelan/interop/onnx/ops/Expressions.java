package dev.gamelan.interop.onnx.ops;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.gamelan.shape.FormatException;
import java.util.regex.Matcher;

/**
 * Regular expressions as operators have them: RE2's, of whose matches the leftmost and of those the longest is meant. A text takes time in
 * proportion to its length, whatever the expression.
 *
 * @see <a href="https://github.com/google/re2/wiki/Syntax">their syntax</a>
 */
final class Expressions {

    /** Characters that an expression may have once its repetitions are written out. */
    private static final long MOST_CHARACTERS = 20_000;
    /** Groups within each other. */
    private static final int MOST_NESTED = 200;
    private static final java.util.regex.Pattern REPETITION = java.util.regex.Pattern
            .compile("\\{(?<least>\\d{1,4})(,(?<most>\\d{0,4}))?}");

    private Expressions() {}

    /** @throws FormatException if it is not one, or too large */
    static Pattern compile(String expression) {
        limit(expression);
        try {
            return Pattern.compile(expression, Pattern.LONGEST_MATCH);
        } catch (PatternSyntaxException e) {
            throw refused("the syntax of RE2", e.getDescription());
        }
    }

    /** The library writes repetitions out, however many they are within each other. */
    private static void limit(String expression) {
        long[] characters = new long[MOST_NESTED + 1];
        int depth = 0;
        long last = 0;
        Matcher repetition = REPETITION.matcher(expression);
        for (int i = 0; i < expression.length();) {
            int end = end(expression, i);
            char first = expression.charAt(i);
            if (first == '(') {
                if (++depth > MOST_NESTED) {
                    throw refused("at most " + MOST_NESTED + " groups within each other", "more");
                }
                characters[depth] = 1;
            } else if (first == ')') {
                last = characters[depth];
                depth = Math.max(0, depth - 1);
                characters[depth] += last;
            } else if (first == '{' && repetition.region(i, expression.length()).lookingAt()) {
                end = repetition.end();
                long more = last * (repeats(repetition) - 1);
                last += more;
                characters[depth] += more;
            } else {
                last = (long) end - i;
                characters[depth] += last;
            }
            if (characters[depth] > MOST_CHARACTERS) {
                throw refused("at most " + MOST_CHARACTERS + " characters, with repetitions written out", "more");
            }
            i = end;
        }
    }

    private static int repeats(Matcher repetition) {
        String most = repetition.group("most");
        int least = Integer.parseInt(repetition.group("least"));
        return Math.max(1, most == null || most.isEmpty() ? least : Math.max(least, Integer.parseInt(most)));
    }

    /** The end of what is quoted, escaped or in brackets, or of one character. */
    private static int end(String expression, int start) {
        return switch (expression.charAt(start)) {
            case '\\' -> {
                String escaped = expression.substring(start + 1, Math.min(expression.length(), start + 3));
                yield escaped.startsWith("Q") ? behind(expression, "\\E", start + 2)
                        : escaped.matches("[pPx]\\{") ? behind(expression, "}", start + 3) : Math.min(expression.length(), start + 2);
            }
            case '[' -> endOfClass(expression, start + 1);
            default -> start + 1;
        };
    }

    private static int endOfClass(String expression, int start) {
        int i = expression.startsWith("^", start) ? start + 1 : start;
        i += expression.startsWith("]", i) ? 1 : 0;
        while (i < expression.length() && expression.charAt(i) != ']') {
            i = expression.startsWith("[:", i) ? behind(expression, ":]", i + 2) : i + (expression.charAt(i) == '\\' ? 2 : 1);
        }
        return Math.min(expression.length(), i + 1);
    }

    /** The place behind what ends something, or the end of the expression. */
    private static int behind(String expression, String what, int start) {
        int at = expression.indexOf(what, start);
        return at < 0 ? expression.length() : at + what.length();
    }

    private static FormatException refused(String expected, String received) {
        return new FormatException("not a regular expression\n  expected  " + expected + "\n  received  " + received);
    }
}
