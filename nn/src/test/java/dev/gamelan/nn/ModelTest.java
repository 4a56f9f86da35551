package dev.gamelan.nn;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.flatten;
import static dev.gamelan.nn.Layers.maxPool2d;
import static dev.gamelan.nn.Layers.relu;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Binding;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Trees;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ModelTest {

    @Test
    void theSummaryHasShapesAndCounts() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(8, 8, 1), conv2d(2, 3), relu(), maxPool2d(2), flatten(), dense(10));
        assertEquals("""
                layer         kind        output     parameters  MFLOPs
                conv2d_1      conv2d      (6, 6, 2)          20   0.001
                relu_1        relu        (6, 6, 2)               0.000
                max_pool2d_1  max_pool2d  (3, 3, 2)               0.000
                flatten_1     flatten     (18,)                   0.000
                dense_1       dense       (10,)             190   0.000
                210 parameters (0.0 MB), 0.002 MFLOPs and 0.0 MB of activations per example
                """, model.summary().toString());
        long conv = 36 * 2 * (2 * 9 + 1);
        assertEquals(conv, model.summary().layers().getFirst().flops());
        assertEquals(conv + 72 + 18 * 4 + 10 * (2 * 18 + 1), model.summary().flops());
        assertEquals(4 * (72 + 72 + 18 + 18 + 10), model.summary().activationBytes());
    }

    @Test
    void seedsDecideTheWeights() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(4), dense(3));
        assertEquals(TrainingTest.bits(model.weights()), TrainingTest.bits(Model.of(Shape.of(4), dense(3)).seed(42).weights()));
        assertFalse(TrainingTest.bits(model.weights()).equals(TrainingTest.bits(model.seed(1).weights())));
    }

    @Test
    void batchesOfAnySizeEvenNone() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(4), dense(3), batchNorm(), relu());
        for (int size : new int[] {1, 7, 0, 64}) {
            assertEquals(Shape.of(size, 3), model.apply(Tensor.ones(size, 4)).shape());
        }
    }

    @Test
    void publishedWeightsAreUsedByTheNextCall() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(2), dense(1));
        Weights zero = new Weights(model.weights().parameters().map(Tensor::zerosLike), model.weights().buffers());
        model.publish(zero);
        assertEquals(0, model.apply(Tensor.ones(1, 2)).item());
        assertEquals(0, model.apply(zero, Tensor.ones(1, 2)).item());
    }

    @Test
    void isAPartOfOtherFunctions() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(3), dense(1).noBias());
        Tensor slope = Functions.grad((Tensor x) -> model.apply(x).sum()).apply(Tensor.zeros(1, 3));
        Golden.assertClose(model.weights().parameters().get("weight").transpose(), slope, 1e-7, "gradient of the input");
        Tensor doubled = Functions.compile((Tensor x) -> model.apply(x).mul(2)).apply(Tensor.ones(2, 3));
        Golden.assertClose(model.apply(Tensor.ones(2, 3)).mul(2), doubled, 1e-6, "doubled");
    }

    @Test
    void manyThreadsShareAModel() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(6), dense(8), relu(), dense(2));
        Tensor x = RandomKey.of(1).normal(3, 6).eval();
        double[] expected = model.apply(x).toDoubleArray();
        List<CompletableFuture<double[]>> calls = IntStream.range(0, 16)
                .mapToObj(i -> CompletableFuture.supplyAsync(() -> model.apply(x).toDoubleArray())).toList();
        calls.forEach(call -> assertTrue(java.util.Arrays.equals(expected, call.join())));
    }

    @Test
    void forwardMovesTheStatisticsOfACopy() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(2), batchNorm());
        Tensor x = Tensor.of(new float[] {0, 10, 2, 30}, 2, 2);
        Pass<Tensor> pass = model.forward(model.weights(), x, RandomKey.of(0));
        Golden.assertClose(Tensor.of(0.1, 2), pass.weights().buffers().get("mean"), 1e-6, "mean");
        Golden.assertClose(Tensor.of(0, 0), model.weights().buffers().get("mean"), 0, "the model's mean");
        Golden.assertClose(Tensor.of(0, 0), pass.output().mean(0), 1e-6, "output's mean");
    }

    @Test
    void aBindingHasArraysAndTheWeightsOfItsMoment() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(3), Layers.dense(4), Layers.relu(), Layers.dense(2));
        Binding<Tensor, Tensor> binding = model.bind(Tensor.zeros(2, 3));
        float[] x = binding.floats(binding.input());
        for (int i = 0; i < x.length; i++) {
            x[i] = i - 2;
        }
        float[] expected = model.apply(Tensor.of(x, 2, 3)).toFloatArray();
        binding.run();
        assertArrayEquals(expected, binding.floats(binding.output()), 1e-6f);
        model.publish(Trees.map(model.weights(), w -> w.add(1)));
        binding.run();
        assertArrayEquals(expected, binding.output().toFloatArray(), 1e-6f);
    }
}
