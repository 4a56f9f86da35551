package dev.gamelan.grad;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.Shape;
import java.util.List;

/**
 * The gradients of convolution. Input x, kernel w and result y are tied by one trilinear form, so of the three
 * operations each gives the gradients of the two others.
 */
final class Windows {

    private Windows() {}

    static List<Node> conv(Op.Conv op, Node x, Node w, Node g) {
        return List.of(Node.of(new Op.ConvInputGradient(op.window(), op.groups(), input(x)), g, w),
                Node.of(new Op.ConvKernelGradient(op.window(), op.groups(), kernel(w)), x, g));
    }

    static List<Node> inputGradient(Op.ConvInputGradient op, Node gy, Node w, Node g) {
        return List.of(Node.of(new Op.Conv(op.window(), op.groups()), g, w),
                Node.of(new Op.ConvKernelGradient(op.window(), op.groups(), kernel(w)), g, gy));
    }

    static List<Node> kernelGradient(Op.ConvKernelGradient op, Node x, Node gy, Node g) {
        return List.of(Node.of(new Op.ConvInputGradient(op.window(), op.groups(), input(x)), gy, g),
                Node.of(new Op.Conv(op.window(), op.groups()), x, g));
    }

    /** Spatial extents of {@code (batch, spatial..., channels)}. */
    static Shape input(Node x) {
        return x.shape().slice(1, x.shape().rank() - 1);
    }

    private static Shape kernel(Node w) {
        return w.shape().slice(0, w.shape().rank() - 2);
    }
}
