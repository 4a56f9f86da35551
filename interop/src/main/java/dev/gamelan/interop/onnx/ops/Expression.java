package dev.gamelan.interop.onnx.ops;

import dev.gamelan.shape.FormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * A regular expression as operators have them: RE2's, of whose matches the leftmost and of those the longest is meant. All places that a
 * match may have come to are followed side by side, so a text takes time in proportion to its length, whatever the expression.
 *
 * @see <a href="https://swtch.com/~rsc/regexp/regexp2.html">Cox, Regular Expression Matching: the Virtual Machine Approach (2009)</a>
 */
final class Expression {

    /** Where no character is asked for. */
    enum Edge {
        START_OF_TEXT, END_OF_TEXT, START_OF_LINE, END_OF_LINE, WORD, NO_WORD;

        private boolean isAt(String text, int place) {
            return switch (this) {
                case START_OF_TEXT -> place == 0;
                case END_OF_TEXT -> place == text.length();
                case START_OF_LINE -> place == 0 || text.charAt(place - 1) == '\n';
                case END_OF_LINE -> place == text.length() || text.charAt(place) == '\n';
                case WORD -> isWord(text, place - 1) != isWord(text, place);
                case NO_WORD -> isWord(text, place - 1) == isWord(text, place);
            };
        }

        private static boolean isWord(String text, int place) {
            return place >= 0 && place < text.length() && Characters.isWord(text.charAt(place));
        }
    }

    /** One of the steps of a match; where it goes on is the number of a step. */
    sealed interface Step {
        record Character(IntPredicate set, int next) implements Step {}

        record At(Edge edge, int next) implements Step {}

        record Either(int first, int second) implements Step {}

        record End() implements Step {}
    }

    /** Part of a text. */
    record Span(int start, int end) {}

    private static final int NOWHERE = Integer.MAX_VALUE;

    private final List<Step> steps;
    private final int first;

    private Expression(List<Step> steps, int first) {
        this.steps = steps;
        this.first = first;
    }

    /** @throws FormatException if it is not one, or too large */
    static Expression of(String text) {
        List<Step> steps = new ArrayList<>();
        int first = new ExpressionParser(text).read(steps);
        return new Expression(steps, first);
    }

    boolean isAllOf(String text) {
        return match(text, 0, true).filter(span -> span.end == text.length()).isPresent();
    }

    /** The leftmost match from a place on and, of those that begin there, the longest. */
    Optional<Span> find(String text, int from) {
        return match(text, from, false);
    }

    /** For each step the first place from which a match has come to it. */
    private Optional<Span> match(String text, int from, boolean anchored) {
        int[] here = nowhere();
        int[] there = nowhere();
        List<Integer> reached = new ArrayList<>();
        Optional<Span> best = Optional.empty();
        int place = from;
        while (true) {
            if (best.isEmpty() && (place == from || !anchored)) {
                follow(first, place, text, place, here, reached);
            }
            int start = here[0];
            if (start != NOWHERE && best.filter(span -> span.start < start).isEmpty()) {
                best = Optional.of(new Span(start, place));
            }
            if (place == text.length() || reached.isEmpty() && (anchored || best.isPresent())) {
                return best;
            }
            int character = text.codePointAt(place);
            place += Character.charCount(character);
            List<Integer> next = new ArrayList<>();
            for (int step : reached) {
                if (steps.get(step) instanceof Step.Character one && one.set.test(character)) {
                    follow(one.next, here[step], text, place, there, next);
                }
                here[step] = NOWHERE;
            }
            int[] swap = here;
            here = there;
            there = swap;
            reached = next;
        }
    }

    private int[] nowhere() {
        int[] places = new int[steps.size()];
        Arrays.fill(places, NOWHERE);
        return places;
    }

    /** Goes on from a step for as long as no character is asked for. */
    private void follow(int step, int start, String text, int place, int[] starts, List<Integer> reached) {
        List<Integer> open = new ArrayList<>(List.of(step));
        while (!open.isEmpty()) {
            int at = open.removeLast();
            if (starts[at] <= start) {
                continue;
            }
            if (starts[at] == NOWHERE) {
                reached.add(at);
            }
            starts[at] = start;
            switch (steps.get(at)) {
                case Step.Either either -> {
                    open.add(either.second);
                    open.add(either.first);
                }
                case Step.At edge -> {
                    if (edge.edge.isAt(text, place)) {
                        open.add(edge.next);
                    }
                }
                case Step.Character _, Step.End _ -> {}
            }
        }
    }
}
