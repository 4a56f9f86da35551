package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Stepper.Next;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Runs a recurrent cell over time. The inputs of all steps are projected by one product before the loop, so that each step
 * has one product of matrices left, that of its state.
 *
 * @param outputs whether the outputs of all steps are wanted, not the last one alone
 */
record Recurrence(boolean outputs, boolean reverse) {

    private record Masked(Tensor x, Tensor mask) implements Tree {}

    private record Nothing() implements Tree {}

    /** {@code x: (B, T, in)} times {@code weight: (in, n)}, plus a bias, steps first: (T, B, n). */
    static Tensor project(Tensor x, Tensor weight, Tensor bias) {
        Tensor rows = x.permute(1, 0, 2).reshape(Shape.of(x.shape().slice(0, 2).length(), x.dim(2)));
        return rows.matmul(weight).add(bias).reshape(Shape.of(x.dim(1), x.dim(0), weight.dim(1)));
    }

    /** BOOL (T, B, 1), as the steps are. */
    static Optional<Tensor> mask(String layer, boolean sequence, Padded x) {
        if (!sequence) {
            throw new IllegalArgumentException(layer + ": lastOnly() of padded sequences; leave it out, and take last() of the result");
        }
        check(layer, x.values());
        return Optional.of(x.mask().transpose().expandDims(-1));
    }

    static void check(String layer, Tensor x) {
        Checks.rank(layer, "(batch, steps, features)", 3, x);
    }

    /** PyTorch's. */
    static Initializer init(int units) {
        double limit = 1 / Math.sqrt(Checks.positive("recurrent layer", "units", units));
        return Initializer.uniform(-limit, limit);
    }

    /**
     * @param projected (T, B, n)
     * @param mask      BOOL (T, B, 1): steps without effect are false, and their outputs are zero
     * @param step      from a step's projection (B, n) and the state to the next state
     * @param output    of a state: (B, units)
     * @return the last state; and the outputs (B, T, units), or the last one (B, units)
     */
    <S extends Tree> Next<S, Tensor> run(Tensor projected, Optional<Tensor> mask, S initial, BiFunction<Tensor, S, S> step,
            Function<S, Tensor> output) {
        return mask.isEmpty() ? loop(projected, initial, step, output, (now, y) -> y)
                : loop(new Masked(projected, mask.get()), initial,
                        (now, state) -> Trees.zip(step.apply(now.x, state), state, (after, before) -> after.where(now.mask, before)),
                        output, (now, y) -> y.where(now.mask, 0));
    }

    private <S extends Tree, X extends Tree> Next<S, Tensor> loop(X steps, S initial, BiFunction<X, S, S> step, Function<S, Tensor> output,
            BiFunction<X, Tensor, Tensor> shown) {
        if (!outputs) {
            S last = scan(initial, steps, (state, now) -> new Next<>(step.apply(now, state), new Nothing())).state();
            return new Next<>(last, output.apply(last));
        }
        Next<S, Tensor> all = scan(initial, steps, (state, now) -> {
            S next = step.apply(now, state);
            return new Next<>(next, shown.apply(now, output.apply(next)));
        });
        return new Next<>(all.state(), all.output().permute(1, 0, 2));
    }

    private <S extends Tree, X extends Tree, Y extends Tree> Next<S, Y> scan(S initial, X steps, BiFunction<S, X, Next<S, Y>> body) {
        return reverse ? Functions.scanReverse(initial, steps, body) : Functions.scan(initial, steps, body);
    }
}
