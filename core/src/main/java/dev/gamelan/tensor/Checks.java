package dev.gamelan.tensor;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;

/** What is checked before a node is built, because its rule alone would say it less well. */
final class Checks {

    private Checks() {}

    /** The number everywhere; a number of Java is weak: it takes the type of the tensor, if it can. */
    static Node fill(Type type, double value) {
        DType dtype = type.dtype();
        if (dtype.isInteger() && (value != Math.rint(value) || value < least(dtype) || value > most(dtype))) {
            throw misfit(type, value, "a whole number from " + (long) least(dtype) + " to " + (long) most(dtype)
                    + ", or a tensor with fractions: x.cast(DType.FLOAT32)");
        }
        if (dtype == DType.BOOL && value != 0 && value != 1) {
            throw misfit(type, value, "0 or 1");
        }
        return Ops.fill(type, value);
    }

    private static DTypeException misfit(Type type, double value, String expected) {
        return new DTypeException("the number " + value + " does not fit " + type.dtype() + "\n  expected  " + expected
                + "\n  received  " + value + " with a tensor " + type);
    }

    static Node fillLike(Node x, double value) {
        return fill(x.type(), value);
    }

    static Node scalar(DType dtype, double value) {
        return fill(new Type(dtype, Shape.SCALAR), value);
    }

    private static double least(DType dtype) {
        return switch (dtype) {
            case INT8 -> Byte.MIN_VALUE;
            case INT32 -> Integer.MIN_VALUE;
            case INT64 -> Long.MIN_VALUE;
            case UINT8, BOOL -> 0;
            case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> Double.NEGATIVE_INFINITY;
        };
    }

    private static double most(DType dtype) {
        return switch (dtype) {
            case INT8 -> Byte.MAX_VALUE;
            case UINT8 -> 255;
            case INT32 -> Integer.MAX_VALUE;
            case INT64 -> Long.MAX_VALUE;
            case BOOL -> 1;
            case FLOAT32, FLOAT64, FLOAT16, BFLOAT16 -> Double.POSITIVE_INFINITY;
        };
    }

    static void floating(String op, Node x) {
        require(x.dtype().isFloating(), op, "FLOAT32 or FLOAT64; cast it first: x.cast(DType.FLOAT32)", x);
    }

    static void numeric(String op, Node x) {
        require(x.dtype().isNumeric(), op, "a numeric type; cast it first: x.cast(DType.FLOAT32)", x);
    }

    static void bool(String op, Node x) {
        require(x.dtype() == DType.BOOL, op, "BOOL, as a comparison gives", x);
    }

    static void indices(String op, Node x) {
        require(x.dtype().isInteger(), op, "indices of an integer type; cast them first: x.cast(DType.INT32)", x);
    }

    private static void require(boolean holds, String op, String expected, Node x) {
        if (!holds) {
            throw new DTypeException(
                    op + ": wrong element type\n  expected  " + expected + "\n  received  " + x.type());
        }
    }

    static void rank(String op, int least, Node x) {
        if (x.shape().rank() < least) {
            throw ShapeException.of(op + ": too few axes", "rank " + least + " or more", x.type().toString());
        }
    }
}
