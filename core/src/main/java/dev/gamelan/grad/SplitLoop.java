package dev.gamelan.grad;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The derivative of a loop is a second loop over what the first computed. The values that the second needs are stacked
 * by the first, except those that it has as they are (sequences and captured values) and those that are cheap to have
 * again: element-wise and layout operations on such values.
 */
final class SplitLoop {

    private final Op.Scan op;
    private final Node scan;
    private final List<Node> operands;

    /** @param operands those of the scan when its graph was taken */
    SplitLoop(Op.Scan op, Node scan, List<Node> operands) {
        this.op = op;
        this.scan = scan;
        this.operands = operands;
    }

    /** Values of the second loop: each an input of its body, with the node outside that it stands for. */
    record Bound(List<Node> inputs, List<Node> values) {

        Bound() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        void add(Node input, Node value) {
            inputs.add(input);
            values.add(value);
        }
    }

    /**
     * The second loop.
     *
     * @param carried its carried values and their first ones
     * @param sliced its sequences, apart from those of the first loop
     * @param captured what it captures, apart from the first loop's
     * @param results the next carried values and the outputs of its body, in terms of the above and of the first body
     * @return the last carried values, then the stacked outputs
     */
    List<Node> second(Bound carried, Bound sliced, Bound captured, List<Node> results, boolean reverse) {
        List<Node> linear = Programs.concat(Programs.concat(carried.inputs, sliced.inputs), captured.inputs);
        Graph step = Graph.of(Programs.concat(op.body().inputs(), linear), results);
        Set<Node> own = Activity.dependents(step, linear);
        Set<Node> again = again(step, own);
        Set<Node> needed = needed(step, own, again);

        Bound allSliced = new Bound(new ArrayList<>(sliced.inputs), new ArrayList<>(sliced.values));
        Bound allCaptured = new Bound(new ArrayList<>(captured.inputs), new ArrayList<>(captured.values));
        for (int i = op.carries(); i < operands.size(); i++) {
            Node input = op.body().inputs().get(i);
            if (needed.contains(input)) {
                (i < op.carries() + op.sequences() ? allSliced : allCaptured).add(input, operands.get(i));
            }
        }
        List<Node> kept = step.nodes().stream().filter(n -> needed.contains(n) && !own.contains(n) && !again.contains(n))
                .filter(n -> !given(n)).toList();
        List<Node> standIns = kept.stream().map(n -> Ops.input(n.type(), "kept")).toList();
        List<Node> stacked = stacked(kept);
        IntStream.range(0, kept.size()).forEach(i -> allSliced.add(standIns.get(i), stacked.get(i)));

        List<Node> inputs = Programs.concat(Programs.concat(carried.inputs, allSliced.inputs), allCaptured.inputs);
        List<Node> values = Programs.concat(Programs.concat(carried.values, allSliced.values), allCaptured.values);
        Graph body = Graph.of(inputs, rebuilt(step, needed, kept, standIns));
        Node loop = Node.of(new Op.Scan(body, carried.inputs.size(), allSliced.inputs.size(), op.length(), reverse),
                values.toArray(Node[]::new));
        return IntStream.range(0, results.size()).mapToObj(i -> Ops.get(loop, i)).toList();
    }

    /** Whether the second loop has this value of the first body without computing: a slice or a captured value. */
    private boolean given(Node node) {
        return op.body().inputs().subList(op.carries(), operands.size()).contains(node);
    }

    /** What the second loop computes again: leaves, cheap new values, and anything that is the same in every step. */
    private Set<Node> again(Graph step, Set<Node> own) {
        Set<Node> varying = Activity.dependents(step, op.body().inputs().subList(0, op.carries() + op.sequences()));
        Set<Node> result = Activity.identitySet();
        for (Node node : step.nodes()) {
            boolean input = step.inputs().contains(node);
            boolean cheap = isLayout(step.op(node)) || isElementWise(step.op(node)) && !op.body().contains(node);
            if (!own.contains(node) && !input && (cheap || !varying.contains(node))) {
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
    private static Set<Node> needed(Graph step, Set<Node> own, Set<Node> again) {
        Set<Node> needed = Activity.identitySet();
        needed.addAll(step.outputs());
        for (Node node : step.nodes().reversed()) {
            if (needed.contains(node) && (own.contains(node) || again.contains(node))) {
                needed.addAll(step.operands(node));
            }
        }
        return needed;
    }

    /** The first loop's values of all steps. It runs with more outputs then, and the loop without them is merged into it. */
    private List<Node> stacked(List<Node> kept) {
        Graph body = op.body();
        List<Node> outputs = new ArrayList<>(body.outputs());
        int[] places = kept.stream().mapToInt(node -> {
            int place = IntStream.range(op.carries(), outputs.size()).filter(i -> outputs.get(i) == node).findFirst().orElse(outputs.size());
            if (place == outputs.size()) {
                outputs.add(node);
            }
            return place;
        }).toArray();
        boolean all = outputs.size() == body.outputs().size();
        Node source = all ? scan : Node.of(new Op.Scan(Graph.of(body.inputs(), outputs), op.carries(), op.sequences(), op.length(),
                op.reverse()), operands, scan.origin());
        return Arrays.stream(places).mapToObj(i -> Ops.get(source, i)).toList();
    }

    private static List<Node> rebuilt(Graph step, Set<Node> needed, List<Node> kept, List<Node> standIns) {
        Map<Node, Node> replaced = new IdentityHashMap<>();
        step.inputs().forEach(input -> replaced.put(input, input));
        IntStream.range(0, kept.size()).forEach(i -> replaced.put(kept.get(i), standIns.get(i)));
        for (Node node : step.nodes()) {
            if (needed.contains(node) && !replaced.containsKey(node)) {
                replaced.put(node, step.keep(node, step.operands(node).stream().map(replaced::get).toList()));
            }
        }
        return step.outputs().stream().map(replaced::get).toList();
    }
}
