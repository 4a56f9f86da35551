package dev.gamelan.grad;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;

/** The transposes of the operations that move elements: where each came from. */
final class Layouts {

    private Layouts() {}

    static Node permute(Op.Permute op, Node g) {
        int[] inverse = new int[op.order().size()];
        for (int i = 0; i < inverse.length; i++) {
            inverse[op.order().get(i)] = i;
        }
        return Ops.permute(g, inverse);
    }

    /** Back into a tensor of zeros of the shape that was sliced. */
    static Node slice(Op.Slice op, Shape whole, Node g) {
        List<Integer> low = new ArrayList<>();
        List<Integer> high = new ArrayList<>();
        List<Integer> inner = new ArrayList<>();
        for (int i = 0; i < whole.rank(); i++) {
            int count = g.shape().dim(i);
            int step = op.step().get(i);
            int start = count == 0 ? whole.dim(i) : op.start().get(i);
            low.add(start);
            inner.add(step - 1);
            high.add(count == 0 ? 0 : whole.dim(i) - (start + (count - 1) * step + 1));
        }
        return Ops.pad(g, low, high, inner, 0);
    }

    /** The elements that were not added by padding. */
    static Node unpad(Op.Pad op, Shape original, Node g) {
        List<Integer> limit = new ArrayList<>();
        List<Integer> step = new ArrayList<>();
        for (int i = 0; i < original.rank(); i++) {
            int count = original.dim(i);
            int inner = op.inner().get(i);
            limit.add(op.low().get(i) + (count == 0 ? 0 : (count - 1) * (inner + 1) + 1));
            step.add(inner + 1);
        }
        return Node.of(new Op.Slice(op.low(), limit, step), g);
    }

    /** True where padding put its value. */
    static Node padding(Op.Pad op, Shape original) {
        Node inside = Ops.fill(new Type(DType.BOOL, original), 0);
        return Node.of(op, inside, Ops.scalar(DType.BOOL, 1));
    }

    /** The sum of the elements that padding added: the gradient of the padding's value. */
    static Node padded(Op.Pad op, Shape original, Node g) {
        Node added = Ops.select(padding(op, original), g, Ops.fillLike(g, 0));
        return Ops.sumTo(added, Shape.SCALAR);
    }

    static List<Node> split(Op.Concat op, List<Node> parts, Node g) {
        List<Node> result = new ArrayList<>();
        int start = 0;
        for (Node part : parts) {
            int limit = start + part.shape().dim(op.axis());
            result.add(Ops.slice(g, op.axis(), start, limit));
            start = limit;
        }
        return result;
    }
}
