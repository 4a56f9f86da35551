package dev.gamelan.oracle;

import static dev.gamelan.oracle.Domain.ANY;
import static dev.gamelan.oracle.Domain.AWAY_FROM_ZERO;
import static dev.gamelan.oracle.Domain.DISTINCT;
import static dev.gamelan.oracle.Domain.MEDIUM;
import static dev.gamelan.oracle.Domain.TIES;
import static dev.gamelan.oracle.Domain.below;
import static dev.gamelan.oracle.Exactness.ACCUMULATED;
import static dev.gamelan.oracle.Exactness.BITS;
import static dev.gamelan.oracle.Exactness.EXACT;
import static dev.gamelan.shape.DType.BFLOAT16;
import static dev.gamelan.shape.DType.BOOL;
import static dev.gamelan.shape.DType.FLOAT32;
import static dev.gamelan.shape.DType.FLOAT64;
import static dev.gamelan.shape.DType.INT32;
import static dev.gamelan.shape.DType.INT64;
import static dev.gamelan.shape.DType.INT8;
import static dev.gamelan.shape.DType.UINT8;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Op.ReduceKind;
import dev.gamelan.oracle.OpCase.Argument;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Indexing, sorting, reductions, running sums and random bits. */
final class IndexCases {

    private static final List<DType> NUMBERS = List.of(FLOAT32, FLOAT64, INT8, UINT8, INT32, INT64);

    private IndexCases() {}

    static Stream<OpCase> all() {
        return Stream.of(gather(), scatter(), sort(), reduce(), argReduce(), cumSum(), randomBits()).flatMap(s -> s);
    }

    /** x, axis, indices. */
    private record Take(int[] x, int axis, int... indices) {}

    private static final List<Take> TAKES = List.of(new Take(new int[] {7, 5}, 0, 3), new Take(new int[] {7, 5}, 1, 2, 3),
            new Take(new int[] {3, 7, 19}, 1, 4), new Take(new int[] {7}, 0), new Take(new int[] {7, 5}, 0, 0),
            new Take(new int[] {7, 0}, 0, 3),
            new Take(new int[] {1, 5}, 0, 67), new Take(new int[] {101, 33}, 0, 2, 7));

    private static Stream<OpCase> gather() {
        return TAKES.stream()
                .flatMap(t -> Stream.of(FLOAT32, FLOAT64, BFLOAT16, UINT8, INT64, BOOL)
                        .map(dtype -> OpCase.of("gather axis " + t.axis(), BITS,
                                in -> Node.of(new Op.Gather(t.axis()), in.get(0), in.get(1)),
                                Argument.of(dtype, dtype == FLOAT64 ? MEDIUM : ANY, t.x()), indices(t, dtype == UINT8 ? INT64 : INT32))));
    }

    private static Argument indices(Take t, DType dtype) {
        return Argument.of(dtype, below(t.x()[t.axis()]), t.indices());
    }

    private static Stream<OpCase> scatter() {
        return TAKES.stream().flatMap(t -> NUMBERS.stream().map(dtype -> {
            Shape x = Shape.of(t.x());
            Shape updates = x.slice(0, t.axis()).concat(Shape.of(t.indices())).concat(x.slice(t.axis() + 1, x.rank()));
            Domain domain = dtype.isFloating() ? MEDIUM : ANY;
            return OpCase.of("scatterAdd axis " + t.axis(), ACCUMULATED,
                    in -> Node.of(new Op.ScatterAdd(t.axis()), in.get(0), in.get(1), in.get(2)),
                    Argument.of(dtype, domain, t.x()), indices(t, dtype == FLOAT32 ? INT64 : INT32),
                    Argument.of(dtype, domain, updates.dims()));
        }));
    }

    private static Stream<OpCase> sort() {
        return NUMBERS.stream()
                .flatMap(dtype -> Stream.of(TIES, ANY).flatMap(domain -> Stream.of(true, false)
                        .flatMap(descending -> Stream.of(sort(dtype, domain, 0, descending, 131), sort(dtype, domain, 0, descending, 19, 3),
                                sort(dtype, domain, 1, descending, 3, 19), sort(dtype, domain, 1, descending, 2, 5, 3),
                                sort(dtype, domain, 1, descending, 3, 0), sort(dtype, domain, 0, descending, 1)))));
    }

    private static OpCase sort(DType dtype, Domain domain, int axis, boolean descending, int... dims) {
        return OpCase.of("argsort axis " + axis + (descending ? " descending " : " ") + domain.name(), BITS,
                in -> Node.of(new Op.ArgSort(axis, descending), in.getFirst()), Argument.of(dtype, domain, dims));
    }

    /** Shape, axes. */
    private record Fold(int[] dims, int... axes) {}

    private static final List<Fold> FOLDS = List.of(new Fold(new int[] {67}, 0), new Fold(new int[] {3, 19}, 0),
            new Fold(new int[] {3, 19}, 1),
            new Fold(new int[] {3, 19}, 0, 1), new Fold(new int[] {2, 3, 5, 7}, 1, 3), new Fold(new int[] {2, 3, 5, 7}, 0, 2),
            new Fold(new int[] {0}, 0), new Fold(new int[] {3, 0}, 1), new Fold(new int[] {3, 0}, 0), new Fold(new int[] {1, 1}, 0),
            new Fold(new int[] {}), new Fold(new int[] {4, 1, 4}, 1), new Fold(new int[] {37, 131}, 1), new Fold(new int[] {131, 37}, 0),
            new Fold(new int[] {5000}, 0), new Fold(new int[] {300, 2}, 0), new Fold(new int[] {7, 2}, 1));

    private static Stream<OpCase> reduce() {
        Stream<OpCase> numbers = FOLDS.stream()
                .flatMap(f -> NUMBERS.stream().flatMap(dtype -> Stream.of(ReduceKind.values()).flatMap(kind -> {
                    boolean extreme = kind == ReduceKind.MAX || kind == ReduceKind.MIN;
                    Exactness exactness = extreme ? EXACT : ACCUMULATED;
                    OpCase smooth = fold(kind, exactness, f, dtype, extreme ? DISTINCT : kind == ReduceKind.SUM ? MEDIUM : AWAY_FROM_ZERO);
                    OpCase ties = fold(kind, exactness, f, dtype, dtype.isFloating() ? TIES : ANY);
                    return kind == ReduceKind.PROD && dtype.isFloating() && Shape.of(f.dims()).size() > 200 ? Stream.empty()
                            : Stream.of(smooth, ties);
                })));
        Stream<OpCase> logical = FOLDS.stream()
                .flatMap(f -> Stream.of(ReduceKind.MAX, ReduceKind.MIN).map(kind -> fold(kind, BITS, f, BOOL, ANY)));
        return Stream.concat(numbers, logical);
    }

    private static OpCase fold(ReduceKind kind, Exactness exactness, Fold f, DType dtype, Domain domain) {
        return OpCase.of("reduce " + kind + " axes " + Arrays.toString(f.axes()) + " " + domain.name(), exactness,
                in -> Node.of(new Op.Reduce(kind, IntStream.of(f.axes()).boxed().toList()), in.getFirst()),
                Argument.of(dtype, domain, f.dims()));
    }

    private static Stream<OpCase> argReduce() {
        return NUMBERS.stream()
                .flatMap(dtype -> Stream.of(Op.ArgKind.values())
                        .flatMap(kind -> Stream.of(TIES, ANY)
                                .flatMap(domain -> Stream.of(argReduce(kind, dtype, domain, 0, 67),
                                        argReduce(kind, dtype, domain, 0, 19, 3), argReduce(kind, dtype, domain, 1, 5, 19),
                                        argReduce(kind, dtype, domain, 1, 2, 3, 5), argReduce(kind, dtype, domain, 0, 1),
                                        argReduce(kind, dtype, domain, 0, 3, 0),
                                        argReduce(kind, dtype, domain, 1, 3, 131)))));
    }

    private static OpCase argReduce(Op.ArgKind kind, DType dtype, Domain domain, int axis, int... dims) {
        return OpCase.of("arg" + kind + " " + domain.name(), BITS, in -> Node.of(new Op.ArgReduce(kind, axis), in.getFirst()),
                Argument.of(dtype, domain, dims));
    }

    private static Stream<OpCase> cumSum() {
        return NUMBERS.stream()
                .flatMap(dtype -> Stream.of(true, false)
                        .flatMap(reverse -> Stream.of(cumSum(dtype, 0, reverse, 67), cumSum(dtype, 0, reverse, 19, 3),
                                cumSum(dtype, 1, reverse, 3, 19),
                                cumSum(dtype, 1, reverse, 2, 5, 3), cumSum(dtype, 1, reverse, 3, 0), cumSum(dtype, 0, reverse, 0, 2))));
    }

    private static OpCase cumSum(DType dtype, int axis, boolean reverse, int... dims) {
        return OpCase.of("cumsum axis " + axis + (reverse ? " reverse" : ""), ACCUMULATED,
                in -> Node.of(new Op.CumSum(axis, reverse), in.getFirst()), Argument.of(dtype, dtype.isFloating() ? MEDIUM : ANY, dims));
    }

    private static Stream<OpCase> randomBits() {
        return Stream.of(ElementwiseCases.SHAPES).map(dims -> OpCase.of("random bits " + Shape.of(dims), BITS,
                in -> Node.of(new Op.RandomBits(Shape.of(dims)), in.getFirst()), Argument.of(INT32, ANY, 2)));
    }
}
