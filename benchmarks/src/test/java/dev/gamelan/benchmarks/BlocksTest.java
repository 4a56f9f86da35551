package dev.gamelan.benchmarks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.nn.Learner;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Optimizers;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import org.junit.jupiter.api.Test;

class BlocksTest {

    private static final Shape INPUT = Shape.of(2, 8, 16);

    @Test
    void recomputingChangesNoGradient() {
        TensorMap kept = afterOneStep(false);
        TensorMap recomputed = afterOneStep(true);
        assertEquals(kept.paths(), recomputed.paths());
        for (String path : kept.paths()) {
            assertArrayEquals(kept.get(path).toFloatArray(), recomputed.get(path).toFloatArray(), 1e-6f, path);
        }
    }

    /** The weights after a step tell the gradients. */
    private static TensorMap afterOneStep(boolean recompute) {
        Tensor x = RandomKey.of(3).normal(INPUT).eval();
        Learner<Tensor, Tensor> learner = Model.of(Shape.of(INPUT.dim(1), INPUT.dim(2)), new Blocks(3, 2, recompute))
                .learner(Optimizers.sgd(1));
        Stepper<Learner.State, Tensor, Tensor> stepper = Stepper.of(learner.init(RandomKey.of(1)),
                (Learner.State state, Tensor in) -> learner.step(state, net -> net.apply(in).square().mean()));
        stepper.step(x);
        return stepper.state().weights().parameters();
    }

    @Test
    void recomputingSavesMostOfWhatABlockAdds() {
        long kept = perBlock(false);
        long recomputed = perBlock(true);
        assertTrue(recomputed * 4 < kept, "a block adds " + kept + " bytes, recomputed " + recomputed);
    }

    private static long perBlock(boolean recompute) {
        return (arena(9, recompute) - arena(5, recompute)) / 4;
    }

    private static long arena(int depth, boolean recompute) {
        return new Blocks(depth, 2, recompute).step(Shape.of(4, 32, 16)).arenaBytes();
    }

    @Test
    void twiceTheDepthIsTwiceTheArithmetic() {
        long one = new Blocks(1, 2, false).step(INPUT).flops();
        long two = new Blocks(2, 2, false).step(INPUT).flops();
        long four = new Blocks(4, 2, false).step(INPUT).flops();
        assertEquals(2.0, (four - two) / (double) (two - one), 0.05);
    }
}
