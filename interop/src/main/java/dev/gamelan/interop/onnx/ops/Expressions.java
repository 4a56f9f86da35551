package dev.gamelan.interop.onnx.ops;

import dev.gamelan.shape.FormatException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Regular expressions as operators have them: in the syntax of RE2, most of which is Java's too.
 *
 * @see <a href="https://github.com/google/re2/wiki/Syntax">its syntax</a>
 */
final class Expressions {

    /** A class of characters inside of brackets, {@code [:alpha:]} or {@code [:^alpha:]}. */
    private static final Pattern CLASS = Pattern.compile("\\[:(\\^?)([a-z]+):]");

    /** Part of a text. */
    record Span(int start, int end) {}

    private Expressions() {}

    static Pattern compile(String expression) {
        try {
            return Pattern.compile(java(expression), Pattern.UNIX_LINES);
        } catch (PatternSyntaxException e) {
            throw new FormatException("not a regular expression\n  expected  the syntax of RE2\n  received  '" + expression + "': "
                    + e.getDescription(), e);
        }
    }

    private static String java(String expression) {
        String named = expression.replace("(?P<", "(?<");
        return CLASS.matcher(named).replaceAll(found -> {
            String name = found.group(2);
            String set = switch (name) {
                case "ascii" -> "\\p{ASCII}";
                case "word" -> "\\w";
                case "xdigit" -> "\\p{XDigit}";
                default -> "\\p{" + Character.toUpperCase(name.charAt(0)) + name.substring(1) + "}";
            };
            return Matcher.quoteReplacement(found.group(1).isEmpty() ? set : "[^" + set + "]");
        });
    }

    /** The leftmost match from a place on and, of those that begin there, the longest, where Java's would be the first to be found. */
    static Optional<Span> longest(Matcher matcher, int from, int length) {
        matcher.useAnchoringBounds(false).useTransparentBounds(true).region(from, length);
        if (!matcher.find()) {
            return Optional.empty();
        }
        int start = matcher.start();
        int end = matcher.end();
        boolean more = true;
        for (int tried = end + 1; tried <= length && more; tried++) {
            boolean matches = matcher.region(start, tried).matches();
            end = matches ? tried : end;
            more = matches || matcher.hitEnd();
        }
        return Optional.of(new Span(start, end));
    }
}
