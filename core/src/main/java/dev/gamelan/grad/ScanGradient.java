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
import java.util.stream.Stream;

/**
 * The gradient of a loop: a loop in the other direction that carries the gradients of the carried values, reads those of
 * the outputs, and returns those of the sequences. Gradients of captured values add up, in the loop or after it.
 */
final class ScanGradient {

    private final Op.Scan op;
    private final Programs.Tuple tuple;
    private final List<Integer> carries;
    private final List<Integer> sequences;
    private final List<Integer> captured;
    private final SplitLoop.Bound carried = new SplitLoop.Bound();
    private final SplitLoop.Bound sliced = new SplitLoop.Bound();

    private ScanGradient(Op.Scan op, Programs.Tuple tuple) {
        this.op = op;
        this.tuple = tuple;
        this.carries = List.copyOf(activeCarries(op, tuple.wanted()));
        this.sequences = tuple.wanted().stream().filter(i -> i >= op.carries() && i < op.carries() + op.sequences()).toList();
        this.captured = tuple.wanted().stream().filter(i -> i >= op.carries() + op.sequences()).toList();
    }

    /** The gradients of the wanted operands. */
    static List<Node> of(Op.Scan op, Programs.Tuple tuple) {
        return new ScanGradient(op, tuple).gradients();
    }

    private List<Node> gradients() {
        List<Node> outputs = outputsWithGradients();
        List<Node> cotangents = Programs.concat(carried.inputs(), sliced.inputs());
        List<Node> sources = Stream.of(carries, sequences, captured).flatMap(List::stream).map(op.body().inputs()::get).toList();
        List<Node> ofInputs = Gradients.propagate(outputs, cotangents, sources);
        List<Node> ofSequences = ofInputs.subList(carries.size(), carries.size() + sequences.size());
        List<LateSums> sums = ofInputs.subList(carries.size() + sequences.size(), ofInputs.size()).stream()
                .map(gradient -> new LateSums(gradient, ofSequences)).toList();

        List<Node> next = new ArrayList<>(ofInputs.subList(0, carries.size()));
        sums.stream().flatMap(sum -> sum.inLoop().stream()).forEach(term -> {
            Node zero = Ops.fillLike(term, 0);
            Node total = Ops.input(zero.type(), "sum");
            carried.add(total, zero);
            next.add(Ops.add(total, term));
        });
        List<Node> results = new ArrayList<>(next);
        results.addAll(ofSequences);
        sums.forEach(sum -> results.addAll(sum.stacked()));
        List<Node> found = new SplitLoop(op, tuple.node(), tuple.operands(), carried, sliced, new SplitLoop.Bound(), results)
                .second(!op.reverse());
        return collect(sums, found, next.size());
    }

    /** Makes the inputs for the gradients of results, and names the body's outputs to which they belong. */
    private List<Node> outputsWithGradients() {
        Graph body = op.body();
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
        return outputs;
    }

    /** From the second loop's results: carried gradients, sums, gradients of sequences, then what late sums are made of. */
    private List<Node> collect(List<LateSums> sums, List<Node> found, int firstSequence) {
        List<Node> ofCaptured = new ArrayList<>();
        int sum = carries.size();
        int stack = firstSequence + sequences.size();
        for (LateSums each : sums) {
            List<Node> terms = new ArrayList<>(found.subList(sum, sum + each.inLoop().size()));
            terms.addAll(each.total(found.subList(stack, stack + each.stacked().size())));
            ofCaptured.add(terms.stream().reduce(Ops::add).orElseThrow());
            sum += each.inLoop().size();
            stack += each.stacked().size();
        }
        return tuple.wanted().stream().map(i -> captured.contains(i) ? ofCaptured.get(captured.indexOf(i))
                : sequences.contains(i) ? found.get(firstSequence + sequences.indexOf(i)) : found.get(carries.indexOf(i))).toList();
    }

    /** The carried values that depend on the active operands, from the start or after some steps. */
    static Set<Integer> activeCarries(Op.Scan op, List<Integer> activeOperands) {
        Graph body = op.body();
        Set<Integer> active = new TreeSet<>(activeOperands);
        while (true) {
            Set<Node> reached = Activity.of(body, active.stream().map(body.inputs()::get).toList());
            boolean grown = active
                    .addAll(IntStream.range(0, op.carries()).filter(i -> reached.contains(body.outputs().get(i))).boxed().toList());
            if (!grown) {
                active.removeIf(i -> i >= op.carries());
                return active;
            }
        }
    }
}
