package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/** Elements found by the values of others. */
final class Indexing {

    private Indexing() {}

    private interface Pair {
        void visit(int takenPosition, int ownPosition);
    }

    /**
     * Pairs each element that {@link Op.Gather} gives with the element of {@code whole} that it comes from.
     *
     * @throws IndexOutOfBoundsException if an index is outside of the axis
     */
    private static void forEach(String name, int axis, Data whole, Data indices, Pair pair) {
        int[] dims = whole.shape().dims();
        int extent = dims[axis];
        int inner = Arrays.stream(dims, axis + 1, dims.length).reduce(1, (a, b) -> a * b);
        int outer = Arrays.stream(dims, 0, axis).reduce(1, (a, b) -> a * b);
        int count = indices.length();
        for (int i = 0; i < count; i++) {
            check(name, axis, whole, indices, i);
        }
        for (int o = 0; o < outer; o++) {
            for (int i = 0; i < count; i++) {
                int index = (int) indices.getLong(i);
                for (int k = 0; k < inner; k++) {
                    pair.visit((o * count + i) * inner + k, (o * extent + index) * inner + k);
                }
            }
        }
    }

    private static void check(String name, int axis, Data whole, Data indices, int i) {
        long index = indices.getLong(i);
        int extent = whole.shape().dim(axis);
        if (index < 0 || index >= extent) {
            throw new IndexOutOfBoundsException(name + ": an index is out of range\n  expected  0 <= index < " + extent + " (axis " + axis
                    + " of " + whole.shape() + ")\n  received  " + index + " as element " + i + " of the indices " + indices.shape());
        }
    }

    static Data gather(Op.Gather op, Type type, Data x, Data indices) {
        Object array = type.dtype().newArray(type.shape().length());
        forEach("take", op.axis(), x, indices, (taken, own) -> System.arraycopy(x.array(), own, array, taken, 1));
        return new Data(type, array);
    }

    static Data scatterAdd(Op.ScatterAdd op, Data base, Data indices, Data updates) {
        if (Values.isFraction(base.dtype())) {
            double[] sums = Values.doubles(base);
            forEach("scatterAdd", op.axis(), base, indices, (taken, own) -> sums[own] += updates.getDouble(taken));
            return Values.of(base.type(), sums);
        }
        long[] sums = Values.longs(base);
        forEach("scatterAdd", op.axis(), base, indices, (taken, own) -> sums[own] += updates.getLong(taken));
        return Values.of(base.type(), sums);
    }

    static Data argSort(Op.ArgSort op, Type type, Data x) {
        int extent = x.shape().dim(op.axis());
        int stride = x.shape().strides()[op.axis()];
        int[] order = new int[x.length()];
        Grid.forEach(x.shape().with(op.axis(), Math.min(1, extent)), (index, _) -> {
            int start = Grid.position(index, x.shape().strides());
            Comparator<Integer> ascending = (i, j) -> compare(x, start + i * stride, start + j * stride);
            int[] sorted = IntStream.range(0, extent).boxed().sorted(op.descending() ? ascending.reversed() : ascending)
                    .mapToInt(Integer::intValue).toArray();
            for (int i = 0; i < extent; i++) {
                order[start + i * stride] = sorted[i];
            }
        });
        return new Data(type, order);
    }

    /** NaN is larger than everything, and the zeros are equal. */
    static int compare(Data x, int i, int j) {
        if (!Values.isFraction(x.dtype())) {
            return Long.compare(x.getLong(i), x.getLong(j));
        }
        double a = x.getDouble(i);
        double b = x.getDouble(j);
        return a == b ? 0 : Double.compare(a, b);
    }
}
