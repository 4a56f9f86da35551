package dev.gamelan.grad;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients against differences, in first and second order. */
class GradientsTest {

    static Stream<DerivativeCase> cases() {
        return DerivativeCases.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void firstOrder(DerivativeCase c) {
        check(c);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void secondOrder(DerivativeCase c) {
        check(new DerivativeCase(c.name(), gradientOf(c), c.inputs()));
    }

    /** The gradients of a random combination of the results with respect to all inputs. */
    static Function<List<Node>, List<Node>> gradientOf(DerivativeCase c) {
        return x -> {
            List<Node> outputs = c.program().apply(x);
            return Gradients.of(outputs, weights(outputs), x);
        };
    }

    static List<Node> weights(List<Node> outputs) {
        return IntStream.range(0, outputs.size()).mapToObj(i -> Node.of(Evaluation.random(outputs.get(i).type(), i))).toList();
    }

    private static void check(DerivativeCase c) {
        List<Node> x = c.newInputs();
        List<Node> outputs = c.program().apply(x);
        List<Node> weights = weights(outputs);
        List<Data> weightValues = Evaluation.run(List.of(), weights, List.of());
        List<Data> gradients = Evaluation.run(x, Gradients.of(outputs, weights, x), c.inputs());
        for (int input = 0; input < x.size(); input++) {
            for (int i = 0; i < gradients.get(input).length() && c.differentiable(input); i++) {
                double expected = difference(c, x, outputs, weightValues, input, i);
                double received = gradients.get(input).getDouble(i);
                assertEquals(expected, received, 1e-6 * (1 + Math.abs(expected)), "element " + i + " of input " + input);
            }
        }
    }

    /** Richardson's extrapolation of central differences: the error is of fourth order. */
    private static double difference(DerivativeCase c, List<Node> x, List<Node> outputs, List<Data> weights, int input, int i) {
        double h = 1e-3;
        double[] central = new double[2];
        for (int k = 0; k < 2; k++) {
            double step = h / (k + 1);
            double[] ends = new double[2];
            for (int side = 0; side < 2; side++) {
                List<Data> moved = new ArrayList<>(c.inputs());
                moved.set(input, Evaluation.moved(c.inputs().get(input), i, side == 0 ? step : -step));
                ends[side] = Evaluation.dot(Evaluation.run(x, outputs, moved), weights);
            }
            central[k] = (ends[0] - ends[1]) / (2 * step);
        }
        return (4 * central[1] - central[0]) / 3;
    }
}
