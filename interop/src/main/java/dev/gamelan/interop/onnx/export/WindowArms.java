package dev.gamelan.interop.onnx.export;

import static dev.gamelan.interop.onnx.export.Protos.attribute;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Convolution and pooling: channels last here, first there. */
final class WindowArms {

    private WindowArms() {}

    private static List<Integer> toFirst(int rank) {
        List<Integer> order = new ArrayList<>(List.of(0, rank - 1));
        IntStream.range(1, rank - 1).forEach(order::add);
        return order;
    }

    private static List<Integer> toLast(int rank) {
        List<Integer> order = new ArrayList<>(List.of(0));
        IntStream.range(2, rank).forEach(order::add);
        order.add(1);
        return order;
    }

    private static AttributeProto pads(Window window) {
        List<Integer> pads = new ArrayList<>();
        window.padLow().forEach(pad -> pads.add(Math.max(0, pad)));
        window.padHigh().forEach(pad -> pads.add(Math.max(0, pad)));
        return attribute("pads", pads);
    }

    /** Channels first; negative padding, which ONNX's windows do not have, cuts here. */
    private static String input(Writer w, Node x, Window window) {
        int rank = x.shape().rank();
        String first = w.transpose(w.name(x), toFirst(rank));
        boolean crops = IntStream.range(0, window.rank()).anyMatch(i -> window.padLow().get(i) < 0 || window.padHigh().get(i) < 0);
        if (!crops) {
            return first;
        }
        List<Integer> start = new ArrayList<>(List.of(0, 0));
        List<Integer> limit = new ArrayList<>(List.of(x.shape().dim(0), x.shape().dim(-1)));
        List<Integer> step = new ArrayList<>(List.of(1, 1));
        for (int i = 0; i < window.rank(); i++) {
            start.add(Math.max(0, -window.padLow().get(i)));
            limit.add(x.shape().dim(i + 1) - Math.max(0, -window.padHigh().get(i)));
            step.add(1);
        }
        return Arms.slice(w, first, start, limit, step);
    }

    /** Kernel (spatial..., in / groups, out). */
    static String conv(Writer w, Op.Conv op, List<Node> in) {
        int rank = in.getFirst().shape().rank();
        List<Integer> order = new ArrayList<>(List.of(rank - 1, rank - 2));
        IntStream.range(0, rank - 2).forEach(order::add);
        String kernel = w.transpose(w.name(in.get(1)), order);
        String y = w.add("Conv", List.of(input(w, in.getFirst(), op.window()), kernel), attribute("strides", op.window().stride()),
                attribute("dilations", op.window().dilation()), pads(op.window()), attribute("group", op.groups()));
        return w.transpose(y, toLast(rank));
    }

    /** The kernel of the convolution that this is the transpose of: (spatial..., out / groups, in). */
    static String transposed(Writer w, Op.ConvInputGradient op, List<Node> in) {
        Shape x = in.getFirst().shape();
        int rank = x.rank();
        List<Integer> order = new ArrayList<>(List.of(rank - 1, rank - 2));
        IntStream.range(0, rank - 2).forEach(order::add);
        String kernel = w.transpose(w.name(in.get(1)), order);
        Window window = op.window();
        List<Integer> more = new ArrayList<>();
        for (int i = 0; i < window.rank(); i++) {
            int least = (x.dim(i + 1) - 1) * window.stride().get(i) + (in.get(1).shape().dim(i) - 1) * window.dilation().get(i) + 1
                    - window.padLow().get(i) - window.padHigh().get(i);
            more.add(op.spatial().dim(i) - least);
        }
        String first = w.transpose(w.name(in.getFirst()), toFirst(rank));
        String y = w.add("ConvTranspose", List.of(first, kernel), attribute("strides", window.stride()),
                attribute("dilations", window.dilation()), pads(window), attribute("group", op.groups()),
                attribute("output_padding", more));
        return w.transpose(y, toLast(rank));
    }

    static String maxPool(Writer w, Op.MaxPool op, Node x) {
        String y = w.add("MaxPool", List.of(input(w, x, op.window())), attribute("kernel_shape", dims(op.size())),
                attribute("strides", op.window().stride()), attribute("dilations", op.window().dilation()), pads(op.window()));
        return w.transpose(y, toLast(x.shape().rank()));
    }

    /** The mean, times the number of elements. */
    static String sumPool(Writer w, Op.SumPool op, Node x) {
        if (op.window().dilation().stream().anyMatch(dilation -> dilation != 1)) {
            throw Arms.none(op, "a dilated sum over windows");
        }
        boolean floating = x.dtype() == DType.FLOAT32 || x.dtype() == DType.FLOAT64;
        if (!floating) {
            throw Arms.none(op, "a sum of integers over windows");
        }
        String mean = w.add("AveragePool", List.of(input(w, x, op.window())), attribute("kernel_shape", dims(op.size())),
                attribute("strides", op.window().stride()), pads(op.window()), attribute("count_include_pad", 1));
        String sum = w.add("Mul", List.of(mean, Pointwise.number(w, x.dtype(), op.size().size())));
        return w.transpose(sum, toLast(x.shape().rank()));
    }

    private static List<Integer> dims(Shape shape) {
        return IntStream.of(shape.dims()).boxed().toList();
    }
}
