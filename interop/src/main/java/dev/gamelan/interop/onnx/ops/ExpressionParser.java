package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.ops.Expression.Edge;
import dev.gamelan.interop.onnx.ops.Expression.Step;
import dev.gamelan.shape.FormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;

/**
 * Reads a regular expression in the syntax of RE2. What is in parentheses is followed like everything else, as nobody asks for it, and
 * whether a repetition takes much or little makes no difference to the longest match.
 *
 * @see <a href="https://github.com/google/re2/wiki/Syntax">the syntax</a>
 */
final class ExpressionParser {

    private static final int MOST_STEPS = 20_000;
    private static final int MOST_TIMES = 1000;
    private static final int DEEPEST = 250;
    private static final int END = -1;

    /** A part that knows how to add itself before a step; it gives its first step. */
    private interface Part {
        int before(int next);
    }

    private final String text;
    private int at;
    private int depth;
    private int size;
    private boolean anyCase;
    private boolean lines;
    private boolean dotIsAll;
    private List<Step> steps = List.of();

    ExpressionParser(String text) {
        this.text = text;
    }

    /** @return the first step; the end is step 0 */
    int read(List<Step> into) {
        steps = into;
        steps.add(new Step.End());
        Part all = alternatives();
        if (at < text.length()) {
            throw wrong("a ')' without a '('");
        }
        return all.before(0);
    }

    private int add(Step step) {
        grow();
        steps.add(step);
        return steps.size() - 1;
    }

    /** Repetitions of repetitions may be many, even of nothing. */
    private void grow() {
        if (++size > MOST_STEPS) {
            throw new FormatException("a regular expression is too large\n  expected  at most " + MOST_STEPS
                    + " characters with all repetitions written out\n  received  one of " + text.length() + " characters");
        }
    }

    private FormatException wrong(String what) {
        return new FormatException("not a regular expression\n  expected  the syntax of RE2\n  received  '" + text + "': " + what + " at "
                + at);
    }

    private int peek() {
        return at < text.length() ? text.codePointAt(at) : END;
    }

    private int next() {
        int c = peek();
        if (c == END) {
            throw wrong("it ends too early");
        }
        at += Character.charCount(c);
        return c;
    }

    private boolean skip(String expected) {
        boolean found = text.startsWith(expected, at);
        at += found ? expected.length() : 0;
        return found;
    }

    // ---- structure -----------------------------------------------------------------------------------------------------

    private Part alternatives() {
        if (++depth > DEEPEST) {
            throw wrong("too many parentheses inside of each other");
        }
        List<Part> all = new ArrayList<>(List.of(sequence()));
        while (skip("|")) {
            all.add(sequence());
        }
        depth--;
        return next -> {
            int first = all.getLast().before(next);
            for (Part part : all.subList(0, all.size() - 1).reversed()) {
                first = add(new Step.Either(part.before(next), first));
            }
            return first;
        };
    }

    private Part sequence() {
        List<Part> all = new ArrayList<>();
        while (peek() != END && peek() != '|' && peek() != ')') {
            all.add(repeated());
        }
        return all.size() == 1 ? all.getFirst() : inOrder(all);
    }

    private static Part inOrder(List<Part> all) {
        return next -> {
            int first = next;
            for (Part part : all.reversed()) {
                first = part.before(first);
            }
            return first;
        };
    }

    private Part repeated() {
        Part result = atom();
        while (true) {
            int start = at;
            Part once = result;
            if (skip("*")) {
                result = any(once);
            } else if (skip("+")) {
                result = times(once, 1, END);
            } else if (skip("?")) {
                result = times(once, 0, 1);
            } else if (peek() == '{' && isCount()) {
                result = counted(once);
            } else {
                return result;
            }
            boolean _ = skip("?");
            if (at < text.length() && "*+?".indexOf(text.charAt(at)) >= 0 && at > start) {
                throw wrong("a repetition of a repetition");
            }
        }
    }

    /** A loop: its own first step is behind it, so a place is kept for that. */
    private Part any(Part once) {
        return next -> {
            int loop = add(new Step.Either(next, next));
            steps.set(loop, new Step.Either(once.before(loop), next));
            return loop;
        };
    }

    /** @param most {@link #END} for any number */
    private Part times(Part once, int least, int most) {
        return next -> {
            int first = most == END ? any(once).before(next) : next;
            for (int i = least; i < most; i++) {
                first = add(new Step.Either(once.before(first), next));
            }
            for (int i = 0; i < least; i++) {
                grow();
                first = once.before(first);
            }
            return first;
        };
    }

    /** Braces that hold no count are characters. */
    private boolean isCount() {
        int close = text.indexOf('}', at);
        return close > 0 && text.substring(at + 1, close).matches("[0-9]+(,[0-9]*)?");
    }

    private Part counted(Part once) {
        int close = text.indexOf('}', at);
        String[] numbers = text.substring(at + 1, close).split(",", -1);
        int least = count(numbers[0]);
        int most = numbers.length == 1 ? least : numbers[1].isEmpty() ? END : count(numbers[1]);
        if (most != END && most < least) {
            throw wrong("a repetition of at most less than at least");
        }
        at = close + 1;
        return times(once, least, most);
    }

    private int count(String digits) {
        if (digits.length() > 4 || Integer.parseInt(digits) > MOST_TIMES) {
            throw wrong("a repetition of more than " + MOST_TIMES + " times");
        }
        return Integer.parseInt(digits);
    }

    private Part group() {
        boolean caseBefore = anyCase;
        boolean linesBefore = lines;
        boolean dotBefore = dotIsAll;
        if (skip("?P<") || skip("?<")) {
            int close = text.indexOf('>', at);
            if (close < 0 || !text.substring(at, close).matches("[A-Za-z0-9_]+")) {
                throw wrong("a group without a name");
            }
            at = close + 1;
        } else if (skip("?") && flags() == ')') {
            return next -> next;
        }
        Part inner = alternatives();
        if (!skip(")")) {
            throw wrong("a '(' without a ')'");
        }
        anyCase = caseBefore;
        lines = linesBefore;
        dotIsAll = dotBefore;
        return inner;
    }

    /** @return what ends them: a colon or a parenthesis */
    private int flags() {
        boolean on = true;
        while (true) {
            int flag = next();
            switch (flag) {
                case '-' -> on = false;
                case 'i' -> anyCase = on;
                case 'm' -> lines = on;
                case 's' -> dotIsAll = on;
                case 'U' -> {}
                case ':', ')' -> {
                    return flag;
                }
                default -> throw wrong("a group of an unknown kind");
            }
        }
    }

    // ---- characters ----------------------------------------------------------------------------------------------------

    private Part set(IntPredicate set) {
        IntPredicate used = anyCase ? Characters.anyCase(set) : set;
        return next -> add(new Step.Character(used, next));
    }

    private Part edge(Edge edge) {
        return next -> add(new Step.At(edge, next));
    }

    private Part atom() {
        int c = next();
        return switch (c) {
            case '(' -> group();
            case '[' -> set(brackets());
            case '.' -> {
                boolean all = dotIsAll;
                yield next -> add(new Step.Character(x -> all || x != '\n', next));
            }
            case '^' -> edge(lines ? Edge.START_OF_LINE : Edge.START_OF_TEXT);
            case '$' -> edge(lines ? Edge.END_OF_LINE : Edge.END_OF_TEXT);
            case '\\' -> escape();
            case '*', '+', '?' -> throw wrong("a repetition of nothing");
            default -> set(x -> x == c);
        };
    }

    private Part escape() {
        int c = peek();
        switch (c) {
            case 'A', 'z', 'b', 'B' -> {
                at++;
                return edge(c == 'A' ? Edge.START_OF_TEXT : c == 'z' ? Edge.END_OF_TEXT : c == 'b' ? Edge.WORD : Edge.NO_WORD);
            }
            case 'C' -> {
                at++;
                return set(_ -> true);
            }
            case 'Q' -> {
                at++;
                int end = text.indexOf("\\E", at);
                String literal = text.substring(at, end < 0 ? text.length() : end);
                at = end < 0 ? text.length() : end + 2;
                return inOrder(literal.codePoints().mapToObj(x -> set(y -> y == x)).toList());
            }
            default -> {
                return set(escapedSet());
            }
        }
    }

    /** What stands behind a backslash, in brackets as well. */
    private IntPredicate escapedSet() {
        int c = peek();
        if (c != END && "dDsSwW".indexOf(c) >= 0) {
            at++;
            return Characters.perl((char) c);
        }
        if (c == 'p' || c == 'P') {
            at++;
            String name = peek() == '{' ? braces() : Character.toString(next());
            boolean others = name.startsWith("^") != (c == 'P');
            IntPredicate set = Characters.unicode(name.startsWith("^") ? name.substring(1) : name);
            return others ? set.negate() : set;
        }
        int character = escaped();
        return x -> x == character;
    }

    private String braces() {
        int close = text.indexOf('}', at);
        if (close < 0) {
            throw wrong("a '{' without a '}'");
        }
        String inner = text.substring(at + 1, close);
        at = close + 1;
        return inner;
    }

    private int escaped() {
        int c = next();
        return switch (c) {
            case 'a' -> 7;
            case 'f' -> '\f';
            case 't' -> '\t';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 'v' -> 0x0B;
            case 'x' -> number(peek() == '{' ? braces() : text.substring(at, at = Math.min(at + 2, text.length())), 16);
            case '0', '1', '2', '3', '4', '5', '6', '7' -> octal(c);
            default -> {
                if (c < 128 && Characters.isWord(c) && c != '_') {
                    throw wrong("an unknown escape");
                }
                yield c;
            }
        };
    }

    /** A single digit but 0 would be a group, which RE2 does not look back at. */
    private int octal(int first) {
        int end = at;
        while (end < text.length() && end < at + 2 && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
            end++;
        }
        if (first != '0' && end == at) {
            throw wrong("a look back at a group");
        }
        String digits = Character.toString(first) + text.substring(at, end);
        at = end;
        return number(digits, 8);
    }

    private int number(String digits, int radix) {
        try {
            int number = Integer.parseInt(digits, radix);
            if (number >= 0 && number <= Character.MAX_CODE_POINT) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The message below says it.
        }
        throw wrong("no character has this number");
    }

    private IntPredicate brackets() {
        boolean others = skip("^");
        IntPredicate set = _ -> false;
        boolean first = true;
        while (first || peek() != ']') {
            first = false;
            set = set.or(item());
        }
        at++;
        if (others) {
            IntPredicate inner = anyCase ? Characters.anyCase(set) : set;
            return inner.negate();
        }
        return set;
    }

    private IntPredicate item() {
        if (skip("[:")) {
            int close = text.indexOf(":]", at);
            if (close < 0) {
                throw wrong("a '[:' without a ':]'");
            }
            String name = text.substring(at, close);
            at = close + 2;
            return name.startsWith("^") ? Characters.posix(name.substring(1)).negate() : Characters.posix(name);
        }
        int start = at;
        if (peek() == '\\' && at + 1 < text.length() && "dDsSwWpP".indexOf(text.charAt(at + 1)) >= 0) {
            at++;
            return escapedSet();
        }
        IntUnaryOperator one = _ -> skip("\\") ? escaped() : next();
        int low = one.applyAsInt(0);
        boolean range = peek() == '-' && at + 1 < text.length() && text.charAt(at + 1) != ']';
        if (!range) {
            return x -> x == low;
        }
        at++;
        int high = one.applyAsInt(0);
        if (high < low) {
            at = start;
            throw wrong("a range that goes backwards");
        }
        return x -> x >= low && x <= high;
    }
}
