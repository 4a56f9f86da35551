package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Operators of {@code com.microsoft.nchwc}, which ONNX Runtime leaves in a model that it saves after all of its optimizations. Its kernels
 * want the channels in blocks, of which the last is filled up. Here a tensor has them in their own order, with those that fill it up, as
 * results in blocks never leave a model; only kernels lie in blocks in the file.
 */
final class Blocked {

    static final String DOMAIN = "com.microsoft.nchwc";

    private Blocked() {}

    static void register(Registry r) {
        op(r, "ReorderInput", c -> c.same(filled(channelsFirst(c), c.channelBlock())));
        op(r, "ReorderOutput", Blocked::output);
        op(r, "Conv", Blocked::conv);
        op(r, "Upsample", Blocked::upsample);
        for (String name : List.of("MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool")) {
            r.alias(DOMAIN, name, 12);
        }
    }

    private static void op(Registry r, String name, Operator operator) {
        r.op(DOMAIN, name, 1, operator);
    }

    private static Tensor channelsFirst(Call c) {
        return c.flag("channels_last", false) ? Grid.toFirst(c.tensor(0)) : c.tensor(0);
    }

    private static Tensor filled(Tensor x, int block) {
        int more = Math.ceilDiv(x.dim(1), block) * block - x.dim(1);
        return more == 0 ? x : ChannelsLast.along(x, 1, (y, axis) -> y.pad(axis, 0, more));
    }

    private static List<Value> output(Call c) {
        Tensor x = c.tensor(0);
        int channels = c.attribute("channels", x.dim(1));
        Tensor own = channels == x.dim(1) ? x : ChannelsLast.along(x, 1, (y, axis) -> y.slice(axis, 0, channels));
        return c.same(c.flag("channels_last", false) ? Grid.toLast(own) : own);
    }

    /** Inputs: x, w in blocks, bias, and what is added before the activation. */
    private static List<Value> conv(Call c) {
        int block = c.channelBlock();
        int groups = c.attribute("group", 1);
        Tensor w = c.prepared(1, "blocks of " + block, x -> kernel(x, block, groups));
        int channels = w.dim(1) * groups;
        Tensor x = c.tensor(0);
        Tensor taken = x.dim(1) > channels ? ChannelsLast.along(x, 1, (y, axis) -> y.slice(axis, 0, channels)) : x;
        List<Optional<Value>> inputs = new ArrayList<>(IntStream.range(0, c.inputs())
                .mapToObj(i -> c.has(i) ? Optional.of(c.value(i)) : Optional.<Value>empty()).toList());
        inputs.set(0, Optional.of(c.numbers(0).with(taken)));
        inputs.set(1, Optional.of(c.numbers(1).with(w)));
        return Microsoft.fusedConv(c.with(inputs));
    }

    /**
     * A kernel (out, in, h, w) as it lies in blocks of channels out, and of channels in within these, where there is a whole block of
     * them: (out / block, in / block, h, w, block in, block out), else (out / block, in, h, w, block out).
     */
    private static Tensor kernel(Tensor w, int block, int groups) {
        int out = w.dim(0);
        int in = w.dim(1);
        if (w.rank() != 4 || out % block != 0) {
            throw Call.unsupported("a kernel of 4 axes, whose channels are a multiple of " + block, w.shape().toString());
        }
        Shape extents = w.shape().slice(2, 4);
        if (groups > 1 && in == 1 || groups == 1 && in < block) {
            return w.reshape(Shape.of(out / block, in).concat(extents).concat(Shape.of(block))).permute(0, 4, 1, 2, 3).reshape(w.shape());
        }
        if (in % block != 0) {
            throw Call.unsupported("a kernel with a multiple of " + block + " channels", w.shape().toString());
        }
        return w.reshape(Shape.of(out / block, in / block).concat(extents).concat(Shape.of(block, block)))
                .permute(0, 5, 1, 4, 2, 3).reshape(w.shape());
    }

    /** Whole scales; the nearest element is the one before. */
    private static List<Value> upsample(Call c) {
        double[] scales = c.attributeInts("scales").map(each -> IntStream.of(each).asDoubleStream().toArray())
                .orElseThrow(() -> c.missing("scales"));
        boolean corner = c.attribute("coordinate_transformation_mode", "asymmetric").equals("asymmetric");
        if (corner || c.attribute("mode", "nearest").equals("nearest")) {
            return Resizing.upsample(c, scales);
        }
        Value each = Value.of(Tensor.of(scales));
        return Resizing.resize(c.with(List.of(Optional.of(c.value(0)), Optional.empty(), Optional.of(each))));
    }
}
