package dev.gamelan.ir;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.List;

/** Rules of convolution and pooling, channels last. */
final class WindowRules {

    private WindowRules() {}

    static Type conv(Op.Conv op, List<Type> in) {
        Type x = in.get(0);
        Type w = in.get(1);
        int rank = op.window().rank();
        checkRank("conv: wrong rank of the input", rank, x);
        checkRank("conv: wrong rank of the kernel", rank, w);
        Rules.sameDType("conv", x, w);
        Rules.floating("conv", x);
        checkGroups(op.groups(), x.shape().dim(-1), w.shape(), x.shape());
        Shape spatial = op.window().output(spatial(x.shape()), w.shape().slice(0, rank));
        return x.with(frame(x.shape().dim(0), spatial, w.shape().dim(-1)));
    }

    static Type inputGradient(Op.ConvInputGradient op, List<Type> in) {
        Type gy = in.get(0);
        Type w = in.get(1);
        Type x = gy.with(frame(gy.shape().dim(0), op.spatial(), w.shape().dim(-2) * op.groups()));
        agree("conv input gradient", conv(new Op.Conv(op.window(), op.groups()), List.of(x, w)), gy);
        return x;
    }

    static Type kernelGradient(Op.ConvKernelGradient op, List<Type> in) {
        Type x = in.get(0);
        Type gy = in.get(1);
        Shape kernel = op.spatial().concat(Shape.of(x.shape().dim(-1) / op.groups(), gy.shape().dim(-1)));
        agree("conv kernel gradient", conv(new Op.Conv(op.window(), op.groups()), List.of(x, x.with(kernel))), gy);
        return x.with(kernel);
    }

    static Type pool(Op op, Shape size, Window window, Type x) {
        checkRank("pooling: wrong rank of the input", window.rank(), x);
        if (size.rank() != window.rank() || size.size() == 0) {
            throw ShapeException.of("pooling: wrong window", window.rank() + " extents of at least 1", size.toString());
        }
        if (op instanceof Op.MaxPool) {
            Rules.numeric("max pooling", x);
        } else {
            Rules.floating("pooling", x);
        }
        return x.with(frame(x.shape().dim(0), window.output(spatial(x.shape()), size), x.shape().dim(-1)));
    }

    static Type maxPoolGradient(Op.MaxPoolGradient op, List<Type> in) {
        agree("max pooling gradient", pool(new Op.MaxPool(op.size(), op.window()), op.size(), op.window(), in.get(0)), in.get(1));
        return in.get(0);
    }

    static Type maxPoolPick(Op.MaxPoolPick op, List<Type> in) {
        Rules.same("max pooling pick", in.get(0), in.get(1));
        return pool(new Op.MaxPool(op.size(), op.window()), op.size(), op.window(), in.get(0));
    }

    static Type sumPoolGradient(Op.SumPoolGradient op, Type gy) {
        Type x = gy.with(frame(gy.shape().dim(0), op.spatial(), gy.shape().dim(-1)));
        agree("sum pooling gradient", pool(new Op.SumPool(op.size(), op.window()), op.size(), op.window(), x), gy);
        return x;
    }

    private static Shape spatial(Shape x) {
        return x.slice(1, x.rank() - 1);
    }

    private static Shape frame(int batch, Shape spatial, int channels) {
        return Shape.of(batch).concat(spatial).concat(Shape.of(channels));
    }

    private static void checkRank(String headline, int spatialRank, Type x) {
        if (x.shape().rank() != spatialRank + 2) {
            throw ShapeException.of(headline, "rank " + (spatialRank + 2) + " (" + spatialRank + " spatial axes, channels last)",
                    x.shape().toString());
        }
    }

    private static void checkGroups(int groups, int in, Shape w, Shape x) {
        int out = w.dim(-1);
        if (groups < 1 || in != w.dim(-2) * groups || out % groups != 0) {
            throw ShapeException.of("conv: channels do not fit",
                    "input (..., in) and kernel (..., in / groups, out), out divisible by groups",
                    x + " and " + w + " with " + groups + " groups");
        }
    }

    private static void agree(String op, Type expected, Type received) {
        if (!expected.equals(received)) {
            throw ShapeException.of(op + ": wrong gradient", expected.toString(), received.toString());
        }
    }
}
