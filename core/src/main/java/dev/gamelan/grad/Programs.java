package dev.gamelan.grad;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.ShapeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The gradients of operations that hold programs. */
final class Programs {

    private Programs() {}

    /**
     * An operation with several results.
     *
     * @param wanted the operands whose gradients are asked for
     * @param given the results that have gradients, in this order
     */
    record Tuple(Node node, List<Node> operands, List<Integer> wanted, List<Integer> given, List<Node> gradients) {

        /** The gradients of the wanted operands, each at its place among all operands. */
        List<Node> passed(List<Node> ofWanted) {
            List<Node> result = new ArrayList<>(operands);
            IntStream.range(0, wanted.size()).forEach(i -> result.set(wanted.get(i), ofWanted.get(i)));
            return result;
        }
    }

    /** One gradient per operand; only those of wanted operands mean anything. */
    static List<Node> gradients(Op.Program op, Tuple tuple) {
        return switch (op) {
            case Op.Scan scan -> tuple.passed(ScanGradient.of(scan, tuple));
            case Op.If branch -> tuple.passed(branch(branch, tuple));
            case Op.Call(Graph body, Op.CallRule.Rematerialize _) -> tuple.passed(recomputed(body, tuple));
            case Op.Call(Graph body, Op.CallRule.Custom custom) -> custom(custom, body, tuple);
        };
    }

    /** The same choice between the gradients of the two programs, each of which computes its values again. */
    private static List<Node> branch(Op.If op, Tuple tuple) {
        List<Node> cotangents = tuple.gradients().stream().map(g -> Ops.input(g.type(), "gradient")).toList();
        Op.If backward = new Op.If(backward(op.then(), tuple, cotangents), backward(op.otherwise(), tuple, cotangents));
        Node result = Node.of(backward, concat(tuple.operands(), tuple.gradients()).toArray(Node[]::new));
        return IntStream.range(0, tuple.wanted().size()).mapToObj(i -> Ops.get(result, i)).toList();
    }

    private static Graph backward(Graph body, Tuple tuple, List<Node> cotangents) {
        List<Node> outputs = tuple.given().stream().map(body.outputs()::get).toList();
        List<Node> sources = tuple.wanted().stream().map(i -> body.inputs().get(i - 1)).toList();
        return Graph.of(concat(body.inputs(), cotangents), Gradients.propagate(outputs, cotangents, sources));
    }

    /** Barriers keep the second computation apart from the first, and after the gradients that need it are known. */
    private static List<Node> recomputed(Graph body, Tuple tuple) {
        List<Node> late = tuple.operands().stream()
                .map(x -> Node.of(new Op.Barrier(), concat(List.of(x), tuple.gradients()).toArray(Node[]::new))).toList();
        List<Node> results = body.inline(late);
        return Gradients.propagate(tuple.given().stream().map(results::get).toList(), tuple.gradients(),
                tuple.wanted().stream().map(late::get).toList());
    }

    private static List<Node> custom(Op.CallRule.Custom rule, Graph body, Tuple tuple) {
        List<Node> results = IntStream.range(0, body.outputs().size()).mapToObj(i -> Ops.get(tuple.node(), i)).toList();
        Node[] gradients = results.stream().map(y -> Ops.fillLike(y, 0)).toArray(Node[]::new);
        for (int i = 0; i < tuple.given().size(); i++) {
            int at = tuple.given().get(i);
            gradients[at] = Ops.cast(tuple.gradients().get(i), results.get(at).dtype());
        }
        return custom(rule, tuple.operands(), tuple.wanted(), results, Arrays.asList(gradients));
    }

    /** Asks the user's rule and checks its answer. */
    static List<Node> custom(Op.CallRule.Custom rule, List<Node> operands, List<Integer> wanted, List<Node> results, List<Node> gradients) {
        List<Node> answer = rule.gradient().apply(concat(concat(operands, results), gradients));
        boolean fits = answer.size() == operands.size()
                && wanted.stream().allMatch(i -> answer.get(i).type().equals(operands.get(i).type()));
        if (!fits) {
            throw ShapeException.of("custom gradient: not one gradient of its type per operand",
                    operands.stream().map(Node::type).toList().toString(), answer.stream().map(Node::type).toList().toString());
        }
        return answer;
    }

    static List<Node> concat(List<Node> a, List<Node> b) {
        return Stream.concat(a.stream(), b.stream()).toList();
    }
}
