package dev.gamelan.grad;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.ir.Node;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Forward against reverse mode in a random direction: w (J t) = (w J) t. */
class TangentsTest {

    static Stream<DerivativeCase> cases() {
        return DerivativeCases.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forwardAgreesWithReverse(DerivativeCase c) {
        check(c);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void forwardOverReverse(DerivativeCase c) {
        check(new DerivativeCase(c.name(), GradientsTest.gradientOf(c), c.inputs()));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void reverseOverForward(DerivativeCase c) {
        check(new DerivativeCase(c.name(), x -> Tangents.of(c.program().apply(x), x, directions(x)), c.inputs()));
    }

    private static List<Node> directions(List<Node> x) {
        return IntStream.range(0, x.size()).mapToObj(i -> Node.of(Evaluation.random(x.get(i).type(), 100 + i))).toList();
    }

    private static void check(DerivativeCase c) {
        List<Node> x = c.newInputs();
        List<Node> outputs = c.program().apply(x);
        List<Node> weights = GradientsTest.weights(outputs);
        List<Node> directions = directions(x);
        double forward = Evaluation.dot(Evaluation.run(x, Tangents.of(outputs, x, directions), c.inputs()),
                Evaluation.run(x, weights, c.inputs()));
        double reverse = Evaluation.dot(Evaluation.run(x, Gradients.of(outputs, weights, x), c.inputs()),
                Evaluation.run(x, directions, c.inputs()));
        assertEquals(reverse, forward, 1e-10 * (1 + Math.abs(reverse)));
    }
}
