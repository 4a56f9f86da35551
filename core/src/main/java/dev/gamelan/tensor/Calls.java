package dev.gamelan.tensor;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.ShapeException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Functions in one piece, with a rule for their gradient. */
final class Calls {

    private Calls() {}

    static <A extends Tree, B extends Tree> B rematerialized(Function<A, B> function, A at) {
        return call(function, at, (_, _, _) -> new Op.CallRule.Rematerialize());
    }

    static <A extends Tree, B extends Tree> B custom(Function<A, B> function, BiFunction<A, B, A> gradient, A at) {
        return call(function, at, (arguments, traced, captured) -> new Op.CallRule.Custom(
                new CustomRule<>(gradient, arguments.structure(), traced.result(), arguments.nodes().size(),
                        captured.size(), traced.outputs().size())));
    }

    private interface Rule {
        Op.CallRule of(Arguments arguments, Traced traced, List<Node> captured);
    }

    private static <A extends Tree, B extends Tree> B call(Function<A, B> function, A at, Rule rule) {
        Arguments arguments = Arguments.of(at);
        Traced traced = Traced.of(arguments, function);
        if (traced.outputs().isEmpty()) {
            return traced.tree(List.of());
        }
        List<Node> captured = traced.captured();
        List<Node> operands = new ArrayList<>(arguments.nodes());
        operands.addAll(captured);
        Op call = new Op.Call(traced.close(captured), rule.of(arguments, traced, captured));
        return traced.tree(results(Node.of(call, operands.toArray(Node[]::new))));
    }

    static List<Node> results(Node tuple) {
        return IntStream.range(0, tuple.types().size()).mapToObj(i -> Ops.get(tuple, i)).toList();
    }

    /** Two are equal if they do the same, so that programs with equal calls are equal. */
    private record CustomRule<A extends Tree, B extends Tree>(BiFunction<A, B, A> gradient, Structure argument,
            Structure result,
            int arguments, int captured, int results) implements UnaryOperator<List<Node>> {

        @Override
        public List<Node> apply(List<Node> nodes) {
            A at = tree(argument, nodes.subList(0, arguments));
            int end = arguments + captured + results;
            B given = tree(result, nodes.subList(end, end + results));
            Arguments gradients = Arguments.of(Trace.run(() -> gradient.apply(at, given)));
            check(gradients, nodes.subList(0, arguments));
            List<Node> all = new ArrayList<>(gradients.nodes());
            nodes.subList(arguments, arguments + captured).forEach(node -> all.add(Ops.fillLike(node, 0)));
            return all;
        }

        private static <T> T tree(Structure structure, List<Node> nodes) {
            return Trees.make(structure, nodes.stream().map(Tensor::of).toList());
        }

        private void check(Arguments gradients, List<Node> operands) {
            Trees.sameStructure("customGrad: the gradient", argument, gradients.structure());
            if (!gradients.types().equals(operands.stream().map(Node::type).toList())) {
                throw ShapeException.of("customGrad: the gradient has other shapes or types than the argument",
                        operands.stream().map(Node::type).toList().toString(), gradients.types().toString());
            }
        }
    }
}
