package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.DType;
import java.util.List;
import java.util.Locale;

/** Emits the operations of loop kernels: what each of them is on masks, on narrow integers, on lanes and on single numbers. */
final class LoopMath {

    private final Arithmetic asm;
    private final VectorMath math;
    private final PairMath pairs;

    LoopMath(Arithmetic asm) {
        this.asm = asm;
        this.math = new VectorMath(asm);
        this.pairs = new PairMath(asm, math);
    }

    /** @param from the element type of the operands, and {@code to} that of the result */
    Value apply(Op op, List<Value> in, DType from, DType to) {
        return switch (op) {
            case Op.Unary unary -> from == DType.BOOL ? asm.not(in.getFirst()) : narrow(unary(unary.kind(), in.getFirst()), to);
            case Op.Binary binary -> from == DType.BOOL ? logical(binary.kind(), in.get(0), in.get(1))
                    : narrow(binary(binary.kind(), in.get(0), in.get(1), from), to);
            case Op.Compare compare -> compare(compare.kind(), in.get(0), in.get(1), from);
            case Op.Select _ -> select(in.get(0), in.get(1), in.get(2), to);
            case Op.Cast _ -> cast(in.getFirst(), from, to);
            case Op.Barrier _ -> in.getFirst();
            default -> throw new IllegalArgumentException(op + " is not element-wise");
        };
    }

    /** e^x where x is known not to be large. */
    Value expOfSmall(Value x) {
        return math.expOfSmall(x);
    }

    /**
     * The larger or smaller of a value and a number that is neither NaN nor -0: two instructions instead of the seven that Java's maximum takes on x86,
     * with the same result. NaN is not compared, and a zero of the other sign is equal.
     */
    Value cutOff(Op.BinaryKind kind, Value x, Value bound) {
        Comparison beyond = kind == Op.BinaryKind.MAX ? Comparison.LE : Comparison.GT;
        return asm.select(asm.compare(beyond, x, bound), bound, x);
    }

    // ---- masks ---------------------------------------------------------------------------------------------------

    private boolean isTruth(Value x) {
        return x.form() == Form.MASK || x.form() == Form.CONDITION;
    }

    /** A condition as a mask: the same truth in every lane. */
    Value mask(Value truth) {
        if (truth.form() == Form.MASK) {
            return truth;
        }
        Value number = asm.select(truth, asm.constant(ElementType.FLOAT, 1), asm.constant(ElementType.FLOAT, 0));
        return asm.compare(Comparison.NE, asm.broadcast(number), asm.lanesOf(ElementType.FLOAT, 0));
    }

    private Value logical(Op.BinaryKind kind, Value a, Value b) {
        boolean lanes = a.form() == Form.MASK || b.form() == Form.MASK;
        Value x = lanes ? mask(a) : a;
        Value y = lanes ? mask(b) : b;
        return switch (kind) {
            case AND, MIN -> asm.and(x, y);
            case OR, MAX -> asm.or(x, y);
            case XOR -> asm.xor(x, y);
            case ADD, SUB, MUL, DIV, REM, POW, ATAN2, SHL, SHR, USHR -> throw new IllegalArgumentException(kind + " of BOOL");
        };
    }

    private Value compare(Op.CompareKind kind, Value a, Value b, DType dtype) {
        if (dtype == DType.BOOL) {
            Value differ = logical(Op.BinaryKind.XOR, a, b);
            return kind == Op.CompareKind.NE ? differ : asm.not(differ);
        }
        return asm.compare(switch (kind) {
            case EQ -> Comparison.EQ;
            case NE -> Comparison.NE;
            case LT -> Comparison.LT;
            case LE -> Comparison.LE;
            case GT -> Comparison.GT;
            case GE -> Comparison.GE;
        }, a, b);
    }

    private Value select(Value condition, Value yes, Value no, DType dtype) {
        if (dtype == DType.BOOL) {
            boolean lanes = condition.form() == Form.MASK || yes.form() == Form.MASK || no.form() == Form.MASK;
            Value c = lanes ? mask(condition) : condition;
            Value y = lanes ? mask(yes) : yes;
            Value n = lanes ? mask(no) : no;
            return asm.or(asm.and(c, y), asm.and(asm.not(c), n));
        }
        return asm.select(condition, yes, no);
    }

    /** 1 where true, else 0. */
    Value number(Value truth, ElementType type) {
        if (truth.form() == Form.MASK) {
            return asm.select(truth, asm.lanesOf(type, 1), asm.lanesOf(type, 0));
        }
        return asm.select(truth, asm.constant(type, 1), asm.constant(type, 0));
    }

    private Value like(Value x, double value) {
        return asm.constant(x.type(), value);
    }

    private Value cast(Value x, DType from, DType to) {
        if (from == to) {
            return x;
        } else if (from.isStorageOnly()) {
            return cast(asm.fromHalf(x, from), DType.FLOAT32, to);
        } else if (to.isStorageOnly()) {
            return asm.toHalf(cast(x, from, DType.FLOAT32), to);
        } else if (to == DType.BOOL) {
            return asm.compare(Comparison.NE, x, like(x, 0));
        } else if (isTruth(x)) {
            return number(x, LoopTypes.of(to));
        }
        return narrow(asm.convert(x, LoopTypes.of(to)), to);
    }

    /** Wraps to the range of an integer type that is narrower than what it is computed in. */
    Value narrow(Value x, DType dtype) {
        return switch (dtype) {
            case INT8 -> asm.shift(Binary.SHR, asm.shift(Binary.SHL, x, 24), 24);
            case UINT8 -> asm.binary(Binary.AND, x, asm.constant(0xFF));
            case FLOAT32, FLOAT64, FLOAT16, BFLOAT16, INT32, INT64, BOOL -> x;
        };
    }

    // ---- numbers -------------------------------------------------------------------------------------------------

    private Value unary(Op.UnaryKind kind, Value x) {
        return switch (kind) {
            case NEG -> asm.unary(Unary.NEG, x);
            case ABS -> asm.unary(Unary.ABS, x);
            case SIGN -> asm.select(asm.compare(Comparison.GT, x, like(x, 0)), like(x, 1),
                    asm.select(asm.compare(Comparison.LT, x, like(x, 0)), like(x, -1), x));
            case SQRT -> asm.unary(Unary.SQRT, x);
            case RSQRT -> asm.div(like(x, 1), asm.unary(Unary.SQRT, x));
            case RELU -> asm.select(asm.compare(Comparison.LT, x, like(x, 0)), like(x, 0), x);
            case NOT -> asm.binary(Binary.XOR, x, like(x, -1));
            case EXP -> math.exp(x);
            case EXPM1 -> expm1(x);
            case LOG -> math.log(x);
            case LOG1P -> log1p(x);
            case SIN -> math.sin(x);
            case COS -> math.cos(x);
            case TANH -> math.tanh(x);
            case SIGMOID -> math.sigmoid(x);
            case ERF -> math.erf(x);
            case ATAN -> x.type() == ElementType.FLOAT ? pairs.atan(x) : asm.call(StrictMath.class, "atan", x);
            case TAN, ASIN, ACOS, SINH, COSH -> asm.call(StrictMath.class, kind.name().toLowerCase(Locale.ROOT), x);
            case ASINH, ACOSH, ATANH -> asm.call(ScalarMath.class, kind.name().toLowerCase(Locale.ROOT), x);
            case FLOOR -> rounded(x, "floor");
            case CEIL -> rounded(x, "ceil");
            case ROUND -> rounded(x, "rint");
            case TRUNC -> asm.select(asm.compare(Comparison.LT, x, like(x, 0)), rounded(x, "ceil"), rounded(x, "floor"));
        };
    }

    /** Kahan's way: exact near 0 although exp rounds. */
    private Value expm1(Value x) {
        Value u = math.exp(x);
        Value minus = asm.sub(u, like(x, 1));
        Value scaled = asm.div(asm.mul(minus, x), math.log(u));
        Value large = asm.or(asm.compare(Comparison.GT, asm.unary(Unary.ABS, x), like(x, 1)), asm.compare(Comparison.NE, x, x));
        Value result = asm.select(large, minus, scaled);
        return asm.select(asm.compare(Comparison.EQ, u, like(x, 1)), x, result);
    }

    /** Kahan's way: exact near 0 although 1 + x rounds. */
    private Value log1p(Value x) {
        Value u = asm.add(x, like(x, 1));
        Value log = math.log(u);
        Value scaled = asm.div(asm.mul(log, x), asm.sub(u, like(x, 1)));
        Value small = asm.compare(Comparison.LT, asm.unary(Unary.ABS, x), like(x, 1));
        Value result = asm.select(small, scaled, log);
        return asm.select(asm.compare(Comparison.EQ, u, like(x, 1)), x, result);
    }

    /** To an integer, where a FLOAT is small enough to have a fraction. */
    private Value rounded(Value x, String how) {
        if (x.type() != ElementType.FLOAT) {
            return asm.call(StrictMath.class, how, x);
        }
        Value cut = asm.convert(asm.convert(x, ElementType.INT), ElementType.FLOAT);
        Value magnitude = asm.unary(Unary.ABS, x);
        Value result = switch (how) {
            case "floor" -> asm.select(asm.compare(Comparison.GT, cut, x), asm.sub(cut, like(x, 1)), cut);
            case "ceil" -> asm.select(asm.compare(Comparison.LT, cut, x), asm.add(cut, like(x, 1)), cut);
            default -> {
                Value nearest = asm.sub(asm.add(magnitude, like(x, 0x1p23)), like(x, 0x1p23));
                yield asm.select(asm.compare(Comparison.LT, x, like(x, 0)), asm.unary(Unary.NEG, nearest), nearest);
            }
        };
        return asm.select(asm.compare(Comparison.LT, magnitude, like(x, 0x1p23)), result, x);
    }

    private Value binary(Op.BinaryKind kind, Value a, Value b, DType dtype) {
        return switch (kind) {
            case ADD -> asm.add(a, b);
            case SUB -> asm.sub(a, b);
            case MUL -> asm.mul(a, b);
            case DIV -> asm.div(a, b);
            case MAX -> asm.max(a, b);
            case MIN -> asm.min(a, b);
            case REM -> dtype.isFloating() ? pair(kind, lanes(a, b), lanes(b, a)) : asm.sub(a, asm.mul(asm.div(a, b), b));
            case POW, ATAN2 -> pair(kind, lanes(a, b), lanes(b, a));
            case AND -> asm.binary(Binary.AND, a, b);
            case OR -> asm.binary(Binary.OR, a, b);
            case XOR -> asm.binary(Binary.XOR, a, b);
            case SHL -> asm.binary(Binary.SHL, a, distance(b, dtype));
            case SHR -> asm.binary(Binary.SHR, a, distance(b, dtype));
            case USHR ->
                    asm.binary(Binary.USHR, dtype == DType.INT8 ? asm.binary(Binary.AND, a, asm.constant(0xFF)) : a, distance(b, dtype));
        };
    }

    private Value pair(Op.BinaryKind kind, Value a, Value b) {
        boolean single = a.type() == ElementType.FLOAT;
        return switch (kind) {
            case REM -> single ? pairs.remainder(a, b) : asm.call(ScalarMath.class, "remainder", a, b);
            case POW -> single ? pairs.pow(a, b) : asm.call(ScalarMath.class, "power", a, b);
            case ATAN2 -> single ? pairs.atan2(a, b) : asm.call(StrictMath.class, "atan2", a, b);
            case ADD, SUB, MUL, DIV, MAX, MIN, AND, OR, XOR, SHL, SHR, USHR -> throw new IllegalArgumentException(kind + " is no function");
        };
    }

    private Value distance(Value b, DType dtype) {
        return dtype.bytes() == 1 ? asm.binary(Binary.AND, b, asm.constant(7)) : b;
    }

    private Value lanes(Value x, Value other) {
        return other.form() == Form.LANES ? asm.broadcast(x) : x;
    }
}
