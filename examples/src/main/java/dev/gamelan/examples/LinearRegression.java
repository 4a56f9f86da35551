package dev.gamelan.examples;

import static dev.gamelan.tensor.Functions.compile;
import static dev.gamelan.tensor.Functions.grad;

import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;

/** Fits a line to noisy points by gradient descent, with nothing but tensors and {@code grad}. */
public final class LinearRegression {

    private LinearRegression() {}

    /** y = slope x + bias. */
    public record Line(Tensor slope, Tensor bias) implements Tree {
        Tensor at(Tensor x) {
            return x.mul(slope).add(bias);
        }
    }

    /** The line through points around y = 3 x + 2. */
    public static Line fit(int steps) {
        var x = Tensor.linspace(-1, 1, 100);
        var y = x.mul(3).add(2).add(RandomKey.of(0).normal(100).mul(0.1));
        var step = compile((Line line) -> {
            var g = grad((Line l) -> l.at(x).sub(y).square().mean()).apply(line);
            return Trees.zip(line, g, (p, dp) -> p.sub(dp.mul(0.1)));
        });
        var line = new Line(Tensor.scalar(0), Tensor.scalar(0));
        for (int i = 0; i < steps; i++) {
            line = step.apply(line);
        }
        return line;
    }

    public static void main(String[] args) {
        System.out.println(fit(200));
    }
}
