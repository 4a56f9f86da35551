package dev.gamelan.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InitializerTest {

    private static final Shape KERNEL = Shape.of(3, 3, 20, 50);

    private static Tensor make(Initializer init) {
        return init.init(RandomKey.of(1), KERNEL).eval();
    }

    @Test
    void deviationsFollowTheFans() {
        Map<Initializer, Double> expected = Map.of(
                Initializer.heNormal(), Math.sqrt(2 / 180.0), Initializer.heUniform(), Math.sqrt(2 / 180.0),
                Initializer.glorotNormal(), Math.sqrt(2 / (180.0 + 450)), Initializer.glorotUniform(), Math.sqrt(2 / (180.0 + 450)),
                Initializer.lecunNormal(), Math.sqrt(1 / 180.0), Initializer.normal(0.3), 0.3,
                Initializer.uniform(-1, 1), Math.sqrt(1 / 3.0), Initializer.truncatedNormal(1), 0.87962566);
        expected.forEach((init, deviation) -> {
            Tensor values = make(init);
            assertEquals(deviation, values.std().item(), 0.03 * deviation, init.toString());
            assertEquals(0, values.mean().item(), 0.05 * deviation, init.toString());
        });
    }

    @Test
    void boundsHold() {
        assertTrue(make(Initializer.truncatedNormal(0.5)).abs().max().item() <= 1);
        assertTrue(make(Initializer.uniform(2, 3)).min().item() >= 2);
        assertTrue(make(Initializer.uniform(2, 3)).max().item() < 3);
        double limit = Math.sqrt(3 * 2 / 180.0);
        assertEquals(limit, make(Initializer.heUniform()).max().item(), 0.01 * limit);
    }

    @Test
    void constantsAndGivenValues() {
        assertEquals(9000 * 0.25, make(Initializer.constant(0.25)).sum().item(), 1e-3);
        assertEquals(0, make(Initializer.zeros()).abs().sum().item());
        Tensor given = Tensor.of(1, 2);
        Golden.assertClose(given, Initializer.of(given).init(RandomKey.of(0), Shape.of(2)), 0, "values");
        assertThrows(ShapeException.class, () -> Initializer.of(given).init(RandomKey.of(0), Shape.of(3)));
    }

    @Test
    void emptyAndScalarShapesWork() {
        assertEquals(0, Initializer.heNormal().init(RandomKey.of(1), Shape.of(0, 4)).size());
        assertEquals(1, Initializer.glorotUniform().init(RandomKey.of(1), Shape.SCALAR).size());
    }
}
