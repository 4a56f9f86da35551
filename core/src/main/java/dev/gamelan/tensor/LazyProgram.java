package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.TraceException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What must run to compute some nodes. Known values and numbers become inputs, so that the same expression of other
 * values is the same program; 0 and 1 stay, as much can be simplified around them.
 *
 * <p>Nodes that an earlier evaluation computed without keeping them are outputs too, the second time they are needed.
 */
final class LazyProgram {

    /**
     * A program by its structure: what each node does, and to which nodes. Equal keys have the same inputs and outputs.
     */
    record Key(List<Object> steps, int hash) {
        Key(List<Object> steps) {
            this(steps, steps.hashCode());
        }

        @Override
        public int hashCode() {
            return hash;
        }
    }

    /** A step that is an input. */
    private record Leaf(Type type) {}

    /** A number that is an input of rank 0, stretched. */
    private record Scalar(Type type) {}

    /** A program in a program: its rule for gradients does not matter here. */
    private record Called(Graph body) {}

    private final Walk walk;
    private final List<Node> outputs;
    private final List<Data> leaves = new ArrayList<>();
    private final Key key;

    private LazyProgram(Walk walk, List<Node> roots) {
        this.walk = walk;
        this.outputs = kept(roots);
        this.key = describe();
    }

    static LazyProgram of(List<Node> roots) {
        return new LazyProgram(Walk.below(roots, _ -> false), roots);
    }

    /** Whether a node depends on an argument of a function that is being traced. */
    static boolean isTraced(Node node) {
        Walk walk = Walk.below(List.of(node), Evaluator::isKnown);
        return walk.order().stream().anyMatch(n -> walk.op(n) instanceof Op.Input);
    }

    Key key() {
        return key;
    }

    private Key describe() {
        Map<Node, Integer> places = new IdentityHashMap<>();
        List<Object> steps = new ArrayList<>();
        for (Node node : walk.order()) {
            steps.add(step(walk.op(node)));
            walk.operands(node).forEach(operand -> steps.add(places.get(operand)));
            places.put(node, places.size());
        }
        outputs.forEach(output -> steps.add(places.get(output)));
        return new Key(steps);
    }

    private Object step(Op op) {
        return switch (op) {
            case Op.Constant constant -> {
                leaves.add(constant.data());
                yield new Leaf(constant.data().type());
            }
            case Op.Fill fill when isVariable(fill) -> {
                leaves.add(Evaluator.filled(fill.type().with(Shape.SCALAR), fill.value()));
                yield new Scalar(fill.type());
            }
            case Op.Call call -> new Called(call.body());
            case Op.Input input -> throw traced(input);
            default -> op;
        };
    }

    private static boolean isVariable(Op.Fill fill) {
        double value = fill.value().doubleValue();
        return value != 0 && value != 1;
    }

    private static TraceException traced(Op.Input input) {
        String name = input.name().isEmpty() ? "" : input.name() + " ";
        return new TraceException("a value was asked for inside of a function that is being compiled or differentiated,"
                + " where tensors have none yet\n  expected  operations that give tensors; for choices where, or"
                + " Functions.cond; for loops Functions.scan\n  received  a tensor that depends on the argument " + name
                + "of type " + input.type());
    }

    List<Data> leaves() {
        return leaves;
    }

    /** The roots, and then what is worth keeping. */
    List<Node> outputs() {
        return outputs;
    }

    /**
     * Nodes that were computed before and that something new needs. What only they need is forgotten with their
     * operands.
     */
    private List<Node> kept(List<Node> roots) {
        Set<Node> result = Collections.newSetFromMap(new IdentityHashMap<>());
        Set<Node> needed = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Node> ordered = new ArrayList<>();
        for (Node root : roots) {
            if (result.add(root)) {
                ordered.add(root);
            }
            needed.add(root);
        }
        for (Node node : walk.order().reversed()) {
            if (!needed.contains(node)) {
                continue;
            }
            if (!result.contains(node) && node.wasComputed() && isWorthKeeping(walk.op(node))) {
                result.add(node);
                ordered.add(node);
            } else {
                needed.addAll(walk.operands(node));
            }
        }
        return List.copyOf(ordered);
    }

    /**
     * Not what costs nothing to make again but memory to keep, nor what has several results: those are kept one by one.
     */
    private static boolean isWorthKeeping(Op op) {
        return !(op instanceof Op.Constant || op instanceof Op.Fill || op instanceof Op.Iota
                || op instanceof Op.Broadcast || isTuple(op));
    }

    static boolean isTuple(Op op) {
        return op instanceof Op.Scan || op instanceof Op.If || op instanceof Op.Call;
    }

    void noteComputed() {
        walk.order().forEach(Node::noteComputed);
    }

    /** The program itself, made only when it is not compiled yet. */
    Graph graph() {
        List<Node> inputs = new ArrayList<>();
        Map<Node, Node> replaced = new IdentityHashMap<>();
        for (Node node : walk.order()) {
            Op op = walk.op(node);
            if (op instanceof Op.Constant constant) {
                replaced.put(node, input(constant.data().type(), inputs));
            } else if (op instanceof Op.Fill fill && isVariable(fill)) {
                Node number = input(fill.type().with(Shape.SCALAR), inputs);
                replaced.put(node, Ops.broadcast(number, fill.type().shape()));
            }
        }
        List<Node> results = walk.rebuild(outputs, replaced);
        return Graph.of(inputs, results);
    }

    private static Node input(Type type, List<Node> inputs) {
        Node input = Ops.input(type, "");
        inputs.add(input);
        return input;
    }
}
