package dev.gamelan.tensor;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** Makes {@link Window}s: how convolution and pooling go over their input. */
public final class Windows {

    private Windows() {}

    /** Stride 1, no padding, no dilation. */
    public static Window of(int rank) {
        return of(fill(rank, 1), fill(rank, 0), fill(rank, 0), fill(rank, 1));
    }

    /** One entry per spatial axis in each array. */
    public static Window of(int[] stride, int[] padLow, int[] padHigh, int[] dilation) {
        return new Window(list(stride), list(padLow), list(padHigh), list(dilation));
    }

    /** Windows side by side: the stride is the size, nothing is padded. */
    public static Window tiling(int... size) {
        int rank = size.length;
        return of(size, fill(rank, 0), fill(rank, 0), fill(rank, 1));
    }

    /**
     * Padded with as much as makes each output extent the input's divided by the stride, rounded up; odd padding goes
     * behind.
     */
    public static Window same(Shape input, Shape kernel, int[] stride, int[] dilation) {
        int rank = stride.length;
        int[] low = new int[rank];
        int[] high = new int[rank];
        for (int i = 0; i < rank; i++) {
            int outputs = Math.ceilDiv(input.dim(i), stride[i]);
            int reach = (kernel.dim(i) - 1) * dilation[i] + 1;
            int padding = Math.max(0, (outputs - 1) * stride[i] + reach - input.dim(i));
            low[i] = padding / 2;
            high[i] = padding - low[i];
        }
        return of(stride, low, high, dilation);
    }

    private static int[] fill(int rank, int value) {
        int[] result = new int[Math.max(0, rank)];
        Arrays.fill(result, value);
        return result;
    }

    private static List<Integer> list(int[] values) {
        return IntStream.of(values).boxed().toList();
    }

    static Node convTranspose(Node x, Node w, Window window, int groups, int... outputPadding) {
        int rank = window.rank();
        if (outputPadding.length != 0 && outputPadding.length != rank) {
            throw ShapeException.of("convTranspose: not one output padding per spatial axis", rank
                    + " entries, or none", Arrays.toString(outputPadding));
        }
        if (x.shape().rank() != rank + 2 || w.shape().rank() != rank + 2) {
            throw ShapeException.of("convTranspose: wrong rank",
                    "x (batch, spatial..., in) and w (spatial..., in / groups, out) with " + rank
                            + " spatial axes",
                    x.shape() + " and " + w.shape());
        }
        if (groups < 1 || w.shape().dim(-2) * groups != x.shape().dim(-1) || w.shape().dim(-1) % groups != 0) {
            throw ShapeException.of("convTranspose: channels do not fit",
                    "x (..., in) and w (..., in / groups, out), out divisible by groups",
                    x.shape() + " and " + w.shape() + " with " + groups + " groups");
        }
        int[] spatial = new int[rank];
        for (int i = 0; i < rank; i++) {
            spatial[i] = Math.max(0, x.shape().dim(i + 1) - 1) * window.stride().get(i)
                    + (w.shape().dim(i) - 1) * window.dilation().get(i) + 1
                    - window.padLow().get(i) - window.padHigh().get(i)
                    + (outputPadding.length == 0 ? 0 : outputPadding[i]);
        }
        return Node.of(new Op.ConvInputGradient(window, groups, Shape.of(spatial)), x, forwardKernel(w, groups));
    }

    /**
     * From (..., in / groups, out) to the kernel of the convolution that this one is the transpose of: (..., out /
     * groups, in).
     */
    private static Node forwardKernel(Node w, int groups) {
        if (groups == 1) {
            return Ops.transpose(w);
        }
        Shape spatial = w.shape().slice(0, w.shape().rank() - 2);
        int in = w.shape().dim(-2);
        int out = w.shape().dim(-1) / groups;
        Node apart = Ops.reshape(w, spatial.concat(Shape.of(in, groups, out)));
        List<Integer> order = new ArrayList<>(IntStream.range(0, spatial.rank() + 3).boxed().toList());
        Collections.swap(order, spatial.rank(), spatial.rank() + 2);
        Node turned = Ops.permute(apart, order.stream().mapToInt(Integer::intValue).toArray());
        return Ops.reshape(turned, spatial.concat(Shape.of(out, groups * in)));
    }

    static Node avgPool(Node x, Shape size, Window window, boolean countPadding) {
        Checks.floating("avgPool", x);
        Node sum = Node.of(new Op.SumPool(size, window), x);
        boolean padded = window.padLow().stream().anyMatch(p -> p != 0)
                || window.padHigh().stream().anyMatch(p -> p != 0);
        if (countPadding || !padded) {
            return Pointwise.quotient(sum, size.size());
        }
        Shape spatial = x.shape().slice(1, x.shape().rank() - 1);
        Node ones = Ops.fill(new Type(x.dtype(), Shape.of(1).concat(spatial).concat(Shape.of(1))), 1);
        return Ops.div(sum, Node.of(new Op.SumPool(size, window), ones));
    }
}
