package dev.gamelan.domains.text;

import java.util.List;

/**
 * Cuts texts to what a model can take.
 *
 * @param longest of all tokens, special ones included
 * @param left    whether the beginning is cut off
 */
record Truncation(int longest, Strategy strategy, boolean left) {

    /** Which text of a pair is cut. */
    enum Strategy {
        LONGEST_FIRST, ONLY_FIRST, ONLY_SECOND
    }

    record Pair(List<Integer> first, List<Integer> second) {}

    Pair cut(List<Integer> first, List<Integer> second, int specials) {
        int room = Math.max(0, longest - specials);
        int excess = first.size() + second.size() - room;
        if (excess <= 0) {
            return new Pair(first, second);
        }
        if (room == 0) {
            return new Pair(List.of(), List.of());
        }
        return switch (strategy) {
            case ONLY_FIRST -> new Pair(keepSome(first, excess), second);
            case ONLY_SECOND -> new Pair(first, keepSome(second, excess));
            case LONGEST_FIRST -> longestFirst(first, second, room);
        };
    }

    /** The shorter text keeps all it has if that is at most half of the room. */
    private Pair longestFirst(List<Integer> first, List<Integer> second, int room) {
        int small = Math.min(first.size(), second.size());
        int large = small > room ? small : Math.max(small, room - small);
        if (small + large > room) {
            small = room / 2;
            large = small + room % 2;
        }
        boolean swapped = first.size() > second.size();
        return new Pair(keep(first, swapped ? large : small), keep(second, swapped ? small : large));
    }

    /** Something must be left. */
    private List<Integer> keepSome(List<Integer> ids, int excess) {
        if (ids.size() <= excess) {
            throw new IllegalArgumentException("the text is too short to be cut: expected at most " + longest
                    + " tokens together, and the text that may be cut has only " + ids.size());
        }
        return keep(ids, ids.size() - excess);
    }

    private List<Integer> keep(List<Integer> ids, int count) {
        return left ? ids.subList(ids.size() - count, ids.size()) : ids.subList(0, count);
    }
}
