package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/** Operators that ONNX had on trial in its first versions, and that old files still have. */
final class Legacy {

    private Legacy() {}

    static void register(Registry r) {
        r.op("Affine", c -> c.same(c.tensor(0).mul(c.attribute("alpha", 1.0)).add(c.attribute("beta", 0.0))));
        r.op("Scale", c -> c.same(c.tensor(0).mul(c.attribute("scale", 1.0))));
        r.op("ScaledTanh", c -> c.same(c.tensor(0).mul(c.attribute("beta", 1.0)).tanh().mul(c.attribute("alpha", 1.0))));
        r.op("ParametricSoftplus", c -> c.same(c.tensor(0).mul(c.attribute("beta", 1.0)).softplus().mul(c.attribute("alpha", 1.0))));
        r.op("ImageScaler", Legacy::scaledImage);
        r.op("Crop", Legacy::crop);
        r.op("DynamicSlice", c -> Parts.slice(c));
    }

    /** (batch, channels, h, w) times one scale, with a bias for each channel. */
    private static List<Value> scaledImage(Call c) {
        Tensor scaled = c.tensor(0).mul(c.attribute("scale", 1.0));
        return c.same(c.attributeDoubles("bias").map(bias -> scaled.add(Grid.channels(Tensor.of(bias), scaled.rank()))).orElse(scaled));
    }

    /** Without a border (left, top, right, bottom), or from its corner on as large as {@code scale} (h, w) says. */
    private static List<Value> crop(Call c) {
        Tensor x = c.tensor(0);
        int[] border = c.attributeInts("border").orElseGet(() -> new int[4]);
        int[] end = c.attributeInts("scale").map(scale -> IntStream.range(0, 2).map(i -> border[1 - i] + scale[i]).toArray())
                .orElseGet(() -> new int[] {x.dim(2) - border[3], x.dim(3) - border[2]});
        return c.same(x.slice(2, border[1], end[0]).slice(3, border[0], end[1]));
    }
}
