package dev.gamelan.examples;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.convTranspose2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.flatten;
import static dev.gamelan.nn.Layers.leakyRelu;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Layers.reshape;
import static dev.gamelan.nn.Layers.tanh;
import static dev.gamelan.nn.Optimizers.adam;

import dev.gamelan.domains.vision.Digits;
import dev.gamelan.nn.Batches;
import dev.gamelan.nn.Learner;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Schedule;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;

/** Two networks with an optimizer each: one draws digits, the other tells them from real ones (Goodfellow et al., 2014). */
public final class DigitGan {

    private static final int NOISE = 32;

    private DigitGan() {}

    /** What moves from step to step. */
    public record State(Learner.State generator, Learner.State critic) implements Tree {}

    /** What a step tells. */
    public record Losses(Tensor generator, Tensor critic) implements Tree {}

    /** Noise (B, 32) -> pictures (B, 8, 8, 1) from -1 to 1; not yet trained. */
    public static Model<Tensor, Tensor> generator() {
        return Model.of(Shape.of(NOISE), dense(4 * 4 * 32), reshape(4, 4, 32), batchNorm(), relu(),
                convTranspose2d(16, 4).stride(2).padSame(), batchNorm(), relu(), conv2d(1, 3).padSame(), tanh());
    }

    /** Real digits, from -1 to 1. */
    public static Batches<Tensor, Tensor> digits() {
        return Digits.load().train().shuffledBatches(64).inputs(pixels -> pixels.cast(DType.FLOAT32).div(127.5).sub(1));
    }

    /** Trains the generator, and gives the last losses. */
    public static Losses train(Model<Tensor, Tensor> generator, Batches<Tensor, Tensor> digits, int epochs) {
        var critic = Model.of(Shape.of(8, 8, 1), conv2d(16, 3).stride(2).padSame(), leakyRelu(0.2),
                conv2d(32, 3).stride(2).padSame(), leakyRelu(0.2), flatten(), dense(1));
        var g = generator.learner(adam(Schedule.constant(1e-3), 0.5, 0.999, 1e-8));
        var d = critic.learner(adam(Schedule.constant(1e-3), 0.5, 0.999, 1e-8));
        var gan = Stepper.of(new State(g.init(RandomKey.of(1)), d.init(RandomKey.of(2))), (State s, Tensor real) -> {
            var noise = s.generator().key().at("noise").normal(real.dim(0), NOISE);
            var fake = generator.forward(s.generator().weights(), noise, s.generator().key()).output();
            var critics = d.step(s.critic(), net -> net.apply(real).neg().softplus().add(net.apply(fake).softplus()).mean());
            var generators = g.step(s.generator(), net -> critic.apply(critics.state().weights(), net.apply(noise)).neg().softplus().mean());
            return new Stepper.Next<>(new State(generators.state(), critics.state()), new Losses(generators.output(), critics.output()));
        });
        var losses = new Losses(Tensor.scalar(0), Tensor.scalar(0));
        for (int epoch = 0; epoch < epochs; epoch++) {
            for (var batch : digits.epoch(epoch)) {
                losses = gan.step(batch.input());
            }
        }
        generator.publish(gan.state().generator().weights());
        return losses;
    }

    public static void main(String[] args) {
        var generator = generator();
        System.out.println(train(generator, digits(), 60));
        var pictures = generator.apply(RandomKey.of(3).normal(4, NOISE));
        for (int i = 0; i < 4; i++) {
            var rows = pictures.get(i).reshape(8, 8).toFloatArray();
            for (int row = 0; row < 8; row++) {
                for (int column = 0; column < 8; column++) {
                    System.out.print(" .:+#@".charAt(Math.clamp((int) ((rows[row * 8 + column] + 1) * 3), 0, 5)));
                }
                System.out.println();
            }
        }
    }
}
