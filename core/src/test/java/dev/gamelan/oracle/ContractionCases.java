package dev.gamelan.oracle;

import static dev.gamelan.oracle.Domain.ANY;
import static dev.gamelan.oracle.Domain.MEDIUM;
import static dev.gamelan.oracle.Exactness.ACCUMULATED;
import static dev.gamelan.shape.DType.FLOAT32;
import static dev.gamelan.shape.DType.FLOAT64;
import static dev.gamelan.shape.DType.INT32;
import static dev.gamelan.shape.DType.INT64;
import static dev.gamelan.shape.DType.INT8;
import static dev.gamelan.shape.DType.UINT8;

import dev.gamelan.ir.Ops;
import dev.gamelan.oracle.OpCase.Argument;
import dev.gamelan.shape.DType;
import java.util.List;
import java.util.stream.Stream;

/** Products of matrices. */
final class ContractionCases {

    private record Product(int[] a, int... b) {}

    private static final List<Product> PRODUCTS = List.of(new Product(new int[] {3, 4}, 4, 5), new Product(new int[] {1, 1}, 1, 1),
            new Product(new int[] {0, 4}, 4, 5), new Product(new int[] {3, 0}, 0, 5), new Product(new int[] {3, 4}, 4, 0),
            new Product(new int[] {1, 257}, 257, 3), new Product(new int[] {129, 7}, 7, 31), new Product(new int[] {17, 1}, 1, 13),
            new Product(new int[] {2, 3, 7, 5}, 2, 3, 5, 1), new Product(new int[] {4, 2, 3}, 4, 3, 2),
            new Product(new int[] {0, 2, 3}, 0, 3, 2),
            new Product(new int[] {5, 2, 3}, 3, 4), new Product(new int[] {1, 67}, 67, 1), new Product(new int[] {16, 16}, 16, 48));

    private static final List<Product> LARGE = List.of(new Product(new int[] {64, 64}, 64, 64), new Product(new int[] {17, 333}, 333, 65),
            new Product(new int[] {130, 67}, 67, 100), new Product(new int[] {3, 33, 40}, 3, 40, 50));

    private ContractionCases() {}

    static Stream<OpCase> all() {
        Stream<OpCase> products = Stream.of(FLOAT32, FLOAT64, INT8, UINT8, INT32, INT64)
                .flatMap(dtype -> PRODUCTS.stream().map(p -> product(dtype, p.a(), p.b())));
        Stream<OpCase> large = LARGE.stream().map(p -> product(FLOAT32, p.a(), p.b()));
        Stream<OpCase> transposed = Stream.of(FLOAT32, FLOAT64).flatMap(dtype -> Stream.of(
                OpCase.of("matmul a^T b", ACCUMULATED, in -> Ops.matmul(Ops.transpose(in.get(0)), in.get(1)),
                        Argument.of(dtype, MEDIUM, 7, 19), Argument.of(dtype, MEDIUM, 7, 5)),
                OpCase.of("matmul a b^T", ACCUMULATED, in -> Ops.matmul(in.get(0), Ops.transpose(in.get(1))),
                        Argument.of(dtype, MEDIUM, 7, 19), Argument.of(dtype, MEDIUM, 5, 19)),
                OpCase.of("matmul a a^T", ACCUMULATED, in -> Ops.matmul(in.get(0), Ops.transpose(in.get(0))),
                        Argument.of(dtype, MEDIUM, 2, 7, 19)),
                OpCase.of("matmul of heads", ACCUMULATED,
                        in -> Ops.matmul(Ops.permute(in.get(0), 0, 2, 1, 3), Ops.permute(in.get(1), 0, 2, 3, 1)),
                        Argument.of(dtype, MEDIUM, 2, 5, 3, 4), Argument.of(dtype, MEDIUM, 2, 7, 3, 4))));
        return Stream.of(products, large, transposed).flatMap(s -> s);
    }

    private static OpCase product(DType dtype, int[] a, int... b) {
        Domain domain = dtype.isFloating() ? MEDIUM : ANY;
        return OpCase.of("matmul", ACCUMULATED, in -> Ops.matmul(in.get(0), in.get(1)), Argument.of(dtype, domain, a),
                Argument.of(dtype, domain, b));
    }
}
