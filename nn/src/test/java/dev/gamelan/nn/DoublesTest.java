package dev.gamelan.nn;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.conv1d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.globalAvgPool;
import static dev.gamelan.nn.Layers.layerNorm;
import static dev.gamelan.nn.Layers.lstm;
import static dev.gamelan.nn.Layers.tanh;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Trees;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoublesTest {

    private static final Layer[] LAYERS = {conv1d(8, 3), batchNorm(), tanh(), lstm(5), layerNorm(), dropout(0.2), dense(3).named("head")};

    private static List<Double> losses(DType dtype, Optimizer optimizer) {
        Model<Tensor, Tensor> model = Model.of(dtype, Shape.of(9, 4), LAYERS);
        Learner<Tensor, Tensor> learner = model.learner(optimizer);
        Tensor x = RandomKey.of(3).normal(6, 9, 4).cast(dtype);
        Stepper<Learner.State, Tensor, Tensor> stepper = Stepper.of(learner.init(RandomKey.of(1)),
                (state, input) -> learner.step(state, net -> net.apply(input).square().mean()));
        List<Double> losses = java.util.stream.IntStream.range(0, 5).mapToObj(i -> stepper.step(x).item()).toList();
        assertTrue(Trees.leaves(stepper.state().weights()).stream().allMatch(leaf -> leaf.dtype() == dtype), "all weights are " + dtype);
        return losses;
    }

    @Test
    void trainsInDoublePrecisionAsInSingle() {
        for (Optimizer optimizer : List.of(Optimizers.adamW(1e-2, 0.01),
                Optimizers.chain(Optimizers.clipNorm(0.5), Optimizers.sgd(0.1, 0.9)),
                Optimizers.rmsProp(1e-3))) {
            List<Double> single = losses(DType.FLOAT32, optimizer);
            List<Double> twice = losses(DType.FLOAT64, optimizer);
            for (int i = 0; i < single.size(); i++) {
                assertEquals(twice.get(i), single.get(i), 1e-4 * twice.getFirst());
            }
        }
    }

    @Test
    void infersInDoublePrecision() {
        Model<Tensor, Tensor> model = Model.of(DType.FLOAT64, Shape.of(6, 6, 2), Layers.conv2d(4, 3), globalAvgPool(), dense(2));
        assertEquals(DType.FLOAT64, model.apply(Tensor.ones(DType.FLOAT64, Shape.of(2, 6, 6, 2))).dtype());
    }
}
