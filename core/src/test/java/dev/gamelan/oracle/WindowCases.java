package dev.gamelan.oracle;

import static dev.gamelan.oracle.Domain.DISTINCT;
import static dev.gamelan.oracle.Domain.MEDIUM;
import static dev.gamelan.oracle.Domain.TIES;
import static dev.gamelan.oracle.Exactness.ACCUMULATED;
import static dev.gamelan.oracle.Exactness.BITS;
import static dev.gamelan.oracle.Exactness.EXACT;
import static dev.gamelan.shape.DType.FLOAT32;
import static dev.gamelan.shape.DType.FLOAT64;
import static dev.gamelan.shape.DType.INT32;
import static dev.gamelan.shape.DType.INT8;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Window;
import dev.gamelan.oracle.OpCase.Argument;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;

/** Convolutions and pooling with their gradients. */
final class WindowCases {

    /** Extents of the input, of the kernel or the window, and how it slides. */
    private record Row(Shape x, Shape w, Window window, int groups) {

        Shape kernel() {
            return w.slice(0, window.rank());
        }

        Shape spatial() {
            return x.slice(1, x.rank() - 1);
        }

        Shape frame(int channels) {
            return Shape.of(x.dim(0)).concat(window.output(spatial(), kernel())).concat(Shape.of(channels));
        }
    }

    private static final List<Row> CONVOLUTIONS = List.of(
            conv(shape(2, 7, 3), shape(3, 3, 4), 1, 0, 0, 1, 1), conv(shape(1, 19, 1), shape(5, 1, 1), 2, 3, 1, 1, 1),
            conv(shape(2, 11, 4), shape(2, 2, 6), 3, 2, 0, 4, 2), conv(shape(2, 8, 3), shape(1, 3, 5), 1, 0, 0, 1, 1),
            conv(shape(2, 6, 5, 3), shape(3, 3, 3, 4), 1, 1, 1, 1, 1), conv(shape(1, 13, 11, 8), shape(3, 3, 8, 16), 1, 1, 1, 1, 1),
            conv(shape(2, 7, 7, 3), shape(3, 3, 3, 5), 2, 1, 1, 1, 1), conv(shape(1, 9, 8, 2), shape(3, 2, 2, 3), 1, 2, 2, 2, 1),
            conv(shape(1, 5, 6, 6), shape(3, 3, 1, 6), 1, 1, 1, 1, 6), conv(shape(1, 5, 6, 3), shape(3, 3, 1, 6), 2, 1, 0, 1, 3),
            conv(shape(2, 5, 5, 4), shape(3, 3, 2, 6), 1, 1, 1, 1, 2), conv(shape(3, 4, 5, 7), shape(1, 1, 7, 2), 1, 0, 0, 1, 1),
            conv(shape(2, 6, 6, 3), shape(1, 1, 3, 2), 2, 0, 0, 1, 1), conv(shape(1, 8, 9, 2), shape(3, 3, 2, 2), 1, -1, -2, 1, 1),
            conv(shape(1, 8, 8, 2), shape(2, 2, 2, 2), 3, -2, 1, 2, 1), conv(shape(0, 5, 5, 2), shape(3, 3, 2, 3), 1, 1, 1, 1, 1),
            conv(shape(2, 5, 5, 0), shape(3, 3, 0, 3), 1, 1, 1, 1, 1), conv(shape(2, 5, 5, 2), shape(3, 3, 2, 0), 1, 1, 1, 1, 1),
            conv(shape(1, 1, 1, 1), shape(1, 1, 1, 1), 1, 0, 0, 1, 1), conv(shape(1, 3, 3, 2), shape(3, 3, 2, 2), 5, 0, 0, 1, 1),
            conv(shape(1, 2, 2, 2), shape(5, 5, 2, 2), 1, 2, 2, 1, 1), conv(shape(1, 4, 4, 2), shape(2, 2, 2, 3), 1, 4, 4, 1, 1),
            conv(shape(1, 3, 4, 5, 2), shape(2, 3, 2, 2, 3), 1, 1, 0, 1, 1),
            conv(shape(2, 4, 4, 4, 4), shape(2, 2, 2, 2, 2), 2, 0, 1, 1, 2),
            new Row(shape(1, 7, 9, 2), shape(3, 1, 2, 3), new Window(List.of(2, 1), List.of(1, 0), List.of(0, 3), List.of(1, 2)), 1));

    private static final List<Row> POOLS = List.of(
            conv(shape(2, 7, 3), shape(2), 2, 0, 0, 1, 1), conv(shape(1, 19, 1), shape(5), 1, 2, 2, 1, 1),
            conv(shape(2, 6, 8, 3), shape(2, 2), 2, 0, 0, 1, 1), conv(shape(1, 7, 7, 17), shape(3, 3), 2, 1, 1, 1, 1),
            conv(shape(1, 9, 8, 2), shape(2, 3), 1, 1, 0, 2, 1), conv(shape(1, 5, 5, 2), shape(1, 1), 3, 0, 0, 1, 1),
            conv(shape(1, 4, 6, 2), shape(2, 2), 1, 3, 2, 1, 1), conv(shape(1, 7, 7, 2), shape(2, 2), 2, -1, -2, 1, 1),
            conv(shape(0, 4, 4, 2), shape(2, 2), 2, 0, 0, 1, 1), conv(shape(2, 4, 4, 0), shape(2, 2), 2, 0, 0, 1, 1),
            conv(shape(1, 0, 4, 2), shape(2, 2), 2, 1, 1, 1, 1), conv(shape(1, 4, 3, 5, 2), shape(2, 3, 2), 1, 0, 1, 1, 1),
            conv(shape(3, 7, 7, 5), shape(7, 7), 7, 0, 0, 1, 1));

    private WindowCases() {}

    static Stream<OpCase> all() {
        Stream<OpCase> convolutions = Stream.of(FLOAT32, FLOAT64)
                .flatMap(dtype -> CONVOLUTIONS.stream().flatMap(row -> convolutions(row, dtype)));
        Stream<OpCase> pools = Stream.of(FLOAT32, FLOAT64).flatMap(dtype -> POOLS.stream().flatMap(row -> Stream.of(
                maxPools(row, dtype, DISTINCT), maxPools(row, dtype, TIES), sumPools(row, dtype)).flatMap(s -> s)));
        Stream<OpCase> integers = Stream.of(INT8, INT32).flatMap(dtype -> POOLS.stream().flatMap(row -> maxPools(row, dtype, TIES)));
        return Stream.of(convolutions, pools, integers).flatMap(s -> s);
    }

    private static Stream<OpCase> convolutions(Row row, DType dtype) {
        Argument x = new Argument(new Type(dtype, row.x()), MEDIUM);
        Argument w = new Argument(new Type(dtype, row.w()), MEDIUM);
        Argument y = new Argument(new Type(dtype, row.frame(row.w().dim(-1))), MEDIUM);
        String how = " " + row.window() + " groups " + row.groups();
        return Stream.of(
                OpCase.of("conv" + how, ACCUMULATED, in -> Node.of(new Op.Conv(row.window(), row.groups()), in.get(0), in.get(1)), x, w),
                OpCase.of("conv input gradient" + how, ACCUMULATED,
                        in -> Node.of(new Op.ConvInputGradient(row.window(), row.groups(), row.spatial()), in.get(0), in.get(1)), y, w),
                OpCase.of("conv kernel gradient" + how, ACCUMULATED,
                        in -> Node.of(new Op.ConvKernelGradient(row.window(), row.groups(), row.kernel()), in.get(0), in.get(1)), x, y));
    }

    private static Stream<OpCase> maxPools(Row row, DType dtype, Domain domain) {
        Argument x = new Argument(new Type(dtype, row.x()), domain);
        Argument t = new Argument(x.type(), MEDIUM);
        Argument y = new Argument(new Type(dtype, row.frame(row.x().dim(-1))), MEDIUM);
        String how = " " + domain.name() + " " + row.w() + " " + row.window();
        return Stream.of(
                OpCase.of("max pool" + how, EXACT, in -> Node.of(new Op.MaxPool(row.w(), row.window()), in.getFirst()), x),
                OpCase.of("max pool gradient" + how, ACCUMULATED,
                        in -> Node.of(new Op.MaxPoolGradient(row.w(), row.window()), in.get(0), in.get(1)), x, y),
                OpCase.of("max pool pick" + how, BITS, in -> Node.of(new Op.MaxPoolPick(row.w(), row.window()), in.get(0), in.get(1)), x,
                        t));
    }

    private static Stream<OpCase> sumPools(Row row, DType dtype) {
        Argument x = new Argument(new Type(dtype, row.x()), MEDIUM);
        Argument y = new Argument(new Type(dtype, row.frame(row.x().dim(-1))), MEDIUM);
        return Stream.of(
                OpCase.of("sum pool " + row.w() + " " + row.window(), ACCUMULATED,
                        in -> Node.of(new Op.SumPool(row.w(), row.window()), in.getFirst()), x),
                OpCase.of("sum pool gradient " + row.w() + " " + row.window(), ACCUMULATED,
                        in -> Node.of(new Op.SumPoolGradient(row.w(), row.window(), row.spatial()), in.getFirst()), y));
    }

    private static Row conv(Shape x, Shape w, int stride, int low, int high, int dilation, int groups) {
        int rank = x.rank() - 2;
        return new Row(x, w, new Window(Collections.nCopies(rank, stride), Collections.nCopies(rank, low), Collections.nCopies(rank, high),
                Collections.nCopies(rank, dilation)), groups);
    }

    private static Shape shape(int... dims) {
        return Shape.of(dims);
    }
}
