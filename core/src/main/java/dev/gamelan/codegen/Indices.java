package dev.gamelan.codegen;

import dev.gamelan.ir.Origin;
import dev.gamelan.ir.Scalars;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Slot;

/** The indices of a gather or scatter, INT32 or INT64, into an axis of {@code extent} elements. */
record Indices(Slot slot, int extent, Origin origin) {

    int count() {
        return slot.type().shape().length();
    }

    Object array(Frame frame) {
        return slot.array(frame);
    }

    int offset(Frame frame) {
        return slot.offset(frame);
    }

    /** One that was checked before. */
    int get(Frame frame, int i) {
        Object array = slot.array(frame);
        return array instanceof int[] ints ? ints[slot.offset(frame) + i] : (int) ((long[]) array)[slot.offset(frame) + i];
    }

    /** @throws IndexOutOfBoundsException if one is outside of the axis */
    void check(Frame frame) {
        int from = slot.offset(frame);
        int to = from + count();
        boolean valid = slot.array(frame) instanceof int[] ints ? valid(ints, from, to) : valid((long[]) slot.array(frame), from, to);
        for (int i = 0; !valid && i < count(); i++) {
            check(Scalars.getLong(slot.type().dtype(), slot.array(frame), from + i), i);
        }
    }

    /** Without branches, so that HotSpot makes vectors of it: the sign shows whether one is negative or too large. */
    private boolean valid(int[] indices, int from, int to) {
        int signs = 0;
        for (int i = from; i < to; i++) {
            signs |= indices[i] | extent - 1 - indices[i];
        }
        return signs >= 0;
    }

    private boolean valid(long[] indices, int from, int to) {
        long signs = 0;
        for (int i = from; i < to; i++) {
            signs |= indices[i] | extent - 1 - indices[i];
        }
        return signs >= 0;
    }

    private void check(long index, int place) {
        if (index < 0 || index >= extent) {
            String at = origin.toString();
            throw new IndexOutOfBoundsException("an index is out of range\n  expected  0 <= index < " + extent + "\n  received  " + index
                    + " at place " + place + " of the indices " + slot.type().shape() + (at.isEmpty() ? "" : "\n  at  " + at));
        }
    }
}
