package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.lang.reflect.Array;

/** Tensors from Java arrays and from rules. */
final class Creation {

    private Creation() {}

    /** Takes the array, which nobody else may have. Without extents it has rank 1. */
    static Tensor of(DType dtype, Object array, int length, int... dims) {
        Shape shape = dims.length == 0 ? Shape.of(length) : Shape.of(dims);
        if (shape.size() != length) {
            throw ShapeException.of("the array does not fill the shape", shape.size() + " values for " + shape, length
                    + " values");
        }
        return Tensor.of(Data.of(dtype, shape, array));
    }

    static Tensor float32(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return of(DType.FLOAT32, floats, floats.length);
    }

    static Tensor rows(DType dtype, Object[] rows) {
        int columns = rows.length == 0 ? 0 : Array.getLength(rows[0]);
        Shape shape = Shape.of(rows.length, columns);
        Object array = dtype.newArray(shape.length());
        for (int i = 0; i < rows.length; i++) {
            if (Array.getLength(rows[i]) != columns) {
                throw ShapeException.of("rows differ in length", columns + " values in each row",
                        Array.getLength(rows[i]) + " values in row " + i);
            }
            System.arraycopy(rows[i], 0, array, i * columns, columns);
        }
        return Tensor.of(Data.of(dtype, shape, array));
    }

    static Node arange(int from, int limit, int step) {
        if (step == 0) {
            throw ShapeException.of("arange: the step is 0", "a step that is not 0", "from " + from + " to " + limit);
        }
        long span = step > 0 ? Math.ceilDiv((long) limit - from, step)
                : Math.ceilDiv((long) from - limit, -(long) step);
        int count = (int) Math.min(Math.max(0, span), Integer.MAX_VALUE);
        Node indices = Ops.iota(new Type(DType.INT32, Shape.of(count)), 0);
        Node scaled = step == 1 ? indices : Ops.mul(indices, step);
        return from == 0 ? scaled : Ops.binary(Op.BinaryKind.ADD, scaled, from);
    }

    static Tensor linspace(double from, double to, int count) {
        double[] values = new double[Shape.of(count).length()];
        for (int i = 0; i < count; i++) {
            values[i] = i == count - 1 && count > 1 ? to : from + (to - from) * i / Math.max(1, count - 1);
        }
        return float32(values);
    }

    static Node eye(int rows, int columns) {
        Type type = new Type(DType.INT32, Shape.of(rows, columns));
        return Ops.cast(Ops.compare(Op.CompareKind.EQ, Ops.iota(type, 0), Ops.iota(type, 1)), DType.FLOAT32);
    }

    /** Keeps column - row <= diagonal (lower) or >= diagonal (upper). */
    static Node triangle(Node x, int diagonal, boolean lower) {
        Checks.rank(lower ? "tril" : "triu", 2, x);
        Node mask = band(x.shape().slice(x.shape().rank() - 2, x.shape().rank()), diagonal, lower);
        return Ops.select(mask, x, Ops.scalar(x.dtype(), 0));
    }

    /** BOOL of a matrix shape. */
    static Node band(Shape matrix, int diagonal, boolean lower) {
        Type type = new Type(DType.INT32, matrix);
        Node limit = Ops.binary(Op.BinaryKind.ADD, Ops.iota(type, 0), diagonal);
        return Ops.compare(lower ? Op.CompareKind.LE : Op.CompareKind.GE, Ops.iota(type, 1), limit);
    }
}
