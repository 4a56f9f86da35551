package dev.gamelan.nn;

import static dev.gamelan.nn.Golden.assertClose;
import static dev.gamelan.nn.Optimizers.adam;
import static dev.gamelan.nn.Optimizers.adamW;
import static dev.gamelan.nn.Optimizers.chain;
import static dev.gamelan.nn.Optimizers.clipNorm;
import static dev.gamelan.nn.Optimizers.clipValue;
import static dev.gamelan.nn.Optimizers.nesterov;
import static dev.gamelan.nn.Optimizers.rmsProp;
import static dev.gamelan.nn.Optimizers.sgd;
import static dev.gamelan.nn.Optimizers.weightDecay;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gamelan.shape.NameException;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import tools.jackson.databind.JsonNode;

class OptimizersTest {

    record Parameters(Tensor w, Tensor b) implements Tree {}

    private static final Parameters START = new Parameters(Tensor.of(new float[] {1, -2, 3, 0.5f, 0.1f, -0.7f}, 2, 3),
            Tensor.of(0.3, -0.2));

    private static final Map<String, Optimizer> OPTIMIZERS = Map.ofEntries(
            Map.entry("sgd", sgd(0.1)),
            Map.entry("momentum", sgd(0.1, 0.9)),
            Map.entry("nesterov", nesterov(0.1, 0.9)),
            Map.entry("adam", adam(0.05)),
            Map.entry("adam L2", chain(weightDecay(0.1), adam(0.05))),
            Map.entry("adamW", adamW(0.05, 0.1)),
            Map.entry("rmsProp", rmsProp(0.05)),
            Map.entry("adagrad", Optimizers.adagrad(0.05)),
            Map.entry("clipNorm sgd", chain(clipNorm(0.5), sgd(0.1))),
            Map.entry("clipValue sgd", chain(clipValue(0.2), sgd(0.1))),
            Map.entry("cosine sgd", sgd(Schedule.cosine(0.1, 6))),
            Map.entry("step sgd", sgd(Schedule.step(0.1, 0.5, 2))),
            Map.entry("exponential sgd", sgd(Schedule.exponential(0.1, 0.8, 1))));

    @TestFactory
    Stream<DynamicTest> likePyTorch() {
        return Golden.cases("optimizers").stream().map(c -> DynamicTest.dynamicTest(c.get("name").asString(), () -> check(c)));
    }

    private static void check(JsonNode c) {
        Optimizer optimizer = OPTIMIZERS.get(c.get("name").asString());
        Parameters parameters = START;
        Optimizer.State state = optimizer.init(parameters);
        int number = 0;
        for (JsonNode expected : c.get("steps")) {
            number++;
            double factor = number * 0.3;
            Parameters gradients = Functions.grad((Parameters p) -> p.w.square().sum().mul(0.5)
                    .add(p.w.get(0).mul(p.w.get(1)).sum().mul(factor)).add(p.b.pow(3).sum())).apply(parameters);
            Optimizer.Step<Parameters> step = optimizer.step(parameters, gradients, state);
            parameters = step.parameters();
            state = step.state();
            assertClose(Golden.tensor(expected.get("w")), parameters.w, 3e-6, "w after step " + number);
            assertClose(Golden.tensor(expected.get("b")), parameters.b, 3e-6, "b after step " + number);
        }
    }

    @Test
    void otherPathsGetAnotherOptimizer() {
        Optimizer optimizer = sgd(0).on("b", sgd(1));
        Parameters gradients = new Parameters(Tensor.ones(2, 3), Tensor.ones(2));
        Parameters after = optimizer.step(START, gradients, optimizer.init(START)).parameters();
        assertClose(START.w, after.w, 0, "w");
        assertClose(START.b.sub(1), after.b, 1e-7, "b");
    }

    @Test
    void aPatternThatMatchesNothingIsAnError() {
        assertThrows(NameException.class, () -> sgd(0).on("c.**", sgd(1)).init(START));
    }

    @Test
    void lionStepsByTheSign() {
        Optimizer lion = Optimizers.lion(0.1, 0);
        Parameters gradients = new Parameters(Tensor.full(START.w.shape(), -7), Tensor.of(3, 0));
        Parameters after = lion.step(START, gradients, lion.init(START)).parameters();
        assertClose(START.w.add(0.1), after.w, 1e-6, "w");
        assertEquals(START.b.get(0).item() - 0.1, after.b.get(0).item(), 1e-6);
        assertEquals(START.b.get(1).item(), after.b.get(1).item(), 0);
    }
}
