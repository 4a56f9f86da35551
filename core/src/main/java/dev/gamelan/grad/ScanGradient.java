package dev.gamelan.grad;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * The gradient of a loop: a loop in the other direction that carries the gradients of the carried values, reads those of
 * the outputs, and returns those of the sequences. Gradients of captured values add up.
 */
final class ScanGradient {

    private ScanGradient() {}

    /** The gradients of the wanted operands. */
    static List<Node> of(Op.Scan op, Programs.Tuple tuple) {
        Graph body = op.body();
        List<Integer> carries = List.copyOf(activeCarries(op, tuple.wanted()));
        List<Integer> sequences = tuple.wanted().stream().filter(i -> i >= op.carries() && i < op.carries() + op.sequences()).toList();
        List<Integer> captured = tuple.wanted().stream().filter(i -> i >= op.carries() + op.sequences()).toList();

        SplitLoop.Bound carried = new SplitLoop.Bound();
        SplitLoop.Bound sliced = new SplitLoop.Bound();
        List<Node> outputs = new ArrayList<>();
        for (int carry : carries) {
            int at = tuple.given().indexOf(carry);
            Node zero = Ops.fill(Activity.gradientType(body.inputs().get(carry).type()), 0);
            carried.add(Ops.input(zero.type(), "gradient"), at < 0 ? zero : tuple.gradients().get(at));
            outputs.add(body.outputs().get(carry));
        }
        for (int i = 0; i < tuple.given().size(); i++) {
            int output = tuple.given().get(i);
            if (output >= op.carries()) {
                Node gradient = tuple.gradients().get(i);
                sliced.add(Ops.input(gradient.type().with(gradient.shape().without(0)), "gradient"), gradient);
                outputs.add(body.outputs().get(output));
            }
        }
        List<Integer> sources = new ArrayList<>(carries);
        sources.addAll(captured);
        sources.addAll(sequences);
        List<Node> results = new ArrayList<>(Gradients.propagate(outputs, Programs.concat(carried.inputs(), sliced.inputs()),
                sources.stream().map(body.inputs()::get).toList()));
        for (int i = carries.size(); i < carries.size() + captured.size(); i++) {
            Node zero = Ops.fillLike(results.get(i), 0);
            Node sum = Ops.input(zero.type(), "sum");
            carried.add(sum, zero);
            results.set(i, Ops.add(sum, results.get(i)));
        }
        List<Node> gradients = new SplitLoop(op, tuple.node(), tuple.operands())
                .second(carried, sliced, new SplitLoop.Bound(), results, !op.reverse());
        return tuple.wanted().stream().map(i -> gradients.get(sources.indexOf(i))).toList();
    }

    /** The carried values that depend on the active operands, from the start or after some steps. */
    static Set<Integer> activeCarries(Op.Scan op, List<Integer> activeOperands) {
        Graph body = op.body();
        Set<Integer> active = new TreeSet<>(activeOperands);
        while (true) {
            Set<Node> reached = Activity.of(body, active.stream().map(body.inputs()::get).toList());
            boolean grown = active.addAll(IntStream.range(0, op.carries()).filter(i -> reached.contains(body.outputs().get(i))).boxed().toList());
            if (!grown) {
                active.removeIf(i -> i >= op.carries());
                return active;
            }
        }
    }
}
