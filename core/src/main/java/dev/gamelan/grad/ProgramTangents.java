package dev.gamelan.grad;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The tangents of operations that hold programs: one per result, null where it does not change. */
final class ProgramTangents {

    private ProgramTangents() {}

    static List<@Nullable Node> of(Op.Program op, Node node, List<Node> x, @Nullable Node[] t) {
        List<Integer> moving = IntStream.range(0, x.size()).filter(i -> t[i] != null).boxed().toList();
        List<Node> changes = moving.stream().map(i -> t[i]).toList();
        return switch (op) {
            case Op.Scan scan -> scan(scan, node, x, t);
            case Op.If branch -> {
                List<Integer> arguments = moving.stream().map(i -> i - 1).toList();
                yield results(new Op.If(tangents(branch.then(), arguments), tangents(branch.otherwise(), arguments)), x, changes);
            }
            case Op.Call(Graph body, Op.CallRule.Rematerialize rule) -> results(new Op.Call(tangents(body, moving), rule), x, changes);
            case Op.Call(Graph body, Op.CallRule.Custom rule) -> custom(rule, body, node, x, moving, changes);
        };
    }

    private static List<@Nullable Node> results(Op.Program op, List<Node> x, List<Node> changes) {
        return results(Node.of(op, Programs.concat(x, changes).toArray(Node[]::new)));
    }

    private static List<@Nullable Node> results(Node program) {
        return new ArrayList<>(IntStream.range(0, program.types().size()).mapToObj(i -> Ops.get(program, i)).toList());
    }

    /** The program that gives the tangents of all outputs for the inputs and the tangents of some. */
    private static Graph tangents(Graph body, List<Integer> moving) {
        List<Node> sources = moving.stream().map(body.inputs()::get).toList();
        List<Node> changes = sources.stream().map(x -> Ops.input(Activity.gradientType(x.type()), "tangent")).toList();
        return Graph.of(Programs.concat(body.inputs(), changes), Tangents.propagate(body.outputs(), sources, changes));
    }

    /** A gradient that the user gave is linear in the results' gradients; what takes them back takes tangents forth. */
    private static List<@Nullable Node> custom(Op.CallRule.Custom rule, Graph body, Node node, List<Node> x, List<Integer> moving,
            List<Node> changes) {
        List<Node> results = IntStream.range(0, body.outputs().size()).mapToObj(i -> Ops.get(node, i)).toList();
        List<Node> cotangents = results.stream().map(y -> Ops.fillLike(y, 0)).toList();
        List<Node> gradients = Programs.custom(rule, x, moving, results, cotangents);
        return new ArrayList<>(Gradients.propagate(moving.stream().map(gradients::get).toList(), changes, cotangents));
    }

    /** A second loop that carries the tangents. */
    private static List<@Nullable Node> scan(Op.Scan op, Node node, List<Node> x, @Nullable Node[] t) {
        Graph body = op.body();
        List<Integer> moving = IntStream.range(0, x.size()).filter(i -> t[i] != null).boxed().toList();
        List<Integer> carries = List.copyOf(ScanGradient.activeCarries(op, moving));
        SplitLoop.Bound carried = new SplitLoop.Bound();
        SplitLoop.Bound sliced = new SplitLoop.Bound();
        SplitLoop.Bound captured = new SplitLoop.Bound();
        List<Node> sources = new ArrayList<>();
        for (int i = 0; i < x.size(); i++) {
            Node source = body.inputs().get(i);
            Node tangent = t[i] != null || !carries.contains(i) ? t[i] : Ops.fill(Activity.gradientType(source.type()), 0);
            if (tangent != null) {
                sources.add(source);
                (i < op.carries() ? carried : i < op.carries() + op.sequences() ? sliced : captured)
                        .add(Ops.input(Activity.gradientType(source.type()), "tangent"), tangent);
            }
        }
        List<Integer> changing = new ArrayList<>(carries);
        changing.addAll(changingOutputs(op, sources));
        List<Node> changes = Programs.concat(Programs.concat(carried.inputs(), sliced.inputs()), captured.inputs());
        List<Node> results = Tangents.propagate(changing.stream().map(body.outputs()::get).toList(), sources, changes);
        List<Node> tangents = new SplitLoop(op, node, x, carried, sliced, captured, results).second(op.reverse());
        @Nullable Node[] all = new Node[body.outputs().size()];
        IntStream.range(0, changing.size()).forEach(i -> all[changing.get(i)] = tangents.get(i));
        return Collections.unmodifiableList(Arrays.asList(all));
    }

    private static List<Integer> changingOutputs(Op.Scan op, List<Node> sources) {
        var active = Activity.of(op.body(), sources);
        return IntStream.range(op.carries(), op.body().outputs().size())
                .filter(i -> active.contains(op.body().outputs().get(i))).boxed().toList();
    }
}
