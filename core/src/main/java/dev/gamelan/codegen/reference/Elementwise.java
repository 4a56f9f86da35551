package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import java.util.Arrays;

/** Element by element. */
final class Elementwise {

    private Elementwise() {}

    static Data fill(Op.Fill op) {
        int length = op.type().shape().length();
        if (Values.isFraction(op.type().dtype())) {
            double[] values = new double[length];
            Arrays.fill(values, op.value().doubleValue());
            return Values.of(op.type(), values);
        }
        long[] values = new long[length];
        Arrays.fill(values, op.value().longValue());
        return Values.of(op.type(), values);
    }

    static Data iota(Op.Iota op) {
        long[] values = new long[op.type().shape().length()];
        Grid.forEach(op.type().shape(), (index, position) -> values[position] = index[op.axis()]);
        return Values.of(op.type(), values);
    }

    static Data cast(Type type, Data x) {
        return Values.isFraction(x.dtype()) ? Values.of(type, Values.doubles(x)) : Values.of(type, Values.longs(x));
    }

    static Data unary(Op.UnaryKind kind, Data x) {
        DType dtype = x.dtype();
        if (Values.isFraction(dtype)) {
            double[] values = new double[x.length()];
            Arrays.setAll(values, i -> Functions.unary(kind, x.getDouble(i)));
            return Values.of(x.type(), values);
        }
        long[] values = new long[x.length()];
        Arrays.setAll(values, i -> unary(kind, dtype, x.getLong(i)));
        return Values.of(x.type(), values);
    }

    private static long unary(Op.UnaryKind kind, DType dtype, long x) {
        return switch (kind) {
            case NEG -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Long.signum(x);
            case RELU -> Math.max(x, 0);
            case NOT -> dtype == DType.BOOL ? 1 - x : ~x;
            case SQRT, RSQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH, TANH, SIGMOID,
                    ERF, FLOOR, CEIL, ROUND, TRUNC -> throw new IllegalArgumentException(kind + " of " + dtype);
        };
    }

    static Data binary(Op.BinaryKind kind, Data a, Data b) {
        DType dtype = a.dtype();
        if (Values.isFraction(dtype)) {
            double[] values = new double[a.length()];
            Arrays.setAll(values, i -> Functions.binary(kind, a.getDouble(i), b.getDouble(i)));
            return Values.of(a.type(), values);
        }
        long[] values = new long[a.length()];
        Arrays.setAll(values, i -> binary(kind, dtype, a.getLong(i), b.getLong(i)));
        return Values.of(a.type(), values);
    }

    private static long binary(Op.BinaryKind kind, DType dtype, long a, long b) {
        int bits = dtype.bytes() * 8;
        long shift = b & bits - 1;
        return switch (kind) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / divisor("div", dtype, a, b);
            case REM -> a % divisor("rem", dtype, a, b);
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
            case AND -> a & b;
            case OR -> a | b;
            case XOR -> a ^ b;
            case SHL -> a << shift;
            case SHR -> a >> shift;
            case USHR -> (a & -1L >>> 64 - bits) >>> shift;
            case POW, ATAN2 -> throw new IllegalArgumentException(kind + " of " + dtype);
        };
    }

    private static long divisor(String name, DType dtype, long a, long b) {
        if (b == 0) {
            throw new ArithmeticException(
                    name + ": division by zero\n  expected  a divisor other than 0\n  received  " + a + " / 0 of " + dtype);
        }
        return b;
    }

    static Data compare(Op.CompareKind kind, Type type, Data a, Data b) {
        boolean[] results = new boolean[a.length()];
        for (int i = 0; i < results.length; i++) {
            results[i] = Values.isFraction(a.dtype()) ? compare(kind, a.getDouble(i), b.getDouble(i))
                    : compare(kind, a.getLong(i), b.getLong(i));
        }
        return new Data(type, results);
    }

    private static boolean compare(Op.CompareKind kind, double a, double b) {
        return switch (kind) {
            case EQ -> a == b;
            case NE -> a != b;
            case LT -> a < b;
            case LE -> a <= b;
            case GT -> a > b;
            case GE -> a >= b;
        };
    }

    private static boolean compare(Op.CompareKind kind, long a, long b) {
        return switch (kind) {
            case EQ -> a == b;
            case NE -> a != b;
            case LT -> a < b;
            case LE -> a <= b;
            case GT -> a > b;
            case GE -> a >= b;
        };
    }
}
