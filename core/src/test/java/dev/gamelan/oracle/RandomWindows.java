package dev.gamelan.oracle;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Random;
import java.util.function.IntSupplier;
import java.util.stream.IntStream;

/** A random convolution or pooling. */
final class RandomWindows {

    private final RandomGraphs graphs;
    private final Random random;

    RandomWindows(RandomGraphs graphs) {
        this.graphs = graphs;
        this.random = graphs.random();
    }

    private Node picture() {
        return graphs.find(node -> node.dtype().isFloating() && node.shape().rank() >= 3 && node.shape().rank() <= 5
                && node.shape().dim(-1) <= 40 && random.nextInt(3) > 0).orElseGet(() -> graphs.input(graphs.floatingDType(), shape()));
    }

    private Shape shape() {
        Shape shape = Shape.of(random.nextInt(1, 4));
        for (int i = random.nextInt(4) == 0 ? random.nextInt(1, 4) : 2; i > 0; i--) {
            shape = shape.insert(-1, random.nextInt(3, 9));
        }
        return shape.insert(-1, random.nextInt(1, 10));
    }

    /** Convolution, or the gradient of one. */
    Node conv() {
        Node x = picture();
        int channels = x.shape().dim(-1);
        int groups = channels > 0 && random.nextInt(4) == 0 ? channels % 2 == 0 ? 2 : channels : 1;
        Shape kernel = kernel(x);
        Window window = window(kernel.rank());
        Shape spatial = x.shape().slice(1, x.shape().rank() - 1);
        Type weight = new Type(x.dtype(), kernel.concat(Shape.of(channels / groups, groups * random.nextInt(1, 7))));
        return switch (random.nextInt(3)) {
            case 0 -> Node.of(new Op.Conv(window, groups), x, graphs.input(weight, Domain.UNIT));
            case 1 -> {
                Shape y = Shape.of(x.shape().dim(0)).concat(window.output(spatial, kernel)).concat(Shape.of(weight.shape().dim(-1)));
                yield Node.of(new Op.ConvKernelGradient(window, groups, kernel), x, graphs.input(x.type().with(y), Domain.UNIT));
            }
            default -> {
                Node w = graphs.input(weight, Domain.UNIT);
                Node y = Ops.mul(Node.of(new Op.Conv(window, groups), x, w), 0.125);
                yield Node.of(new Op.ConvInputGradient(window, groups, spatial), y, w);
            }
        };
    }

    /** Pooling, or the gradient of one. */
    Node pool() {
        Node x = picture();
        Shape size = kernel(x);
        Window window = window(size.rank());
        Shape spatial = x.shape().slice(1, x.shape().rank() - 1);
        Type y = x.type().with(Shape.of(x.shape().dim(0)).concat(window.output(spatial, size)).concat(Shape.of(x.shape().dim(-1))));
        return switch (random.nextInt(6)) {
            case 0 -> Node.of(new Op.MaxPoolGradient(size, window), x, graphs.input(y, Domain.UNIT));
            case 1 -> Node.of(new Op.MaxPoolPick(size, window), x, graphs.input(x.type(), Domain.UNIT));
            case 2 -> Node.of(new Op.SumPoolGradient(size, window, spatial), graphs.input(y, Domain.UNIT));
            case 3 -> Node.of(new Op.SumPool(size, window), x);
            default -> Node.of(new Op.MaxPool(size, window), x);
        };
    }

    private Shape kernel(Node x) {
        int rank = x.shape().rank() - 2;
        boolean usual = random.nextBoolean();
        return Shape.of(IntStream.range(0, rank).map(i -> usual ? 3 : random.nextInt(1, 4)).toArray());
    }

    private Window window(int rank) {
        boolean usual = random.nextBoolean();
        return new Window(list(rank, () -> usual ? 1 : random.nextInt(1, 4)), list(rank, () -> usual ? 1 : random.nextInt(-1, 3)),
                list(rank, () -> usual ? 1 : random.nextInt(-1, 3)), list(rank, () -> usual ? 1 : random.nextInt(1, 3)));
    }

    private static List<Integer> list(int rank, IntSupplier value) {
        return IntStream.range(0, rank).mapToObj(i -> value.getAsInt()).toList();
    }
}
