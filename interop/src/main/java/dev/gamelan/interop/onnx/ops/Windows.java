package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Convolution. ONNX has the channels first, the tensor language has them last: the compiler removes what cancels. */
final class Windows {

    private Windows() {}

    static void register(Registry r) {
        r.op("Conv", Windows::conv).op("ConvTranspose", Windows::convTranspose);
        r.op("ConvInteger", Windows::convInteger).op("QLinearConv", Windows::quantizedConv);
    }

    /** (out, in / groups, spatial...) -> (spatial..., in / groups, out). */
    private static Tensor kernel(Tensor w) {
        int[] order = new int[w.rank()];
        for (int i = 2; i < w.rank(); i++) {
            order[i - 2] = i;
        }
        order[w.rank() - 2] = 1;
        order[w.rank() - 1] = 0;
        return w.permute(order);
    }

    /** How the windows of a node lie, for a kernel of some spatial extents. */
    static Window window(Call c, Shape input, Shape kernel) {
        int rank = kernel.rank();
        int[] strides = c.attributeInts("strides").orElseGet(() -> filled(rank, 1));
        int[] dilations = c.attributeInts("dilations").orElseGet(() -> filled(rank, 1));
        int[] pads = c.attributeInts("pads").orElseGet(() -> new int[2 * rank]);
        String auto = c.attribute("auto_pad", "NOTSET");
        return switch (auto) {
            case "NOTSET", "" ->
                    dev.gamelan.tensor.Windows.of(strides, Arrays.copyOf(pads, rank), Arrays.copyOfRange(pads, rank, 2 * rank), dilations);
            case "VALID" -> dev.gamelan.tensor.Windows.of(strides, new int[rank], new int[rank], dilations);
            case "SAME_UPPER", "SAME_LOWER" -> {
                Window same = dev.gamelan.tensor.Windows.same(input, kernel, strides, dilations);
                boolean upper = auto.equals("SAME_UPPER");
                yield new Window(same.stride(), upper ? same.padLow() : same.padHigh(), upper ? same.padHigh() : same.padLow(),
                        same.dilation());
            }
            default -> throw Call.unsupported("auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER", auto);
        };
    }

    static int[] filled(int length, int value) {
        int[] result = new int[length];
        Arrays.fill(result, value);
        return result;
    }

    static Shape spatial(Tensor x) {
        return x.shape().slice(2, x.rank());
    }

    static List<Value> conv(Call c) {
        Tensor w = c.tensor(1);
        Tensor y = conv(c, c.tensor(0), c.prepared(1, "kernel", Windows::kernel), spatial(w));
        return c.same(Grid.toFirst(c.has(2) ? y.add(c.tensor(2)) : y));
    }

    /** Channels first in, channels last out. */
    private static Tensor conv(Call c, Tensor x, Tensor kernel, Shape extents) {
        return Tensors.conv(Grid.toLast(x), kernel, window(c, spatial(x), extents), c.attribute("group", 1));
    }

    // ---- transposed ------------------------------------------------------------------------------------------------

    private static List<Value> convTranspose(Call c) {
        return convTranspose(c, 2, c.attributeInts("pads"));
    }

    /** @param bias the input that is added, if it is there */
    static List<Value> convTranspose(Call c, int bias, Optional<int[]> padding) {
        Tensor x = c.tensor(0);
        Tensor w = c.tensor(1);
        Shape extents = spatial(w);
        int groups = c.attribute("group", 1);
        Tensor kernel = transposedKernel(c.prepared(1, "kernel", Windows::kernel), groups);
        int rank = extents.rank();
        int[] strides = c.attributeInts("strides").orElseGet(() -> filled(rank, 1));
        int[] dilations = c.attributeInts("dilations").orElseGet(() -> filled(rank, 1));
        int[] more = c.attributeInts("output_padding").orElseGet(() -> new int[rank]);
        int[][] pads = transposedPads(c, padding, spatial(x), extents, strides, dilations, more);
        Window window = dev.gamelan.tensor.Windows.of(strides, pads[0], pads[1], dilations);
        Tensor y = Tensors.convTranspose(Grid.toLast(x), kernel, window, groups, more);
        return c.same(Grid.toFirst(c.has(bias) ? y.add(c.tensor(bias)) : y));
    }

    /**
     * (spatial..., out / groups, in), which is how the compiler takes the kernel of a transposed convolution, -> (spatial..., in / groups, out), which is how
     * the tensor language does: what it turns back is what lies there already, so nothing is copied in a run.
     */
    private static Tensor transposedKernel(Tensor w, int groups) {
        int rank = w.rank();
        Shape spatial = w.shape().slice(0, rank - 2);
        int out = w.dim(-2);
        int in = w.dim(-1) / groups;
        int[] order = IntStream.rangeClosed(0, rank).toArray();
        order[rank - 2] = rank;
        order[rank] = rank - 2;
        return w.reshape(spatial.concat(Shape.of(out, groups, in))).permute(order).reshape(spatial.concat(Shape.of(in, groups * out)));
    }

    private static int[][] transposedPads(Call c, Optional<int[]> padding, Shape input, Shape kernel, int[] strides, int[] dilations,
            int[] more) {
        int rank = strides.length;
        String auto = c.attribute("auto_pad", "NOTSET");
        int[] pads = padding.orElseGet(() -> new int[2 * rank]);
        boolean given = c.hasAttribute("output_shape");
        if (auto.equals("VALID") || !given && !auto.startsWith("SAME")) {
            int[] used = auto.equals("VALID") ? new int[2 * rank] : pads;
            return new int[][] {Arrays.copyOf(used, rank), Arrays.copyOfRange(used, rank, 2 * rank)};
        }
        int[] wanted = given ? c.attributeInts("output_shape").orElseThrow()
                : IntStream.range(0, rank).map(i -> input.dim(i) * strides[i]).toArray();
        int[] low = new int[rank];
        int[] high = new int[rank];
        for (int i = 0; i < rank; i++) {
            int extent = wanted[wanted.length - rank + i];
            int total = (input.dim(i) - 1) * strides[i] + more[i] + (kernel.dim(i) - 1) * dilations[i] + 1 - extent;
            int half = Math.floorDiv(total, 2);
            low[i] = auto.equals("SAME_UPPER") ? half : total - half;
            high[i] = total - low[i];
        }
        return new int[][] {low, high};
    }

    // ---- integers --------------------------------------------------------------------------------------------------

    /** 8-bit integers less their zero points, exact in FLOAT64. */
    private static Tensor exact(Call c, int x, int w, Tensor xZero, Tensor wZero) {
        DType type = 255.0 * 255 * c.tensor(w).size() / Math.max(1, c.tensor(w).dim(0)) < 0x1p24 ? DType.FLOAT32 : DType.FLOAT64;
        Tensor kernel = c.tensor(w).cast(type).sub(wZero.cast(type).size() == 1 ? wZero.cast(type).reshape(Shape.SCALAR)
                : Grid.along(wZero.cast(type), 0, c.tensor(w).rank()));
        Tensor input = c.tensor(x).cast(type).sub(xZero.cast(type).reshape(Shape.SCALAR));
        return conv(c, input, kernel(kernel), spatial(c.tensor(w)));
    }

    private static List<Value> convInteger(Call c) {
        Tensor none = Tensor.scalar(DType.INT32, 0);
        Tensor y = exact(c, 0, 1, c.has(2) ? c.tensor(2) : none, c.has(3) ? c.tensor(3) : none);
        return Call.one(ElementType.INT32, Grid.toFirst(y.cast(DType.INT32)));
    }

    /** Inputs: x, scale, zero, w, scale, zero, scale of y, zero of y, bias. */
    static List<Value> quantizedConv(Call c) {
        Tensor product = exact(c, 0, 3, c.tensor(2), c.tensor(5));
        Tensor sum = c.has(8) ? product.add(c.tensor(8).cast(product.dtype())) : product;
        Tensor scale = c.tensor(1).reshape(Shape.SCALAR).mul(c.tensor(4).size() == 1 ? c.tensor(4).reshape(Shape.SCALAR) : c.tensor(4))
                .div(c.tensor(6).reshape(Shape.SCALAR));
        Tensor y = sum.cast(DType.FLOAT32).mul(scale).round().add(c.tensor(7).reshape(Shape.SCALAR).cast(DType.FLOAT32));
        return Call.one(c.type(7), Grid.toFirst(Quantization.saturated(y, c.type(7))));
    }
}
