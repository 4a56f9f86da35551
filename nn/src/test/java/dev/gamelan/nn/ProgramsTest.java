package dev.gamelan.nn;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.convTranspose2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.embedding;
import static dev.gamelan.nn.Layers.flatten;
import static dev.gamelan.nn.Layers.leakyRelu;
import static dev.gamelan.nn.Layers.maxPool2d;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Layers.reshape;
import static dev.gamelan.nn.Layers.tanh;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Metrics.accuracy;
import static dev.gamelan.nn.Optimizers.adam;
import static dev.gamelan.nn.Optimizers.adamW;
import static dev.gamelan.nn.Optimizers.chain;
import static dev.gamelan.nn.Optimizers.clipNorm;
import static dev.gamelan.tensor.Functions.compile;
import static dev.gamelan.tensor.Functions.grad;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import org.junit.jupiter.api.Test;

/** Whole programs as a user writes them, in small. */
class ProgramsTest {

    private final Dataset<Tensor, Tensor> images = Dataset.of(RandomKey.of(3).uniform(24, 28, 28, 1),
            RandomKey.of(4).integers(10, Shape.of(24)));

    record Line(Tensor slope, Tensor bias) implements Tree {
        Tensor at(Tensor x) {
            return x.mul(slope).add(bias);
        }
    }

    @Test
    void linearRegressionByHand() {
        var x = Tensor.linspace(-1, 1, 100);
        var y = x.mul(3).add(2).add(RandomKey.of(0).normal(100).mul(0.1));
        var step = compile((Line line) -> {
            var g = grad((Line l) -> l.at(x).sub(y).square().mean()).apply(line);
            return Trees.zip(line, g, (p, dp) -> p.sub(dp.mul(0.1)));
        });
        var line = new Line(Tensor.scalar(0), Tensor.scalar(0));
        for (int i = 0; i < 200; i++) {
            line = step.apply(line);
        }
        assertEquals(3, line.slope().item(), 0.05);
        assertEquals(2, line.bias().item(), 0.05);
    }

    @Test
    void leNetWithBatchNormalizationDropoutAndSchedule() {
        var model = Model.of(Shape.of(28, 28, 1),
                conv2d(4, 5).noBias(), batchNorm(), relu(), maxPool2d(2),
                conv2d(8, 5).noBias(), batchNorm(), relu(), maxPool2d(2),
                flatten(), dense(32), relu(), dropout(0.5), dense(10));
        var history = model.train(images.shuffledBatches(8), softmaxCrossEntropy())
                .validate(images.batches(16)).metric(accuracy())
                .optimizer(steps -> adamW(Schedule.cosine(1e-3, steps).warmup(2), 0.01))
                .epochs(2).quiet().run();
        assertEquals(2, history.epochs().size());
        assertEquals(Shape.of(5, 10), model.apply(Tensor.zeros(5, 28, 28, 1)).shape());
        assertTrue(model.summary().toString().contains("conv2d_2"), model.summary().toString());
    }

    record State(Learner.State g, Learner.State d) implements Tree {}

    record GanLosses(Tensor g, Tensor d) implements Tree {}

    @Test
    void ganWithTwoOptimizersAndALoopOfItsOwn() {
        var generator = Model.of(Shape.of(100), dense(7 * 7 * 4), reshape(7, 7, 4), batchNorm(), relu(),
                convTranspose2d(4, 4).stride(2).padSame(), relu(), convTranspose2d(1, 4).stride(2).padSame(), tanh());
        var critic = Model.of(Shape.of(28, 28, 1), conv2d(4, 4).stride(2).padSame(), leakyRelu(0.2),
                conv2d(8, 4).stride(2).padSame(), leakyRelu(0.2), flatten(), dense(1));
        var g = generator.learner(adam(2e-4));
        var d = critic.learner(adam(2e-4));
        var gan = Stepper.of(new State(g.init(RandomKey.of(1)), d.init(RandomKey.of(2))), (State s, Tensor real) -> {
            var noise = s.g().key().at("noise").normal(real.dim(0), 100);
            var fake = generator.forward(s.g().weights(), noise, s.g().key()).output();
            var dStep = d.step(s.d(), net -> net.apply(real).neg().softplus().add(net.apply(fake).softplus()).mean());
            var gStep = g.step(s.g(), net -> critic.apply(dStep.state().weights(), net.apply(noise)).neg().softplus().mean());
            return new Stepper.Next<>(new State(gStep.state(), dStep.state()), new GanLosses(gStep.output(), dStep.output()));
        });
        var before = TrainingTest.bits(generator.weights());
        var batches = images.shuffledBatches(8);
        double loss = Double.NaN;
        for (int epoch = 0; epoch < 2; epoch++) {
            for (var batch : batches.epoch(epoch)) {
                loss = gan.step(batch.input()).d().item();
            }
        }
        assertTrue(loss > 0 && loss < 5, "critic's loss " + loss);
        generator.publish(gan.state().g().weights());
        assertTrue(!before.equals(TrainingTest.bits(generator.weights())));
        assertEquals(Shape.of(3, 28, 28, 1), generator.apply(Tensor.zeros(3, 100)).shape());
    }

    /** A running sum: the simplest layer that carries something. */
    record Accumulate() implements Layer {
        @Override
        public Tensor apply(Scope scope, Tensor x) {
            Scope.Slot sum = scope.carry("sum", Shape.of(x.dim(0), x.dim(-1)));
            sum.set(sum.get().add(x.mean(1)));
            return x.add(sum.get().expandDims(1));
        }
    }

    @Test
    void languageModelThatCarriesStateAcrossBatches() {
        int[] ids = "the quick brown fox ".repeat(30).chars().toArray();
        var model = Model.of(DType.INT32, Shape.of(8), embedding(128, 8), new Accumulate(), dense(128));
        var history = model.train(Batches.streams(Tensor.ofInts(ids), 4, 8), softmaxCrossEntropy())
                .carryState().optimizer(chain(clipNorm(1), adam(2e-2))).epochs(4).quiet().run();
        assertTrue(history.lastLoss() < history.epochs().getFirst().loss());
        var session = model.session();
        var first = session.apply(Tensor.ofInts("the ".chars().toArray()).reshape(1, -1));
        assertEquals(Shape.of(1, 4, 128), first.shape());
        assertEquals(Shape.of(1, 1, 128), session.apply(Tensor.ofInts('q').reshape(1, 1)).shape());
    }
}
