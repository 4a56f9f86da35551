package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import java.util.Arrays;

/** Windows into single elements, and back. */
final class Pooling {

    private static final int NONE = -1;

    private Pooling() {}

    static Data max(Op.MaxPool op, Type type, Data x) {
        int[] winners = winners(op.size(), op.window(), x, type.shape());
        Object array = type.dtype().newArray(winners.length);
        Data nothing = Values.isFraction(type.dtype())
                ? Values.of(new Type(type.dtype(), Shape.SCALAR), new double[] {Double.NEGATIVE_INFINITY})
                : Values.of(new Type(type.dtype(), Shape.SCALAR), new long[] {Values.smallest(type.dtype())});
        for (int i = 0; i < winners.length; i++) {
            boolean none = winners[i] == NONE;
            System.arraycopy(none ? nothing.array() : x.array(), none ? 0 : winners[i], array, i, 1);
        }
        return new Data(type, array);
    }

    static Data maxGradient(Op.MaxPoolGradient op, Data x, Data gy) {
        int[] winners = winners(op.size(), op.window(), x, gy.shape());
        if (Values.isFraction(x.dtype())) {
            double[] sums = new double[x.length()];
            for (int i = 0; i < winners.length; i++) {
                if (winners[i] != NONE) {
                    sums[winners[i]] += gy.getDouble(i);
                }
            }
            return Values.of(x.type(), sums);
        }
        long[] sums = new long[x.length()];
        for (int i = 0; i < winners.length; i++) {
            if (winners[i] != NONE) {
                sums[winners[i]] += gy.getLong(i);
            }
        }
        return Values.of(x.type(), sums);
    }

    static Data pick(Op.MaxPoolPick op, Type type, Data x, Data t) {
        int[] winners = winners(op.size(), op.window(), x, type.shape());
        Object array = type.dtype().newArray(winners.length);
        for (int i = 0; i < winners.length; i++) {
            if (winners[i] != NONE) {
                System.arraycopy(t.array(), winners[i], array, i, 1);
            }
        }
        return new Data(type, array);
    }

    /** For each output the place of the first largest element in its window, or NONE where all of it is padding. */
    private static int[] winners(Shape size, Window window, Data x, Shape y) {
        int channels = y.dim(-1);
        int[] winners = new int[y.length()];
        Arrays.fill(winners, NONE);
        Sliding.of(x.shape(), size, y, window).forEach((input, _, output) -> {
            for (int c = 0; c < channels; c++) {
                int candidate = input * channels + c;
                int at = output * channels + c;
                if (winners[at] == NONE || Indexing.compare(x, candidate, winners[at]) > 0) {
                    winners[at] = candidate;
                }
            }
        });
        return winners;
    }

    static Data sum(Op.SumPool op, Type type, Data x) {
        int channels = type.shape().dim(-1);
        double[] sums = new double[type.shape().length()];
        Sliding.of(x.shape(), op.size(), type.shape(), op.window()).forEach((input, _, output) -> {
            for (int c = 0; c < channels; c++) {
                sums[output * channels + c] += x.getDouble(input * channels + c);
            }
        });
        return Values.of(type, sums);
    }

    static Data sumGradient(Op.SumPoolGradient op, Type type, Data gy) {
        int channels = type.shape().dim(-1);
        double[] sums = new double[type.shape().length()];
        Sliding.of(type.shape(), op.size(), gy.shape(), op.window()).forEach((input, _, output) -> {
            for (int c = 0; c < channels; c++) {
                sums[input * channels + c] += gy.getDouble(output * channels + c);
            }
        });
        return Values.of(type, sums);
    }
}
