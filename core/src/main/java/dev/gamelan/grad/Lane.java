package dev.gamelan.grad;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A value of a program that runs for many examples at once.
 *
 * @param batched whether axis 0 of the node counts the examples; else the value is the same for all
 */
record Lane(Node node, boolean batched) {

    static Lane batched(Node node) {
        return new Lane(node, true);
    }

    static Lane common(Node node) {
        return new Lane(node, false);
    }

    /** With axis 0 for the examples in any case. */
    Node stretched(int size) {
        return batched ? node : Ops.broadcast(node, node.shape().insert(0, size));
    }

    /** The shape of one example. */
    Shape shape() {
        return batched ? node.shape().without(0) : node.shape();
    }

    /** One axis moved to another place, the order of the others kept. */
    static Node move(Node x, int from, int to) {
        List<Integer> order = new ArrayList<>(IntStream.range(0, x.shape().rank()).boxed().toList());
        order.add(to, order.remove(from));
        return Ops.permute(x, order.stream().mapToInt(Integer::intValue).toArray());
    }
}
