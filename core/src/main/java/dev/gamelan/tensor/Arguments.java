package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Pool;
import java.util.ArrayList;
import java.util.List;

/**
 * A tree taken apart.
 *
 * @param structure without its tensors
 * @param nodes of its leaves
 */
record Arguments(Structure structure, List<Node> nodes) {

    static Arguments of(Tree tree) {
        List<Tensor> leaves = new ArrayList<>();
        Structure structure = Structure.flatten(tree, leaves);
        return new Arguments(structure, leaves.stream().map(Tensor::node).toList());
    }

    /** The values of the leaves, computed. */
    List<Data> values() {
        Evaluator.evaluate(nodes);
        return nodes.stream().map(Evaluator::data).toList();
    }

    /** The values of tensors, computed. */
    static List<Data> values(List<Tensor> leaves) {
        List<Data> values = new ArrayList<>(leaves.size());
        for (int i = 0; i < leaves.size(); i++) {
            if (!Evaluator.isKnown(leaves.get(i).node())) {
                Evaluator.evaluate(leaves.stream().map(Tensor::node).toList());
            }
            values.add(Evaluator.data(leaves.get(i).node()));
        }
        return values;
    }

    /** The values of the leaves, which nobody else has. */
    List<Data> copies() {
        // One number for all elements is written into the copy alone: the leaf itself may never be asked for them.
        Evaluator.evaluate(nodes.stream().filter(node -> !(node.op() instanceof Op.Fill)).toList());
        Data[] copies = new Data[nodes.size()];
        Pool.shared().run(copies.length, (i, _) -> copies[i] = copy(nodes.get(i)));
        return List.of(copies);
    }

    private static Data copy(Node node) {
        return node.op() instanceof Op.Fill fill ? Evaluator.filled(fill.type(), fill.value()) : Evaluator.data(node).copy();
    }

    List<Type> types() {
        return nodes.stream().map(Node::type).toList();
    }

    List<String> names() {
        List<String> names = new ArrayList<>();
        structure.paths("", names);
        return names;
    }

    <T> T tree(List<Node> leaves) {
        return Trees.make(structure, leaves.stream().map(Tensor::of).toList());
    }
}
