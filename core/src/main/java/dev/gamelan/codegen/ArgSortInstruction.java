package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.DType;
import java.util.Arrays;

/**
 * Sorting permutations, line by line, stable: by numbers that hold key and place where that fits into 64 bits. Where only the first places
 * are asked for, those are kept in a heap while the line is read once.
 */
final class ArgSortInstruction implements Instruction {

    /** A heap pays for up to this share of a line. */
    private static final int SHARE = 8;

    private final Slot x;
    private final Slot result;
    private final Axis axis;
    private final boolean descending;
    private final int first;

    /** @param first how many places of each line are read */
    ArgSortInstruction(Op.ArgSort sort, Slot x, Slot result, int first) {
        this.x = x;
        this.result = result;
        this.axis = Axis.of(x.type().shape(), sort.axis());
        this.descending = sort.descending();
        this.first = first;
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (axis.extent() == 0) {
            return;
        }
        pool.run(axis.lines(), (line, _) -> {
            int start = axis.start(line);
            int[] order = order(x.array(frame), x.offset(frame) + start);
            int[] target = (int[]) result.array(frame);
            for (int i = 0; i < order.length; i++) {
                target[result.offset(frame) + start + i * axis.inner()] = order[i];
            }
        });
    }

    private int[] order(Object array, int start) {
        if (x.type().dtype().bytes() == 8 && !areInts(array, start)) {
            return LongSort.order(wideKeys(array, start));
        }
        long[] sorted = first <= axis.extent() / SHARE ? firstKeys(array, start) : allKeys(array, start);
        int[] order = new int[sorted.length];
        for (int i = 0; i < order.length; i++) {
            order[i] = (int) sorted[i];
        }
        return order;
    }

    private long[] allKeys(Object array, int start) {
        long[] keys = new long[axis.extent()];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = numbered(key(array, start + i * axis.inner()), i);
        }
        Arrays.sort(keys);
        return keys;
    }

    private long numbered(int key, int i) {
        return (long) (descending ? ~key : key) << 32 | i;
    }

    private long[] firstKeys(Object array, int start) {
        SmallestLongs smallest = new SmallestLongs(first);
        int i = 0;
        while (i < axis.extent() && !smallest.isFull()) {
            smallest.add(numbered(key(array, start + i * axis.inner()), i));
            i++;
        }
        if (array instanceof float[] values && first > 0) {
            floats(values, start, i, smallest);
        } else {
            for (; i < axis.extent(); i++) {
                smallest.add(numbered(key(array, start + i * axis.inner()), i));
            }
        }
        return smallest.sorted();
    }

    /** A comparison of floats rules out most elements; later elements that are equal to the last kept one lose to it. */
    private void floats(float[] values, int start, int from, SmallestLongs smallest) {
        float limit = value(values, start, smallest.largest());
        for (int i = from; i < axis.extent(); i++) {
            float value = values[start + i * axis.inner()];
            boolean out = descending ? value <= limit : value >= limit;
            if (!out && smallest.add(numbered(key(values, start + i * axis.inner()), i))) {
                limit = value(values, start, smallest.largest());
            }
        }
    }

    private float value(float[] values, int start, long key) {
        return values[start + (int) key * axis.inner()];
    }

    /** An int in the order of the values; -0 equals 0, and every NaN the largest. */
    private int key(Object array, int i) {
        if (array instanceof float[] floats) {
            int bits = Float.floatToIntBits(floats[i] + 0.0f);
            return bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
        }
        return (int) Scalars.getLong(x.type().dtype(), array, i);
    }

    /** Whether a line of INT64 could be one of INT32. */
    private boolean areInts(Object array, int start) {
        if (!(array instanceof long[] values)) {
            return false;
        }
        for (int i = 0; i < axis.extent(); i++) {
            long value = values[start + i * axis.inner()];
            if (value != (int) value) {
                return false;
            }
        }
        return true;
    }

    private long[] wideKeys(Object array, int start) {
        long[] keys = new long[axis.extent()];
        for (int i = 0; i < keys.length; i++) {
            int at = start + i * axis.inner();
            long key;
            if (x.type().dtype() == DType.FLOAT64) {
                long bits = Double.doubleToLongBits(((double[]) array)[at] + 0.0);
                key = bits < 0 ? bits ^ Long.MAX_VALUE : bits;
            } else {
                key = ((long[]) array)[at];
            }
            keys[i] = descending ? ~key : key;
        }
        return keys;
    }
}
