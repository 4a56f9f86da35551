package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import java.util.Arrays;

/** Many elements into one, in row-major order. */
final class Reductions {

    private Reductions() {}

    static Data reduce(Op.Reduce op, Type type, Data x) {
        int[] strides = keptStrides(op, type, x);
        if (Values.isFraction(type.dtype())) {
            double[] result = new double[type.shape().length()];
            Arrays.fill(result, switch (op.kind()) {
                case SUM -> 0;
                case PROD -> 1;
                case MAX -> Double.NEGATIVE_INFINITY;
                case MIN -> Double.POSITIVE_INFINITY;
            });
            Grid.forEach(x.shape(), (index, position) -> {
                int at = Grid.position(index, strides);
                result[at] = combine(op.kind(), result[at], x.getDouble(position));
            });
            return Values.of(type, result);
        }
        long[] result = new long[type.shape().length()];
        Arrays.fill(result, switch (op.kind()) {
            case SUM -> 0;
            case PROD -> 1;
            case MAX -> Values.smallest(type.dtype());
            case MIN -> Values.largest(type.dtype());
        });
        Grid.forEach(x.shape(), (index, position) -> {
            int at = Grid.position(index, strides);
            result[at] = combine(op.kind(), result[at], x.getLong(position));
        });
        return Values.of(type, result);
    }

    /** Strides of the result for each axis of the operand: 0 for those that disappear. */
    private static int[] keptStrides(Op.Reduce op, Type type, Data x) {
        int[] strides = new int[x.shape().rank()];
        int[] kept = type.shape().strides();
        int next = 0;
        for (int axis = 0; axis < strides.length; axis++) {
            strides[axis] = op.axes().contains(axis) ? 0 : kept[next++];
        }
        return strides;
    }

    private static double combine(Op.ReduceKind kind, double a, double b) {
        return switch (kind) {
            case SUM -> a + b;
            case PROD -> a * b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
        };
    }

    private static long combine(Op.ReduceKind kind, long a, long b) {
        return switch (kind) {
            case SUM -> a + b;
            case PROD -> a * b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
        };
    }

    static Data argReduce(Op.ArgReduce op, Type type, Data x) {
        int extent = x.shape().dim(op.axis());
        int stride = x.shape().strides()[op.axis()];
        int[] result = new int[type.shape().length()];
        Grid.forEach(x.shape().with(op.axis(), 1), (index, position) -> {
            int start = Grid.position(index, x.shape().strides());
            int best = 0;
            for (int i = 1; i < extent; i++) {
                if (beats(op.kind(), x, start + i * stride, start + best * stride)) {
                    best = i;
                }
            }
            result[position] = best;
        });
        return new Data(type, result);
    }

    private static boolean beats(Op.ArgKind kind, Data x, int i, int best) {
        boolean nan = Double.isNaN(x.getDouble(i));
        boolean bestNan = Double.isNaN(x.getDouble(best));
        if (nan || bestNan) {
            return nan && !bestNan;
        }
        int order = Indexing.compare(x, i, best);
        return switch (kind) {
            case MAX -> order > 0;
            case MIN -> order < 0;
        };
    }

    static Data cumSum(Op.CumSum op, Data x) {
        int extent = x.shape().dim(op.axis());
        int stride = x.shape().strides()[op.axis()];
        boolean fraction = Values.isFraction(x.dtype());
        double[] doubles = fraction ? Values.doubles(x) : new double[0];
        long[] longs = fraction ? new long[0] : Values.longs(x);
        Grid.forEach(x.shape().with(op.axis(), Math.min(1, extent)), (index, _) -> {
            int first = Grid.position(index, x.shape().strides()) + (op.reverse() ? (extent - 1) * stride : 0);
            int step = op.reverse() ? -stride : stride;
            for (int i = 1; i < extent; i++) {
                int at = first + i * step;
                if (fraction) {
                    doubles[at] += doubles[at - step];
                } else {
                    longs[at] += longs[at - step];
                }
            }
        });
        return fraction ? Values.of(x.type(), doubles) : Values.of(x.type(), longs);
    }
}
