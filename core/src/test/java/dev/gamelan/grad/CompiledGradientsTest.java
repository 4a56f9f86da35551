package dev.gamelan.grad;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.runtime.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Values, gradients and second gradients in one program, compiled, against the reference. */
class CompiledGradientsTest {

    static Stream<DerivativeCase> cases() {
        return DerivativeCases.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void compiledAsTheReferenceSays(DerivativeCase c) {
        List<Node> x = c.newInputs();
        List<Node> values = c.program().apply(x);
        List<Node> gradients = Gradients.of(values, GradientsTest.weights(values), x);
        List<Node> outputs = new ArrayList<>(values);
        outputs.addAll(gradients);
        outputs.addAll(Gradients.of(gradients, GradientsTest.weights(gradients), x));
        Graph graph = Graph.of(x, outputs);
        List<Data> expected = new Reference().compile(graph).run(c.inputs());
        List<Data> received = Backend.named("jvm").compile(graph).run(c.inputs());
        Evaluation.assertClose(expected, received, 1e-11);
    }
}
