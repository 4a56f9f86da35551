package dev.gamelan.examples;

import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.lstm;

import dev.gamelan.nn.Model;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;

/**
 * A network in a loop that must keep time: it gets a signal 32 samples at a time and answers each time, with what it remembers of all
 * before. The loop allocates nothing, so no garbage collection comes between.
 */
public final class RealTime {

    private static final int SAMPLES = 32;

    private RealTime() {}

    /** Steps over the last axis of (batch, time, samples). */
    public static Model<Tensor, Tensor> network() {
        return Model.of(Shape.of(1, SAMPLES), lstm(64), lstm(64), dense(2));
    }

    /** Answers of two numbers each, one after the other. */
    public static float[] follow(Model<Tensor, Tensor> model, float[] signal, long[] nanoseconds) {
        var loop = model.session().bind(Tensor.zeros(1, 1, SAMPLES));
        float[] samples = loop.floats(loop.input());
        float[] answer = loop.floats(loop.output());
        float[] all = new float[nanoseconds.length * answer.length];
        for (int i = 0; i < nanoseconds.length; i++) {
            long start = System.nanoTime();
            System.arraycopy(signal, i * SAMPLES, samples, 0, SAMPLES);
            loop.run();
            System.arraycopy(answer, 0, all, i * answer.length, answer.length);
            nanoseconds[i] = System.nanoTime() - start;
        }
        return all;
    }

    public static void main(String[] args) {
        int steps = 200_000;
        float[] signal = new float[steps * SAMPLES];
        for (int i = 0; i < signal.length; i++) {
            signal[i] = (float) Math.sin(0.01 * i);
        }
        long[] nanoseconds = new long[steps];
        follow(network(), signal, nanoseconds);
        long[] steady = Arrays.copyOfRange(nanoseconds, steps / 2, steps);
        Arrays.sort(steady);
        System.out.printf(Locale.ROOT, "half of the steps took up to %.1f us, 99 of 100 up to %.1f us%n", steady[steady.length / 2] * 1e-3,
                steady[steady.length * 99 / 100] * 1e-3);
    }
}
