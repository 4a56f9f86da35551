package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/** Normalization. */
final class Norms {

    private Norms() {}

    static void register(Registry r) {
        r.op("BatchNormalization", Norms::batch);
        r.op("InstanceNormalization", Norms::instance);
        r.op("LayerNormalization", Norms::layer);
        r.op("RMSNormalization", c -> c.same(rms(c, c.attribute("axis", -1))));
        r.op("GroupNormalization", 1, c -> group(c, false)).op("GroupNormalization", 21, c -> group(c, true));
        r.op("LpNormalization", Norms::lp);
        r.op("LRN", Norms::localResponse);
        r.op("MeanVarianceNormalization", Norms::meanVariance);
    }

    private static List<Value> batch(Call c) {
        Tensor x = c.tensor(0);
        double epsilon = c.attribute("epsilon", 1e-5);
        boolean training = c.version() >= 14 ? c.flag("training_mode", false)
                : c.version() >= 7 ? c.wants(1) : !c.flag("is_test", false);
        DType type = x.dtype();
        // PyTorch's exporter makes one initializer of a shift and a mean of the same values; the mean is not learned.
        Tensor mean = c.numbers(3).fixed().cast(type);
        Tensor variance = c.numbers(4).fixed().cast(type);
        if (!training) {
            return c.same(affine(c, x, mean, variance, epsilon));
        }
        Axes others = Axes.of(IntStream.range(0, x.rank()).filter(i -> i != 1).toArray());
        Tensor ownMean = x.mean(others);
        Tensor ownVariance = x.variance(others);
        double momentum = c.attribute("momentum", 0.9);
        Tensor y = affine(c, x, ownMean, ownVariance, epsilon);
        return List.of(Value.of(c.type(0), y), Value.of(c.type(3), running(c.tensor(3), ownMean, momentum)),
                Value.of(c.type(4), running(c.tensor(4), ownVariance, momentum)), Value.of(c.type(3), ownMean.cast(c.tensor(3).dtype())),
                Value.of(c.type(4), ownVariance.cast(c.tensor(4).dtype())));
    }

    private static Tensor running(Tensor before, Tensor now, double momentum) {
        return before.mul(momentum).add(now.cast(before.dtype()).mul(1 - momentum));
    }

    /** One product and one sum for each element. */
    private static Tensor affine(Call c, Tensor x, Tensor mean, Tensor variance, double epsilon) {
        Tensor scale = c.tensor(1).cast(x.dtype()).div(variance.add(epsilon).sqrt());
        Tensor shift = c.tensor(2).cast(x.dtype()).sub(mean.mul(scale));
        if (IntStream.range(1, 5).allMatch(i -> c.numbers(i).knowledge() == Knowledge.MODEL)) {
            Host.settle(scale, true);
            Host.settle(shift, true);
        }
        if (ChannelsLast.isView(x)) {
            return Grid.toFirst(ChannelsLast.below(x).mul(scale).add(shift));
        }
        return x.mul(Grid.channels(scale, x.rank())).add(Grid.channels(shift, x.rank()));
    }

    private static Tensor normalized(Tensor x, Axes axes, double epsilon) {
        Axes kept = axes.keepDims();
        Tensor centered = x.sub(x.mean(kept));
        return centered.mul(x.variance(kept).add(epsilon).rsqrt());
    }

    private static List<Value> instance(Call c) {
        Tensor x = c.tensor(0);
        Tensor y = normalized(x, Axes.of(IntStream.range(2, x.rank()).toArray()), c.attribute("epsilon", 1e-5));
        return c.same(y.mul(Grid.channels(c.tensor(1), x.rank())).add(Grid.channels(c.tensor(2), x.rank())));
    }

    private static List<Value> layer(Call c) {
        return layer(c, c.tensor(0), 1, 2);
    }

    /** With the scale and bias among the inputs; outputs y, mean, one over the deviation. */
    static List<Value> layer(Call c, Tensor given, int scale, int bias) {
        List<Tensor> results = layered(c, given, scale, bias);
        return List.of(Value.of(c.type(0), results.get(0)), statistic(results.get(1)), statistic(results.get(2)));
    }

    /** ONNX computes the statistics of any type in FLOAT; here those of DOUBLE are only given as such. */
    private static Value statistic(Tensor x) {
        return Value.of(ElementType.FLOAT, x.cast(DType.FLOAT32));
    }

    static List<Tensor> layered(Call c, Tensor given, int scale, int bias) {
        Tensor x = given.cast(given.dtype() == DType.FLOAT64 ? DType.FLOAT64 : DType.FLOAT32);
        int axis = x.shape().axis(c.attribute("axis", -1));
        Axes axes = Axes.of(IntStream.range(axis, x.rank()).toArray()).keepDims();
        Tensor mean = x.mean(axes);
        Tensor centered = x.sub(mean);
        Tensor inverse = centered.square().mean(axes).add(c.attribute("epsilon", 1e-5)).rsqrt();
        Tensor y = centered.mul(inverse).cast(given.dtype()).mul(c.tensor(scale));
        return List.of(c.has(bias) ? y.add(c.tensor(bias)) : y, mean, inverse);
    }

    static Tensor rms(Call c, int first) {
        Tensor x = c.tensor(0);
        int axis = x.shape().axis(first);
        Axes axes = Axes.of(IntStream.range(axis, x.rank()).toArray()).keepDims();
        return x.mul(x.square().mean(axes).add(c.attribute("epsilon", 1e-5)).rsqrt()).mul(c.tensor(1).cast(x.dtype()));
    }

    /** Scale and bias are per group at first, later per channel. */
    private static List<Value> group(Call c, boolean perChannel) {
        Tensor x = c.tensor(0);
        int groups = c.attribute("num_groups", 1);
        Tensor y = grouped(x, groups, c.attribute("epsilon", 1e-5));
        Tensor scale = c.tensor(1);
        Tensor bias = c.tensor(2);
        if (!perChannel) {
            Tensor rows = y.reshape(x.dim(0), groups, -1);
            return c.same(rows.mul(scale.reshape(1, groups, 1)).add(bias.reshape(1, groups, 1)).reshape(x.shape()));
        }
        return c.same(y.mul(Grid.channels(scale, x.rank())).add(Grid.channels(bias, x.rank())));
    }

    /** (batch, channels, ...), each group of channels over its own mean and deviation. */
    static Tensor grouped(Tensor x, int groups, double epsilon) {
        return normalized(x.reshape(x.dim(0), groups, -1), Axes.of(2), epsilon).reshape(x.shape());
    }

    private static List<Value> lp(Call c) {
        Tensor x = c.tensor(0);
        Axes axis = Axes.keep(c.attribute("axis", -1));
        Tensor norm = c.attribute("p", 2) == 1 ? x.abs().sum(axis) : Reductions.root(x.square().sum(axis));
        return c.same(x.div(norm.where(norm.ne(0), 1)));
    }

    /** Each element over the squares of its neighbors in other channels (Krizhevsky et al., 2012). */
    private static List<Value> localResponse(Call c) {
        Tensor x = c.tensor(0);
        int size = c.attribute("size", 1);
        int before = (size - 1) / 2;
        Tensor squares = x.square().pad(1, before, size - 1 - before);
        Tensor sum = squares.slice(1, 0, x.dim(1));
        for (int i = 1; i < size; i++) {
            sum = sum.add(squares.slice(1, i, i + x.dim(1)));
        }
        Tensor base = sum.mul(c.attribute("alpha", 1e-4) / size).add(c.attribute("bias", 1.0));
        return c.same(x.div(base.pow(c.attribute("beta", 0.75))));
    }

    private static List<Value> meanVariance(Call c) {
        Tensor x = c.tensor(0);
        Axes axes = Axes.keep(c.attributeInts("axes").orElse(new int[] {0, 2, 3}));
        Tensor centered = x.sub(x.mean(axes));
        return c.same(centered.div(centered.square().mean(axes).sqrt().add(1e-9)));
    }
}
