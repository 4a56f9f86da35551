package dev.gamelan.tensor;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.blocks.BlockProgram;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.runtime.Pool;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the parameters of a model begin with is computed without kernels of its own, all of it in one program. */
class InitialValuesTest {

    @Test
    void areBlockPrograms() {
        RandomKey key = RandomKey.of(3);
        Shape shape = Shape.of(3, 3, 16, 32);
        List<Node> values = Stream.of(key.at("a").normal(shape).mul(0.1), key.at("b").truncatedNormal(shape).mul(0.2),
                key.at("c").uniform(-0.3, 0.3, shape), key.at("d").normal(shape)).map(Tensor::node).toList();
        Graph graph = LazyProgram.of(values).graph();
        try (Pool pool = new Pool(1)) {
            assertTrue(BlockProgram.of(graph, pool).isPresent());
        }
    }
}
