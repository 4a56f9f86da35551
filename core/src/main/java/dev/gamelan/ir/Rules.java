package dev.gamelan.ir;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.List;

/** The rule of shape and type of every operation: from the operands' types to the results'. */
final class Rules {

    private Rules() {}

    static List<Type> infer(Op op, List<Type> in) {
        if (op instanceof Op.Scan scan) {
            return ProgramRules.scan(scan, in);
        } else if (op instanceof Op.If branch) {
            return ProgramRules.branch(branch, in);
        } else if (op instanceof Op.Call call) {
            return ProgramRules.call(call, in);
        }
        return List.of(single(op, in));
    }

    private static Type single(Op op, List<Type> in) {
        return switch (op) {
            case Op.Input o -> leaf(o, o.type(), in);
            case Op.Constant o -> leaf(o, o.data().type(), in);
            case Op.Fill o -> leaf(o, o.type(), in);
            case Op.Iota o -> iota(o, in);
            case Op.Unary o -> unary(o, arity(o, in, 1));
            case Op.Binary o -> binary(o, arity(o, in, 2));
            case Op.Compare o -> compare(o, arity(o, in, 2));
            case Op.Select o -> select(arity(o, in, 3));
            case Op.Cast o -> arity(o, in, 1).getFirst().with(o.dtype());
            case Op.Broadcast o -> LayoutRules.broadcast(o, arity(o, in, 1).getFirst());
            case Op.Reshape o -> LayoutRules.reshape(o, arity(o, in, 1).getFirst());
            case Op.Permute o -> LayoutRules.permute(o, arity(o, in, 1).getFirst());
            case Op.Slice o -> LayoutRules.slice(o, arity(o, in, 1).getFirst());
            case Op.Flip o -> LayoutRules.flip(o, arity(o, in, 1).getFirst());
            case Op.Pad o -> LayoutRules.pad(o, arity(o, in, 2));
            case Op.Concat o -> LayoutRules.concat(o, in);
            case Op.Gather o -> IndexRules.gather(o, arity(o, in, 2));
            case Op.ScatterAdd o -> IndexRules.scatterAdd(o, arity(o, in, 3));
            case Op.ArgSort o -> IndexRules.argSort(o, arity(o, in, 1).getFirst());
            case Op.Reduce o -> IndexRules.reduce(o, arity(o, in, 1).getFirst());
            case Op.ArgReduce o -> IndexRules.argReduce(o, arity(o, in, 1).getFirst());
            case Op.CumSum o -> IndexRules.cumSum(o, arity(o, in, 1).getFirst());
            case Op.MatMul o -> matmul(arity(o, in, 2));
            case Op.Conv o -> WindowRules.conv(o, arity(o, in, 2));
            case Op.ConvInputGradient o -> WindowRules.inputGradient(o, arity(o, in, 2));
            case Op.ConvKernelGradient o -> WindowRules.kernelGradient(o, arity(o, in, 2));
            case Op.MaxPool o -> WindowRules.pool(o, o.size(), o.window(), arity(o, in, 1).getFirst());
            case Op.MaxPoolGradient o -> WindowRules.maxPoolGradient(o, arity(o, in, 2));
            case Op.MaxPoolPick o -> WindowRules.maxPoolPick(o, arity(o, in, 2));
            case Op.SumPool o -> WindowRules.pool(o, o.size(), o.window(), arity(o, in, 1).getFirst());
            case Op.SumPoolGradient o -> WindowRules.sumPoolGradient(o, arity(o, in, 1).getFirst());
            case Op.RandomBits o -> randomBits(o, arity(o, in, 1).getFirst());
            case Op.StopGradient o -> arity(o, in, 1).getFirst();
            case Op.Barrier o -> in.getFirst();
            case Op.Scan _, Op.If _, Op.Call _, Op.Get _ -> throw new IllegalArgumentException(op + " has its own rule");
        };
    }

    private static List<Type> arity(Op op, List<Type> in, int count) {
        if (in.size() != count) {
            throw new IllegalArgumentException(op + " takes " + count + " operands, received " + in);
        }
        return in;
    }

    private static Type leaf(Op op, Type type, List<Type> in) {
        arity(op, in, 0);
        return type;
    }

    private static Type iota(Op.Iota op, List<Type> in) {
        arity(op, in, 0);
        op.type().shape().axis(op.axis());
        numeric("iota", op.type());
        return op.type();
    }

    private static Type randomBits(Op.RandomBits op, Type key) {
        if (!key.equals(new Type(DType.INT32, Shape.of(2)))) {
            throw ShapeException.of("random bits: not a key", "INT32(2,)", key.toString());
        }
        return new Type(DType.INT32, op.shape());
    }

    private static Type unary(Op.Unary op, List<Type> in) {
        Type x = in.getFirst();
        String name = name(op.kind());
        switch (op.kind()) {
            case NEG, ABS, SIGN, RELU -> numeric(name, x);
            case NOT -> {
                if (!x.dtype().isInteger() && x.dtype() != DType.BOOL) {
                    throw dtype(name, "BOOL or an integer type", x);
                }
            }
            case SQRT, RSQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH, TANH, SIGMOID, ERF,
                    FLOOR, CEIL, ROUND, TRUNC -> floating(name, x);
        }
        return x;
    }

    private static Type binary(Op.Binary op, List<Type> in) {
        Type x = same(name(op.kind()), in.get(0), in.get(1));
        String name = name(op.kind());
        switch (op.kind()) {
            case ADD, SUB, MUL, DIV, REM, MAX, MIN -> {
                boolean logical = x.dtype() == DType.BOOL && (op.kind() == Op.BinaryKind.MAX || op.kind() == Op.BinaryKind.MIN);
                if (!logical) {
                    numeric(name, x);
                }
            }
            case POW, ATAN2 -> floating(name, x);
            case AND, OR, XOR -> {
                if (!x.dtype().isInteger() && x.dtype() != DType.BOOL) {
                    throw dtype(name, "BOOL or an integer type", x);
                }
            }
            case SHL, SHR, USHR -> {
                if (!x.dtype().isInteger()) {
                    throw dtype(name, "an integer type", x);
                }
            }
        }
        return x;
    }

    private static Type compare(Op.Compare op, List<Type> in) {
        Type x = same(name(op.kind()), in.get(0), in.get(1));
        boolean equality = op.kind() == Op.CompareKind.EQ || op.kind() == Op.CompareKind.NE;
        if (!equality || x.dtype() != DType.BOOL) {
            numeric(name(op.kind()), x);
        }
        return x.with(DType.BOOL);
    }

    private static Type select(List<Type> in) {
        Type result = same("where", in.get(1), in.get(2));
        if (in.getFirst().dtype() != DType.BOOL) {
            throw dtype("where", "a BOOL condition", in.getFirst());
        }
        if (!in.getFirst().shape().equals(result.shape())) {
            throw ShapeException.of("where: condition and values differ", "equal shapes", in.getFirst() + " and " + result);
        }
        return result;
    }

    private static Type matmul(List<Type> in) {
        Type a = in.get(0);
        Type b = in.get(1);
        int rank = a.shape().rank();
        if (rank < 2 || b.shape().rank() != rank || !a.shape().slice(0, rank - 2).equals(b.shape().slice(0, rank - 2))) {
            throw ShapeException.of("matmul: batch extents differ", "(batch..., m, k) x (batch..., k, n)", a.shape() + " x " + b.shape());
        }
        if (a.shape().dim(-1) != b.shape().dim(-2)) {
            throw ShapeException.of("matmul: inner extents differ", "(..., k) x (k, n)", a.shape() + " x " + b.shape());
        }
        sameDType("matmul", a, b);
        numeric("matmul", a);
        return a.with(a.shape().with(-1, b.shape().dim(-1)));
    }

    /** The operand itself, if the other has the same shape and type. */
    static Type same(String op, Type a, Type b) {
        sameDType(op, a, b);
        if (!a.shape().equals(b.shape())) {
            throw ShapeException.of(op + ": shapes differ", "equal shapes", a.shape() + " and " + b.shape());
        }
        return a;
    }

    static void sameDType(String op, Type a, Type b) {
        if (a.dtype() != b.dtype()) {
            throw new DTypeException(op + ": element types differ\n  expected  equal types; cast one of them: x.cast(DType." + a.dtype()
                    + ")\n  received  " + a + " and " + b);
        }
    }

    static void numeric(String op, Type x) {
        if (!x.dtype().isNumeric()) {
            throw dtype(op, "a numeric type", x);
        }
    }

    static void floating(String op, Type x) {
        if (!x.dtype().isFloating()) {
            throw dtype(op, "FLOAT32 or FLOAT64", x);
        }
    }

    static DTypeException dtype(String op, String expected, Type received) {
        String cure = received.dtype().isFloating() ? "" : "; cast it first: x.cast(DType.FLOAT32)";
        return new DTypeException(op + ": wrong element type\n  expected  " + expected + cure + "\n  received  " + received);
    }

    static String name(Enum<?> kind) {
        return kind.name().toLowerCase(java.util.Locale.ROOT);
    }
}
