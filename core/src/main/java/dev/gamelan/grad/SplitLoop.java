package dev.gamelan.grad;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The derivative of a loop is a second loop over what the first computed. The values that the second needs are stacked
 * by the first, except those that it has as they are (sequences and captured values) and those that are cheap to have
 * again: element-wise and layout operations on such values.
 */
final class SplitLoop {

    /** Values of the second loop: each an input of its body, with the node outside that it stands for. */
    record Bound(List<Node> inputs, List<Node> values) {

        Bound() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        void add(Node input, Node value) {
            inputs.add(input);
            values.add(value);
        }

        Bound copy() {
            return new Bound(new ArrayList<>(inputs), new ArrayList<>(values));
        }
    }

    private final Op.Scan op;
    private final Node scan;
    private final List<Node> operands;
    private final Bound carried;
    private final Bound sliced;
    private final Bound captured;
    private final List<Node> results;
    private final Graph step;
    private final Set<Node> own;
    private final Set<Node> again;

    /**
     * @param operands those of the scan when its graph was taken
     * @param carried what the second loop carries, with the first values
     * @param sliced its sequences, apart from those of the first loop
     * @param captured what it captures, apart from the first loop's
     * @param results the next carried values and the outputs of its body, in terms of the above and of the first body
     */
    SplitLoop(Op.Scan op, Node scan, List<Node> operands, Bound carried, Bound sliced, Bound captured, List<Node> results) {
        this.op = op;
        this.scan = scan;
        this.operands = operands;
        this.carried = carried;
        this.sliced = sliced;
        this.captured = captured;
        this.results = results;
        List<Node> linear = Programs.concat(Programs.concat(carried.inputs, sliced.inputs), captured.inputs);
        this.step = Graph.of(Programs.concat(op.body().inputs(), linear), results);
        this.own = Activity.dependents(step, linear);
        this.again = again();
    }

    /** The last carried values, then the stacked outputs; those that the first loop has are not computed by the second. */
    List<Node> second(boolean reverse) {
        int carries = carried.inputs.size();
        List<Node> outputs = results.subList(carries, results.size());
        List<Node> computedOutputs = outputs.stream().filter(output -> !firstHas(output)).distinct().toList();
        List<Node> computed = Programs.concat(results.subList(0, carries), computedOutputs);
        Set<Node> needed = needed(computed);
        List<Node> kept = step.nodes().stream().filter(node -> firstHas(node) && (needed.contains(node) || outputs.contains(node)))
                .toList();
        Map<Node, Node> stacks = stacks(kept);
        Bound allSliced = sliced.copy();
        Map<Node, Node> inside = new IdentityHashMap<>();
        step.inputs().forEach(input -> inside.put(input, input));
        kept.stream().filter(needed::contains).forEach(node -> {
            inside.put(node, Ops.input(node.type(), "kept"));
            allSliced.add(get(inside, node), get(stacks, node));
        });
        Bound allCaptured = captured.copy();
        for (int i = op.carries() + op.sequences(); i < operands.size(); i++) {
            if (needed.contains(op.body().inputs().get(i))) {
                allCaptured.add(op.body().inputs().get(i), operands.get(i));
            }
        }
        Node loop = loop(allSliced, allCaptured, rebuilt(computed, needed, inside), reverse);
        return Programs.concat(IntStream.range(0, carries).mapToObj(i -> Ops.get(loop, i)).toList(), outputs.stream()
                .map(y -> firstHas(y) ? get(stacks, y) : Ops.get(loop, carries + computedOutputs.indexOf(y))).toList());
    }

    private Node loop(Bound allSliced, Bound allCaptured, List<Node> outputs, boolean reverse) {
        Graph body = Graph.of(Programs.concat(Programs.concat(carried.inputs, allSliced.inputs), allCaptured.inputs), outputs);
        List<Node> values = Programs.concat(Programs.concat(carried.values, allSliced.values), allCaptured.values);
        return Node.of(new Op.Scan(body, carried.inputs.size(), allSliced.inputs.size(), op.length(), reverse),
                values.toArray(Node[]::new));
    }

    /** Whether the first loop has this value of each step: a slice, or what it can stack. */
    private boolean firstHas(Node node) {
        return !own.contains(node) && !again.contains(node)
                && !op.body().inputs().subList(op.carries() + op.sequences(), operands.size()).contains(node);
    }

    /** What the second loop computes again: leaves, cheap new values, and anything that is the same in every step. */
    private Set<Node> again() {
        Set<Node> varying = Activity.dependents(step, op.body().inputs().subList(0, op.carries() + op.sequences()));
        Set<Node> inputs = Activity.identitySet();
        inputs.addAll(step.inputs());
        Set<Node> result = Activity.identitySet();
        for (Node node : step.nodes()) {
            boolean cheap = isLayout(step.op(node)) || isElementWise(step.op(node)) && !op.body().contains(node);
            if (!own.contains(node) && !inputs.contains(node) && (cheap || !varying.contains(node))) {
                result.add(node);
            }
        }
        return result;
    }

    private static boolean isLayout(Op o) {
        return o instanceof Op.Broadcast || o instanceof Op.Reshape || o instanceof Op.Permute || o instanceof Op.Compare
                || o instanceof Op.Cast;
    }

    private static boolean isElementWise(Op o) {
        return o instanceof Op.Unary || o instanceof Op.Binary || o instanceof Op.Select;
    }

    /** What the second loop's body reads. */
    private Set<Node> needed(List<Node> computed) {
        Set<Node> needed = Activity.identitySet();
        needed.addAll(computed);
        for (Node node : step.nodes().reversed()) {
            if (needed.contains(node) && (own.contains(node) || again.contains(node))) {
                needed.addAll(step.operands(node));
            }
        }
        return needed;
    }

    /**
     * The first loop's values of all steps. It runs with more outputs then; the loop without them does the same, so that
     * the compiler makes one of both.
     */
    private Map<Node, Node> stacks(List<Node> kept) {
        Map<Node, Integer> places = new IdentityHashMap<>();
        List<Node> outputs = new ArrayList<>(op.body().outputs());
        Map<Node, Node> stacks = new IdentityHashMap<>();
        for (Node node : kept) {
            int input = op.body().inputs().indexOf(node);
            if (input >= op.carries()) {
                stacks.put(node, operands.get(input));
            } else {
                int known = outputs.subList(op.carries(), outputs.size()).indexOf(node);
                places.put(node, known < 0 ? outputs.size() : op.carries() + known);
                if (known < 0) {
                    outputs.add(node);
                }
            }
        }
        boolean extended = outputs.size() > op.body().outputs().size();
        Node source = !extended ? scan : Node.of(new Op.Scan(Graph.of(op.body().inputs(), outputs), op.carries(), op.sequences(),
                op.length(), op.reverse()), operands, scan.origin());
        places.forEach((node, place) -> stacks.put(node, Ops.get(source, place)));
        return stacks;
    }

    private List<Node> rebuilt(List<Node> computed, Set<Node> needed, Map<Node, Node> inside) {
        for (Node node : step.nodes()) {
            if (needed.contains(node) && !inside.containsKey(node)) {
                inside.put(node, step.keep(node, step.operands(node).stream().map(operand -> get(inside, operand)).toList()));
            }
        }
        return computed.stream().map(node -> get(inside, node)).toList();
    }

    private static Node get(Map<Node, Node> map, Node node) {
        return Objects.requireNonNull(map.get(node));
    }
}
