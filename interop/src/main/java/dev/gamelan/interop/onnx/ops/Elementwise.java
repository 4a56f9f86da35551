package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Functions of single elements. */
final class Elementwise {

    private Elementwise() {}

    static void register(Registry r) {
        r.map("Sqrt", x -> x.sqrt()).map("Exp", x -> x.exp()).map("Log", x -> x.log())
                .map("Sin", x -> x.sin()).map("Cos", x -> x.cos()).map("Tan", x -> x.tan()).map("Asin", x -> x.asin())
                .map("Acos", x -> x.acos()).map("Atan", x -> x.atan()).map("Sinh", x -> x.sinh()).map("Cosh", x -> x.cosh())
                .map("Asinh", x -> x.asinh()).map("Acosh", x -> x.acosh()).map("Atanh", x -> x.atanh())
                .map("Floor", x -> x.floor()).map("Ceil", x -> x.ceil()).map("Round", x -> x.round())
                .map("Reciprocal", x -> x.reciprocal()).map("Not", x -> x.not()).map("BitwiseNot", x -> x.not());
        r.op("Neg", c -> c.arithmetic(ChannelsLast.pointwise(c.tensor(0), Tensor::neg)));
        r.op("Abs", c -> isUnsigned64(c) ? c.same(c.tensor(0)) : c.arithmetic(ChannelsLast.pointwise(c.tensor(0), Tensor::abs)));
        r.op("Sign", c -> c.same(isUnsigned64(c) ? c.tensor(0).ne(0).cast(c.tensor(0).dtype())
                : ChannelsLast.pointwise(c.tensor(0), Tensor::sign)));
        r.op("Erf", c -> c.same(inFractions(c, ElementType.FLOAT, x -> ChannelsLast.pointwise(x, Tensor::erf))));
        r.op("BitwiseNot", 18, c -> c.arithmetic(c.tensor(0).not()));
        r.op("IsNaN", c -> Call.one(ElementType.BOOL, c.tensor(0).isNaN()));
        r.op("IsInf", Elementwise::isInfinite);
        binary(r, "Add", Tensor::add);
        binary(r, "Sub", Tensor::sub);
        binary(r, "Mul", Tensor::mul);
        binary(r, "BitwiseAnd", Tensor::and);
        binary(r, "BitwiseOr", Tensor::or);
        binary(r, "BitwiseXor", Tensor::xor);
        binary(r, "And", Tensor::and);
        binary(r, "Or", Tensor::or);
        binary(r, "Xor", Tensor::xor);
        r.op("Div", c -> c.arithmetic(divide(c.type(0), c.tensor(0), other(c))));
        r.broadcasting("Div", 7, c -> c.arithmetic(divide(c.type(0), c.tensor(0), c.tensor(1))));
        r.op("Mod", Elementwise::mod).op("Pow", Elementwise::pow).op("BitShift", Elementwise::shift);
        r.broadcasting("Pow", 7, Elementwise::pow);
        compare(r, "Less", Tensor::less);
        compare(r, "LessOrEqual", Tensor::lessEqual);
        compare(r, "Greater", Tensor::greater);
        compare(r, "GreaterOrEqual", Tensor::greaterEqual);
        r.op("Equal", Elementwise::equal);
        r.broadcasting("Max", 1, c -> variadic(c, Tensor::maximum)).broadcasting("Min", 1, c -> variadic(c, Tensor::minimum));
        r.broadcasting("Sum", 1, c -> fold(c, Tensor::add));
        r.op("Mean", c -> c.same(fold(c.tensors(), Tensor::add).div(c.inputs())));
        r.broadcasting("Where", 1, Elementwise::where);
        r.op("Clip", 1, Elementwise::clipByAttributes).broadcasting("Clip", 11, Elementwise::clip);
    }

    private static boolean isUnsigned64(Call c) {
        return c.type(0) == ElementType.UINT64;
    }

    /** A function of fractions, of which integers keep the whole part. */
    static Tensor inFractions(Call c, ElementType fractions, UnaryOperator<Tensor> function) {
        ElementType type = c.type(0);
        return type.isFloating() ? function.apply(c.tensor(0))
                : Casts.cast(function.apply(Casts.cast(c.tensor(0), type, fractions)), fractions, type);
    }

    private static void binary(Registry r, String op, BinaryOperator<Tensor> function) {
        r.op(op, 1, c -> c.arithmetic(function.apply(c.tensor(0), other(c))));
        r.broadcasting(op, 7, c -> c.arithmetic(function.apply(c.tensor(0), c.tensor(1))));
    }

    /**
     * The second input. Before version 7 operands broadcast only if told so: the axes of the second one begin at
     * {@code axis} of the first.
     */
    private static Tensor other(Call c) {
        Tensor b = c.tensor(1);
        if (c.version() >= 7 || !c.hasAttribute("axis")) {
            return b;
        }
        int rank = c.tensor(0).rank();
        int after = rank - c.tensor(0).shape().axis(c.attribute("axis", -1)) - b.rank();
        Tensor result = b;
        for (int i = 0; i < after; i++) {
            result = result.expandDims(-1);
        }
        return result;
    }

    private static void compare(Registry r, String op, BinaryOperator<Tensor> function) {
        Operator operator = c -> Call.one(ElementType.BOOL, function.apply(ordered(c.type(0), c.tensor(0)), ordered(c.type(0), other(c))));
        r.op(op, operator).broadcasting(op, 7, operator);
    }

    /** UINT64 is carried by its bits: with the highest one flipped, signed order is its order. */
    static Tensor ordered(ElementType type, Tensor x) {
        return type == ElementType.UINT64 ? x.xor(x.fullLike(Long.MIN_VALUE)) : x;
    }

    private static List<Value> equal(Call c) {
        if (c.value(0) instanceof Value.Text) {
            return Call.one(ElementType.BOOL, Moves.codes(List.of(c.text(0), c.text(1)), codes -> codes.get(0).eq(codes.get(1))));
        }
        return Call.one(ElementType.BOOL, c.tensor(0).eq(other(c)));
    }

    private static List<Value> isInfinite(Call c) {
        Tensor x = c.tensor(0);
        boolean positive = c.flag("detect_positive", true);
        boolean negative = c.flag("detect_negative", true);
        Tensor infinite = x.isInfinite();
        Tensor result = positive && negative ? infinite
                : positive ? infinite.and(x.greater(0)) : negative ? infinite.and(x.less(0)) : infinite.zerosLike();
        return Call.one(ElementType.BOOL, result);
    }

    private static Tensor divide(ElementType type, Tensor a, Tensor b) {
        return type == ElementType.UINT64 ? Unsigned.divide(a, b) : a.div(b);
    }

    /** The sign of the divisor, or with {@code fmod} that of the dividend. */
    private static List<Value> mod(Call c) {
        Tensor a = c.tensor(0);
        Tensor b = c.tensor(1);
        if (c.type(0) == ElementType.UINT64) {
            return c.same(a.sub(Unsigned.divide(a, b).mul(b)));
        }
        return c.same(c.flag("fmod", false) ? a.rem(b) : a.mod(b));
    }

    /** Computed in the type of the base; integers to integer powers exactly while they fit a double. */
    private static List<Value> pow(Call c) {
        Tensor x = c.tensor(0);
        Tensor y = c.version() < 7 ? other(c) : c.tensor(1);
        if (c.isKnown(1) && c.tensor(1).size() == 1) {
            double exponent = c.number(1);
            boolean whole = exponent == Math.rint(exponent) && exponent >= 0 && exponent <= 4;
            if ((x.dtype().isFloating() || whole) && c.tensor(1).rank() <= x.rank()) {
                return c.arithmetic(x.pow(exponent));
            }
        }
        if (x.dtype().isFloating()) {
            DType wide = y.dtype() == DType.FLOAT64 || y.dtype().isInteger() ? DType.FLOAT64 : x.dtype();
            return c.same(x.cast(wide).pow(y.cast(wide)).cast(x.dtype()));
        }
        return c.arithmetic(x.cast(DType.FLOAT64).pow(y.cast(DType.FLOAT64)).cast(x.dtype()));
    }

    /** By a number of bits outside of the type's nothing is left but the sign. */
    private static List<Value> shift(Call c) {
        boolean left = c.attribute("direction", "").equals("LEFT");
        ElementType type = c.type(0);
        Tensor x = c.tensor(0);
        Tensor bits = c.tensor(1);
        Tensor inside = bits.greaterEqual(0).and(bits.less(Math.min(type.bits(), 127)));
        Tensor safe = bits.where(inside, type.isUnsigned() || left ? bits.zerosLike() : bits.fullLike(Math.min(type.bits(), 127) - 1));
        Tensor shifted = left ? x.shiftLeft(safe) : type.isUnsigned() ? x.shiftRightUnsigned(safe) : x.shiftRight(safe);
        boolean keepsSign = !left && !type.isUnsigned();
        return c.arithmetic(keepsSign ? shifted : shifted.where(inside, shifted.zerosLike()));
    }

    private static List<Value> variadic(Call c, BinaryOperator<Tensor> function) {
        ElementType type = c.type(0);
        List<Tensor> operands = c.tensors().stream().map(x -> ordered(type, x)).toList();
        return c.same(ordered(type, fold(operands, function)));
    }

    private static List<Value> fold(Call c, BinaryOperator<Tensor> function) {
        return c.same(fold(c.tensors(), function));
    }

    static Tensor fold(List<Tensor> operands, BinaryOperator<Tensor> function) {
        return operands.stream().reduce(function).orElseThrow();
    }

    private static List<Value> where(Call c) {
        return Moves.of(c, List.of(c.value(1), c.value(2)), parts -> parts.get(0).where(c.tensor(0), parts.get(1)));
    }

    private static List<Value> clipByAttributes(Call c) {
        return c.same(ChannelsLast.pointwise(c.tensor(0), x -> {
            Tensor low = c.hasAttribute("min") ? x.maximum(c.attribute("min", 0.0)) : x;
            return c.hasAttribute("max") ? low.minimum(c.attribute("max", 0.0)) : low;
        }));
    }

    /** The upper bound wins. */
    private static List<Value> clip(Call c) {
        ElementType type = c.type(0);
        Function<Tensor, Tensor> order = x -> ordered(type, x);
        Tensor low = c.has(1) ? order.apply(c.tensor(0)).maximum(order.apply(bound(c, 1))) : order.apply(c.tensor(0));
        return c.same(order.apply(c.has(2) ? low.minimum(order.apply(bound(c, 2))) : low));
    }

    /** As a number of the program where it is known: it takes less to compare with that. */
    private static Tensor bound(Call c, int i) {
        Tensor bound = scalar(c.tensor(i));
        return c.isKnown(i) && bound.dtype().isFloating() ? bound.fullLike(c.number(i)) : bound;
    }

    private static Tensor scalar(Tensor x) {
        return x.reshape(dev.gamelan.shape.Shape.SCALAR);
    }
}
