package dev.gamelan.tensor;

import dev.gamelan.grad.Gradients;
import dev.gamelan.grad.Tangents;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.ShapeException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Derivatives of functions of trees: trace the function, add the derivative's nodes, and put the actual arguments in
 * the place of the traced ones.
 */
final class Differentiation {

    private Differentiation() {}

    static <A extends Tree> Graded<A> gradient(Function<A, Tensor> function, A at) {
        Arguments arguments = Arguments.of(at);
        Traced traced = Traced.of(arguments, function);
        List<Node> results = withGradients(traced, arguments);
        return new Graded<>(Tensor.of(results.getFirst()), arguments.tree(results.subList(1, results.size())));
    }

    static <A extends Tree, X extends Tree> GradedAux<A, X> gradientAux(Function<A, Aux<X>> function, A at) {
        Arguments arguments = Arguments.of(at);
        Traced traced = Traced.of(arguments, function);
        List<Node> results = withGradients(traced, arguments);
        int outputs = traced.outputs().size();
        Aux<X> aux = traced.tree(results.subList(0, outputs));
        return new GradedAux<>(aux.value(), arguments.tree(results.subList(outputs, results.size())), aux.aux());
    }

    /** All outputs, of which the first is differentiated, and then the gradients of all arguments. */
    private static List<Node> withGradients(Traced traced, Arguments arguments) {
        Node value = traced.outputs().getFirst();
        checkScalar(value);
        List<Node> results = new ArrayList<>(traced.outputs());
        results.addAll(Gradients.of(List.of(value), List.of(Ops.fillLike(value, 1)), traced.inputs()));
        return traced.inline(results, arguments.nodes());
    }

    private static void checkScalar(Node value) {
        if (!value.shape().isScalar()) {
            throw ShapeException.of("grad: the result is not a scalar",
                    "one number of rank 0; reduce it with mean() or sum(), or see vjp",
                    value.type().toString());
        }
        if (!value.dtype().isFloating()) {
            throw new DTypeException("grad: the result has no fractions\n  expected  FLOAT32 or FLOAT64\n  received  "
                    + value.type());
        }
    }

    static <A extends Tree, B extends Tree> Dual<B> jvp(Function<A, B> function, A at, A tangent) {
        Arguments arguments = Arguments.of(at);
        Arguments directions = Arguments.of(tangent);
        check("jvp: the tangent", arguments.structure(), arguments.types(), directions);
        Traced traced = Traced.of(arguments, function);
        List<Node> results = new ArrayList<>(traced.outputs());
        results.addAll(Tangents.of(traced.outputs(), traced.inputs(), directions.nodes()));
        List<Node> inlined = traced.inline(results, arguments.nodes());
        int outputs = traced.outputs().size();
        return new Dual<>(traced.tree(inlined.subList(0, outputs)),
                traced.tree(inlined.subList(outputs, inlined.size())));
    }

    static <A extends Tree, B extends Tree> Pullback<A, B> vjp(Function<A, B> function, A at) {
        Arguments arguments = Arguments.of(at);
        Traced traced = Traced.of(arguments, function);
        B value = traced.tree(traced.inline(arguments.nodes()));
        return new Reverse<>(arguments, traced, value);
    }

    private record Reverse<A extends Tree, B extends Tree>(Arguments arguments, Traced traced,
            B value) implements Pullback<A, B> {

        @Override
        public A apply(B gradient) {
            Arguments given = Arguments.of(gradient);
            check("vjp: the gradient of the result", traced.result(),
                    traced.outputs().stream().map(Node::type).toList(), given);
            List<Node> gradients = Gradients.of(traced.outputs(), given.nodes(), traced.inputs());
            return arguments.tree(traced.inline(gradients, arguments.nodes()));
        }
    }

    private static void check(String what, Structure structure, List<Type> types, Arguments received) {
        Trees.sameStructure(what, structure, received.structure());
        if (!types.equals(received.types())) {
            throw ShapeException.of(what + " has other shapes or types", types.toString(), received.types().toString());
        }
    }
}
