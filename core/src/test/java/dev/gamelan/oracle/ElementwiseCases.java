package dev.gamelan.oracle;

import static dev.gamelan.oracle.Domain.ABOVE_ONE;
import static dev.gamelan.oracle.Domain.ANY;
import static dev.gamelan.oracle.Domain.AWAY_FROM_ZERO;
import static dev.gamelan.oracle.Domain.BETWEEN_INTEGERS;
import static dev.gamelan.oracle.Domain.MEDIUM;
import static dev.gamelan.oracle.Domain.NONZERO;
import static dev.gamelan.oracle.Domain.POSITIVE;
import static dev.gamelan.oracle.Domain.SMALL;
import static dev.gamelan.oracle.Domain.TIES;
import static dev.gamelan.oracle.Domain.UNIT;
import static dev.gamelan.oracle.Exactness.BITS;
import static dev.gamelan.oracle.Exactness.EXACT;
import static dev.gamelan.oracle.Exactness.FUNCTION;
import static dev.gamelan.shape.DType.BOOL;
import static dev.gamelan.shape.DType.FLOAT32;
import static dev.gamelan.shape.DType.FLOAT64;
import static dev.gamelan.shape.DType.INT32;
import static dev.gamelan.shape.DType.INT64;
import static dev.gamelan.shape.DType.INT8;
import static dev.gamelan.shape.DType.UINT8;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Op.BinaryKind;
import dev.gamelan.ir.Op.UnaryKind;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.oracle.OpCase.Argument;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Leaves and element-wise operations. */
final class ElementwiseCases {

    private static final List<DType> FLOATING = List.of(FLOAT32, FLOAT64);
    private static final List<DType> INTEGERS = List.of(INT8, UINT8, INT32, INT64);

    /** Every rank up to 4, every kind of extent: none, one, few, prime, more than a vector holds. */
    static final int[][] SHAPES = {{}, {0}, {1}, {7}, {67}, {1031}, {3, 5}, {2, 0, 3}, {1, 1, 1}, {2, 3, 4, 5}};

    private ElementwiseCases() {}

    static Stream<OpCase> all() {
        return Stream.of(leaves(), unary(), unaryIntegers(), binary(), binaryIntegers(), compare(), select(), casts()).flatMap(s -> s);
    }

    private static Stream<OpCase> leaves() {
        Type prime = new Type(INT32, Shape.of(7));
        Stream<OpCase> fills = Stream.of(DType.values())
                .map(dtype -> OpCase.of("fill " + dtype, BITS, _ -> Ops.fill(new Type(dtype, Shape.of(3, 5)), 1)));
        Stream<OpCase> iotas = Stream.of(FLOAT32, FLOAT64, INT8, UINT8, INT32, INT64).flatMap(dtype -> Stream.of(0, 1, 2).map(
                axis -> OpCase.of("iota " + dtype + " axis " + axis, BITS, _ -> Ops.iota(new Type(dtype, Shape.of(3, 300, 2)), axis))));
        return Stream.of(fills, iotas, Stream.of(
                OpCase.of("input", BITS, List::getFirst, Argument.of(FLOAT32, ANY, 67)),
                OpCase.of("iota of nothing", BITS, _ -> Ops.iota(new Type(FLOAT32, Shape.of(3, 0)), 0)),
                OpCase.of("constant", BITS, _ -> Node.of(new Data(prime, new int[] {1, -2, 3, -4, 5, -6, 7}))),
                OpCase.of("constant and input", EXACT,
                        in -> Ops.mul(in.getFirst(), Node.of(Data.of(FLOAT64, Shape.of(3), new double[] {1, 2, 3}))),
                        Argument.of(FLOAT64, MEDIUM, 2, 3))))
                .flatMap(s -> s);
    }

    private static Stream<OpCase> unary() {
        return Stream.of(UnaryKind.values()).filter(kind -> kind != UnaryKind.NOT).flatMap(kind -> FLOATING.stream().flatMap(dtype -> {
            Function<List<Node>, Node> build = in -> Ops.unary(kind, in.getFirst());
            Exactness exactness = exactness(kind);
            Stream<OpCase> smooth = Stream.of(SHAPES).filter(dims -> kind == UnaryKind.NEG || kind == UnaryKind.TANH || dims.length == 1)
                    .map(dims -> OpCase.of("unary " + kind, exactness, build, Argument.of(dtype, domain(kind), dims)));
            return Stream.concat(smooth, Stream.of(OpCase.of("unary awkward " + kind, exactness, build, Argument.of(dtype, ANY, 331))));
        }));
    }

    static Domain domain(UnaryKind kind) {
        return switch (kind) {
            case NEG, EXP, EXPM1, SIN, COS, TANH, SINH, COSH, ASINH, ATAN, SIGMOID, ERF -> MEDIUM;
            case ABS, SIGN, RELU -> AWAY_FROM_ZERO;
            case SQRT, RSQRT, LOG, LOG1P -> POSITIVE;
            case TAN, ASIN, ACOS, ATANH -> UNIT;
            case ACOSH -> ABOVE_ONE;
            case FLOOR, CEIL, ROUND, TRUNC -> BETWEEN_INTEGERS;
            case NOT -> ANY;
        };
    }

    private static Exactness exactness(UnaryKind kind) {
        return switch (kind) {
            case NEG, ABS, SIGN, SQRT, RELU, FLOOR, CEIL, ROUND, TRUNC -> EXACT;
            case NOT -> BITS;
            case RSQRT, EXP, EXPM1, LOG, LOG1P, SIN, COS, TAN, ASIN, ACOS, ATAN, SINH, COSH, ASINH, ACOSH, ATANH, TANH, SIGMOID, ERF ->
                    FUNCTION;
        };
    }

    private static Stream<OpCase> unaryIntegers() {
        Stream<OpCase> numbers = INTEGERS.stream()
                .flatMap(dtype -> Stream.of(UnaryKind.NEG, UnaryKind.ABS, UnaryKind.SIGN, UnaryKind.RELU, UnaryKind.NOT)
                        .map(kind -> OpCase.of("unary " + kind, BITS, in -> Ops.unary(kind, in.getFirst()), Argument.of(dtype, ANY, 131))));
        return Stream.concat(numbers,
                Stream.of(OpCase.of("unary NOT", BITS, in -> Ops.unary(UnaryKind.NOT, in.getFirst()), Argument.of(BOOL, ANY, 67))));
    }

    private static Stream<OpCase> binary() {
        List<BinaryKind> kinds = List.of(BinaryKind.ADD, BinaryKind.SUB, BinaryKind.MUL, BinaryKind.DIV, BinaryKind.REM, BinaryKind.POW,
                BinaryKind.MAX, BinaryKind.MIN, BinaryKind.ATAN2);
        return kinds.stream().flatMap(kind -> FLOATING.stream().flatMap(dtype -> {
            Function<List<Node>, Node> build = in -> Ops.binary(kind, in.get(0), in.get(1));
            Exactness exactness = kind == BinaryKind.POW || kind == BinaryKind.ATAN2 ? FUNCTION : EXACT;
            String name = "binary " + kind;
            Domain a = left(kind);
            Domain b = right(kind);
            return Stream.of(OpCase.of(name, exactness, build, Argument.of(dtype, a, 67), Argument.of(dtype, b, 67)),
                    OpCase.of(name, exactness, build, Argument.of(dtype, a), Argument.of(dtype, b)),
                    OpCase.of(name, exactness, build, Argument.of(dtype, a, 0, 3), Argument.of(dtype, b, 0, 3)),
                    OpCase.of(name + " rows", exactness, build, Argument.of(dtype, a, 3, 19), Argument.of(dtype, b, 19)),
                    OpCase.of(name + " columns", exactness, build, Argument.of(dtype, a, 3, 1), Argument.of(dtype, b, 2, 1, 19)),
                    OpCase.of(name + " scalar", exactness, build, Argument.of(dtype, a), Argument.of(dtype, b, 2, 3, 5)),
                    OpCase.of(name + " awkward", exactness, build, Argument.of(dtype, ANY, 61, 1), Argument.of(dtype, ANY, 61)));
        }));
    }

    private static Domain left(BinaryKind kind) {
        return switch (kind) {
            case REM -> Domain.uniform("dividend", 2.7, 2.9);
            case POW -> POSITIVE;
            case MAX, MIN, ATAN2 -> AWAY_FROM_ZERO;
            case ADD, SUB, MUL, DIV, AND, OR, XOR, SHL, SHR, USHR -> MEDIUM;
        };
    }

    private static Domain right(BinaryKind kind) {
        return switch (kind) {
            case REM -> Domain.uniform("divisor", 1, 1.3);
            case DIV, ATAN2 -> AWAY_FROM_ZERO;
            case MAX, MIN -> SMALL;
            case ADD, SUB, MUL, POW, AND, OR, XOR, SHL, SHR, USHR -> MEDIUM;
        };
    }

    private static Stream<OpCase> binaryIntegers() {
        Stream<OpCase> numbers = INTEGERS.stream().flatMap(dtype -> Stream.of(BinaryKind.values())
                .filter(kind -> kind != BinaryKind.POW && kind != BinaryKind.ATAN2).map(kind -> {
                    Domain right = kind == BinaryKind.DIV || kind == BinaryKind.REM ? NONZERO : ANY;
                    return OpCase.of("binary " + kind, BITS, in -> Ops.binary(kind, in.get(0), in.get(1)),
                            Argument.of(dtype, ANY, 37, 1), Argument.of(dtype, right, 37));
                }));
        Stream<OpCase> logical = Stream.of(BinaryKind.AND, BinaryKind.OR, BinaryKind.XOR, BinaryKind.MAX, BinaryKind.MIN)
                .map(kind -> OpCase.of("binary " + kind, BITS, in -> Ops.binary(kind, in.get(0), in.get(1)),
                        Argument.of(BOOL, ANY, 67), Argument.of(BOOL, ANY, 67)));
        return Stream.concat(numbers, logical);
    }

    private static Stream<OpCase> compare() {
        return Stream.of(Op.CompareKind.values()).flatMap(kind -> Stream.of(FLOAT32, FLOAT64, INT8, UINT8, INT32, INT64, BOOL)
                .filter(dtype -> dtype != BOOL || kind == Op.CompareKind.EQ || kind == Op.CompareKind.NE)
                .flatMap(dtype -> Stream.of(TIES, ANY)
                        .map(domain -> OpCase.of("compare " + domain.name() + " " + kind, BITS,
                                in -> Ops.compare(kind, in.get(0), in.get(1)),
                                Argument.of(dtype, domain, 61, 1), Argument.of(dtype, domain, 61)))));
    }

    private static Stream<OpCase> select() {
        Stream<OpCase> types = Stream.of(DType.values())
                .map(dtype -> OpCase.of("select", BITS, in -> Ops.select(in.get(0), in.get(1), in.get(2)),
                        Argument.of(BOOL, ANY, 5, 67), Argument.of(dtype, ANY, 5, 67), Argument.of(dtype, ANY, 67)));
        return Stream.concat(types, Stream.of(OpCase.of("select smooth", BITS, in -> Ops.select(in.get(0), in.get(1), in.get(2)),
                Argument.of(BOOL, ANY, 7), Argument.of(FLOAT64, MEDIUM, 7), Argument.of(FLOAT64, MEDIUM, 3, 7))));
    }

    private static Stream<OpCase> casts() {
        return Stream.of(DType.values()).flatMap(from -> Stream.of(DType.values()).filter(to -> to != from)
                .map(to -> OpCase.of("cast to " + to, EXACT, in -> Ops.cast(in.getFirst(), to), Argument.of(from, ANY, 331))));
    }
}
