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
import dev.gamelan.nn.Learner;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Schedule;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;

/**
 * Two networks against each other: one draws digits from noise, one tells them from real ones. A training loop of one's
 * own, with two optimizers, that compiles to one program.
 *
 * @see <a href="https://arxiv.org/abs/1511.06434">Radford et al., Unsupervised representation learning with deep
 *     convolutional generative adversarial networks, 2016</a>
 */
public final class Gan {

    private static final int NOISE = 32;

    private Gan() {}

    record State(Learner.State generator, Learner.State critic) implements Tree {}

    record Losses(Tensor generator, Tensor critic) implements Tree {}

    /** A model that turns noise {@code (B, 32)} into pictures {@code (B, 8, 8, 1)} from -1 to 1. */
    public static Model<Tensor, Tensor> train(int epochs) {
        var generator = Model.of(Shape.of(NOISE), dense(2 * 2 * 64), reshape(2, 2, 64), batchNorm(), relu(),
                convTranspose2d(32, 4).stride(2).padSame(), batchNorm(), relu(), convTranspose2d(1, 4).stride(2).padSame(), tanh());
        var critic = Model.of(Shape.of(8, 8, 1), conv2d(32, 4).stride(2).padSame(), leakyRelu(0.2),
                conv2d(64, 4).stride(2).padSame(), leakyRelu(0.2), flatten(), dense(1));
        var calm = adam(Schedule.constant(1e-3), 0.5, 0.999, 1e-8);
        var g = generator.learner(calm);
        var d = critic.learner(calm);
        var gan = Stepper.of(new State(g.init(RandomKey.of(1)), d.init(RandomKey.of(2))), (State s, Tensor pixels) -> {
            var real = pixels.cast(DType.FLOAT32).div(127.5).sub(1);
            var noise = s.generator().key().at("noise").normal(real.dim(0), NOISE);
            var fake = generator.forward(s.generator().weights(), noise, s.generator().key()).output();
            var dStep = d.step(s.critic(), net -> net.apply(real).neg().softplus().add(net.apply(fake).softplus()).mean());
            var gStep = g.step(s.generator(), net -> critic.apply(dStep.state().weights(), net.apply(noise)).neg().softplus().mean());
            return new Stepper.Next<>(new State(gStep.state(), dStep.state()), new Losses(gStep.output(), dStep.output()));
        });
        var batches = Digits.load().train().shuffledBatches(64);
        for (int epoch = 0; epoch < epochs; epoch++) {
            for (var batch : batches.epoch(epoch)) {
                gan.step(batch.input());
            }
        }
        generator.publish(gan.state().generator().weights());
        return generator;
    }

    /** A picture {@code (8, 8, 1)} in characters, two for each pixel. */
    static String draw(Tensor picture) {
        var text = new StringBuilder();
        float[] ink = picture.toFloatArray();
        for (int i = 0; i < ink.length; i++) {
            text.append(String.valueOf(" .:-=+*#%@".charAt((int) ((ink[i] + 1) * 4.99))).repeat(2)).append(i % 8 == 7 ? "\n" : "");
        }
        return text.toString();
    }

    static void main() {
        var pictures = train(60).apply(RandomKey.of(3).normal(4, NOISE));
        for (int i = 0; i < pictures.dim(0); i++) {
            IO.println(draw(pictures.get(i)));
        }
    }
}
