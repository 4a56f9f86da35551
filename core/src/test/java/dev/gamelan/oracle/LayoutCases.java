package dev.gamelan.oracle;

import static dev.gamelan.oracle.Domain.ANY;
import static dev.gamelan.oracle.Domain.MEDIUM;
import static dev.gamelan.oracle.Exactness.BITS;
import static dev.gamelan.shape.DType.BFLOAT16;
import static dev.gamelan.shape.DType.BOOL;
import static dev.gamelan.shape.DType.FLOAT32;
import static dev.gamelan.shape.DType.FLOAT64;
import static dev.gamelan.shape.DType.INT64;
import static dev.gamelan.shape.DType.UINT8;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.oracle.OpCase.Argument;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** Operations that move elements. */
final class LayoutCases {

    private record Row(String name, Function<List<Node>, Node> build, int[]... shapes) {}

    private static final List<Row> ROWS = List.of(
            new Row("broadcast scalar", in -> Ops.broadcast(in.getFirst(), Shape.of(2, 3)), dims()),
            new Row("broadcast row", in -> Ops.broadcast(in.getFirst(), Shape.of(5, 19)), dims(19)),
            new Row("broadcast column", in -> Ops.broadcast(in.getFirst(), Shape.of(5, 19)), dims(5, 1)),
            new Row("broadcast middle", in -> Ops.broadcast(in.getFirst(), Shape.of(2, 3, 4, 5)), dims(3, 1, 5)),
            new Row("broadcast to nothing", in -> Ops.broadcast(in.getFirst(), Shape.of(0, 3)), dims(1, 3)),
            new Row("broadcast nothing", in -> Ops.broadcast(in.getFirst(), Shape.of(3, 2, 0)), dims(1, 0)),
            new Row("reshape", in -> Ops.reshape(in.getFirst(), Shape.of(4, 3, 5)), dims(2, 6, 5)),
            new Row("reshape to scalar", in -> Ops.reshape(in.getFirst(), Shape.SCALAR), dims(1, 1)),
            new Row("reshape nothing", in -> Ops.reshape(in.getFirst(), Shape.of(0, 7)), dims(3, 0)),
            new Row("transpose", in -> Ops.permute(in.getFirst(), 1, 0), dims(17, 37)),
            new Row("transpose batch", in -> Ops.permute(in.getFirst(), 0, 2, 1), dims(3, 17, 5)),
            new Row("permute", in -> Ops.permute(in.getFirst(), 3, 1, 0, 2), dims(2, 3, 5, 7)),
            new Row("permute ones", in -> Ops.permute(in.getFirst(), 1, 2, 0), dims(1, 5, 1)),
            new Row("permute nothing", in -> Ops.permute(in.getFirst(), 1, 0), dims(0, 3)),
            new Row("slice", in -> slice(in.getFirst(), List.of(1, 2), List.of(4, 17), List.of(1, 1)), dims(5, 19)),
            new Row("slice steps", in -> slice(in.getFirst(), List.of(0, 1), List.of(5, 18), List.of(2, 3)), dims(5, 19)),
            new Row("slice to nothing", in -> slice(in.getFirst(), List.of(2, 0), List.of(2, 3), List.of(1, 2)), dims(4, 3)),
            new Row("slice one", in -> slice(in.getFirst(), List.of(66), List.of(67), List.of(5)), dims(67)),
            new Row("flip", in -> Ops.flip(in.getFirst(), 0), dims(67)),
            new Row("flip inner", in -> Ops.flip(in.getFirst(), 1), dims(3, 19)),
            new Row("flip some", in -> Ops.flip(in.getFirst(), 0, 2), dims(3, 4, 5)),
            new Row("flip nothing", in -> Ops.flip(in.getFirst(), 0), dims(0, 2)),
            new Row("pad", in -> pad(in, List.of(1, 0), List.of(2, 3), List.of(0, 0)), dims(3, 5), dims()),
            new Row("pad inside", in -> pad(in, List.of(0, 2), List.of(1, 0), List.of(2, 1)), dims(3, 5), dims()),
            new Row("pad nothing", in -> pad(in, List.of(1, 2), List.of(1, 0), List.of(3, 0)), dims(0, 2), dims()),
            new Row("pad one", in -> pad(in, List.of(3), List.of(4), List.of(5)), dims(1), dims()),
            new Row("concat", in -> Ops.concat(0, in), dims(2, 3), dims(5, 3), dims(1, 3)),
            new Row("concat inner", in -> Ops.concat(1, in), dims(3, 7), dims(3, 1), dims(3, 0), dims(3, 19)),
            new Row("concat middle", in -> Ops.concat(1, in), dims(2, 3, 5), dims(2, 2, 5)),
            new Row("concat same", in -> Ops.concat(0, List.of(in.getFirst(), in.getFirst())), dims(7)),
            new Row("concat one", in -> Node.of(new Op.Concat(0), in.getFirst()), dims(7)),
            new Row("concat nothing", in -> Ops.concat(1, in), dims(0, 3), dims(0, 2)));

    private LayoutCases() {}

    static Stream<OpCase> all() {
        Stream<OpCase> bits = Stream.of(FLOAT32, BFLOAT16, UINT8, INT64, BOOL)
                .flatMap(dtype -> ROWS.stream().map(row -> row(row, dtype, ANY)));
        return Stream.concat(bits, ROWS.stream().map(row -> row(row, FLOAT64, MEDIUM)));
    }

    private static OpCase row(Row row, DType dtype, Domain domain) {
        Argument[] arguments = Stream.of(row.shapes()).map(dims -> Argument.of(dtype, domain, dims)).toArray(Argument[]::new);
        return OpCase.of(row.name(), BITS, row.build(), arguments);
    }

    private static Node slice(Node x, List<Integer> start, List<Integer> limit, List<Integer> step) {
        return Node.of(new Op.Slice(start, limit, step), x);
    }

    private static Node pad(List<Node> in, List<Integer> low, List<Integer> high, List<Integer> inner) {
        return Node.of(new Op.Pad(low, high, inner), in.get(0), in.get(1));
    }

    private static int[] dims(int... dims) {
        return dims;
    }
}
