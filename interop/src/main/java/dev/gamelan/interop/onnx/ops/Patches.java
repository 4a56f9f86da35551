package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Operators on the patches that a kernel sees. */
final class Patches {

    private Patches() {}

    static void register(Registry r) {
        r.op("Col2Im", Patches::image);
        r.op("DeformConv", Patches::deformed);
    }

    /** (batch, channels * kernel, patches) -> (batch, channels, spatial...): patches added where they lie. */
    private static List<Value> image(Call c) {
        boolean flags = c.tensor(0).dtype() == DType.BOOL;
        Tensor x = flags ? c.tensor(0).cast(DType.INT32) : c.tensor(0);
        Shape image = c.shape(1);
        Shape kernel = c.shape(2);
        int rank = image.rank();
        int[] strides = c.attributeInts("strides").orElseGet(() -> Windows.filled(rank, 1));
        int[] dilations = c.attributeInts("dilations").orElseGet(() -> Windows.filled(rank, 1));
        int[] pads = c.attributeInts("pads").orElseGet(() -> new int[2 * rank]);
        int[] counts = new int[rank];
        int[] padded = new int[rank];
        for (int i = 0; i < rank; i++) {
            padded[i] = image.dim(i) + pads[i] + pads[i + rank];
            counts[i] = (padded[i] - dilations[i] * (kernel.dim(i) - 1) - 1) / strides[i] + 1;
        }
        c.room((double) kernel.size() * Shape.of(counts).size(), Integer.BYTES);
        int[] places = places(Shape.of(padded), kernel, Shape.of(counts), strides, dilations);
        int channels = x.dim(1) / kernel.length();
        Tensor flat = x.reshape(x.dim(0) * channels, places.length).transpose();
        Tensor zeros = Tensor.zeros(x.dtype(), Shape.of(Shape.of(padded).length(), flat.dim(1)));
        Tensor sum = zeros.scatterAdd(0, Tensor.ofInts(places), flat).transpose();
        Tensor result = sum.reshape(Shape.of(x.dim(0), channels).concat(Shape.of(padded)));
        for (int i = 0; i < rank; i++) {
            result = result.slice(i + 2, pads[i], pads[i] + image.dim(i));
        }
        return flags ? c.same(result.ne(0)) : c.arithmetic(result);
    }

    /** Where each element of each patch lies, kernel first. */
    private static int[] places(Shape padded, Shape kernel, Shape counts, int[] strides, int[] dilations) {
        int[] result = new int[kernel.length() * counts.length()];
        for (int k = 0; k < kernel.length(); k++) {
            for (int p = 0; p < counts.length(); p++) {
                int place = 0;
                for (int i = 0; i < kernel.rank(); i++) {
                    int offset = k / kernel.strides()[i] % kernel.dim(i) * dilations[i];
                    place += (p / counts.strides()[i] % counts.dim(i) * strides[i] + offset) * padded.strides()[i];
                }
                result[k * counts.length() + p] = place;
            }
        }
        return result;
    }

    /**
     * Convolution whose kernel elements read at computed offsets (Dai et al., 2017; masks: Zhu et al., 2019). Inputs: x
     * (batch, in, h, w), w (out, in / groups, kh, kw), offsets (batch, groups * kh * kw * 2, oh, ow), bias, mask.
     */
    private static List<Value> deformed(Call c) {
        Tensor x = c.tensor(0);
        Tensor w = c.tensor(1);
        int groups = c.attribute("group", 1);
        int offsetGroups = c.attribute("offset_group", 1);
        int taps = w.dim(2) * w.dim(3);
        int batch = x.dim(0);
        int[] strides = c.attributeInts("strides").orElseGet(() -> Windows.filled(2, 1));
        int[] dilations = c.attributeInts("dilations").orElseGet(() -> Windows.filled(2, 1));
        int[] pads = c.attributeInts("pads").orElseGet(() -> new int[4]);
        Shape output = Shape.of(c.tensor(2).dim(2), c.tensor(2).dim(3));
        Tensor offsets = c.tensor(2).reshape(Shape.of(batch, offsetGroups, taps, 2).concat(output));
        List<Tensor> read = new ArrayList<>();
        int perGroup = x.dim(1) / offsetGroups;
        for (int g = 0; g < offsetGroups; g++) {
            Tensor part = x.slice(1, g * perGroup, (g + 1) * perGroup);
            for (int tap = 0; tap < taps; tap++) {
                Tensor own = offsets.select(1, g).select(1, tap);
                Tensor y = Grid.places(output, 0).cast(x.dtype()).mul(strides[0]).add(tap / w.dim(3) * dilations[0] - pads[0])
                        .add(own.select(1, 0));
                Tensor z = Grid.places(output, 1).cast(x.dtype()).mul(strides[1]).add(tap % w.dim(3) * dilations[1] - pads[1])
                        .add(own.select(1, 1));
                Tensor value = Sampling.linear(part, y, z);
                read.add(c.has(4) ? value.mul(c.tensor(4).slice(1, g * taps + tap, g * taps + tap + 1)) : value);
            }
        }
        // (batch, in, taps, oh, ow), then a product for each group.
        List<Tensor> channels = IntStream.range(0, offsetGroups)
                .mapToObj(g -> Tensors.stack(2, read.subList(g * taps, (g + 1) * taps))).toList();
        Tensor columns = Tensors.concat(1, channels).reshape(batch, groups, x.dim(1) / groups * taps, output.length());
        Tensor kernel = w.reshape(1, groups, w.dim(0) / groups, w.dim(1) * taps);
        Tensor product = kernel.broadcastTo(batch, groups, w.dim(0) / groups, w.dim(1) * taps).matmul(columns);
        Tensor result = product.reshape(Shape.of(batch, w.dim(0)).concat(output));
        return c.same(c.has(3) ? result.add(Grid.channels(c.tensor(3), 4)) : result);
    }
}
