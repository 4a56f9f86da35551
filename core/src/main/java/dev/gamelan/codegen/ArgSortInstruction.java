package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.DType;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Sorting permutations, line by line, stable: by numbers that hold key and place where that fits into 64 bits. */
final class ArgSortInstruction implements Instruction {

    private final Slot x;
    private final Slot result;
    private final Axis axis;
    private final boolean descending;

    ArgSortInstruction(Op.ArgSort sort, Slot x, Slot result) {
        this.x = x;
        this.result = result;
        this.axis = Axis.of(x.type().shape(), sort.axis());
        this.descending = sort.descending();
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (axis.extent() == 0) {
            return;
        }
        pool.run(axis.lines(), (line, _) -> {
            int start = axis.start(line);
            int[] order = x.type().dtype().bytes() == 8 ? wide(x.array(frame), x.offset(frame) + start)
                    : narrow(x.array(frame), x.offset(frame) + start);
            int[] target = (int[]) result.array(frame);
            for (int i = 0; i < order.length; i++) {
                target[result.offset(frame) + start + i * axis.inner()] = order[i];
            }
        });
    }

    private int[] narrow(Object array, int start) {
        long[] keys = new long[axis.extent()];
        for (int i = 0; i < keys.length; i++) {
            int key = key(array, start + i * axis.inner());
            keys[i] = (long) (descending ? ~key : key) << 32 | i;
        }
        Arrays.sort(keys);
        return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
    }

    /** An int in the order of the values; -0 equals 0, and every NaN the largest. */
    private int key(Object array, int i) {
        if (x.type().dtype() == DType.FLOAT32) {
            int bits = Float.floatToIntBits(((float[]) array)[i] + 0.0f);
            return bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
        }
        return (int) Scalars.getLong(x.type().dtype(), array, i);
    }

    private int[] wide(Object array, int start) {
        DType dtype = x.type().dtype();
        Comparator<Integer> order = dtype == DType.FLOAT64
                ? Comparator.comparingDouble(i -> Scalars.getDouble(dtype, array, start + i * axis.inner()) + 0.0)
                : Comparator.comparingLong(i -> Scalars.getLong(dtype, array, start + i * axis.inner()));
        return IntStream.range(0, axis.extent()).boxed().sorted(descending ? order.reversed() : order).mapToInt(Integer::intValue)
                .toArray();
    }
}
