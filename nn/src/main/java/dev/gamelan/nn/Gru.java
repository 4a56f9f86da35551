package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Stepper.Next;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Gated recurrent unit (Cho et al., 2014), with PyTorch's equations and order of gates, where the reset gate is applied
 * after the product:
 *
 * <pre>
 * r, z, n = split(x weight + bias)
 * hr, hz, hn = split(h recurrent)
 * c  = tanh(n + sigmoid(r + hr) (hn + recurrent_bias))
 * h' = c + sigmoid(z + hz) (h - c)
 * </pre>
 *
 * Parameters: weight (in, 3 units) and recurrent (units, 3 units), which start as in PyTorch, evenly distributed up to
 * {@code 1 / sqrt(units)}; bias (3 units) and recurrent_bias (units), which start at zero. PyTorch's two biases are their sum
 * but for n.
 *
 * <p>A {@link Session} goes on with the state of the call before, as does training after {@link Trainer#carryState}; else
 * each sequence starts from zeros.
 *
 * @param sequence whether all outputs are given, not the last one alone
 * @param reverse  whether sequences are read from the end
 * @param init     of weight and recurrent
 */
public record Gru(int units, boolean sequence, boolean reverse, Initializer init) implements Recurrent {

    public Gru {
        Checks.positive("gru", "units", units);
    }

    static Gru of(int units) {
        return new Gru(units, true, false, Recurrence.init(units));
    }

    @Override
    public Gru lastOnly() {
        return new Gru(units, false, reverse, init);
    }

    @Override
    public Gru reversed() {
        return new Gru(units, sequence, !reverse, init);
    }

    public Gru init(Initializer initializer) {
        return new Gru(units, sequence, reverse, initializer);
    }

    /** x: (B, T, in) -> (B, T, units), or the last output (B, units). */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        return carrying(scope, x, Optional.empty());
    }

    /** x: (B, T, in) -> (B, T, units) with zeros behind the ends; the state stays as it is at each sequence's end. */
    @Override
    public Padded apply(Scope scope, Padded x) {
        return new Padded(carrying(scope, x.values(), Recurrence.mask("gru", sequence, x)), x.lengths());
    }

    /** From a state of one's own, (B, units): x: (B, T, in) -> the last state and the outputs. */
    public Next<Tensor, Tensor> apply(Scope scope, Tensor x, Tensor state) {
        return run(scope, x, Optional.empty(), state);
    }

    /** From a state of one's own, (B, units): the state at each sequence's end, and the outputs. */
    public Next<Tensor, Padded> apply(Scope scope, Padded x, Tensor state) {
        Next<Tensor, Tensor> result = run(scope, x.values(), Recurrence.mask("gru", sequence, x), state);
        return new Next<>(result.state(), new Padded(result.output(), x.lengths()));
    }

    private Tensor carrying(Scope scope, Tensor x, Optional<Tensor> mask) {
        Recurrence.check("gru", x);
        Shape shape = Shape.of(x.dim(0), units);
        if (reverse) {
            return run(scope, x, mask, Tensor.zeros(x.dtype(), shape)).output();
        }
        Scope.Slot hidden = scope.carry("hidden", x.dtype(), shape);
        Next<Tensor, Tensor> result = run(scope, x, mask, hidden.get());
        hidden.set(result.state());
        return result.output();
    }

    private Next<Tensor, Tensor> run(Scope scope, Tensor x, Optional<Tensor> mask, Tensor initial) {
        Recurrence.check("gru", x);
        Tensor weight = scope.parameter("weight", Shape.of(x.dim(-1), 3 * units), init);
        Tensor recurrent = scope.parameter("recurrent", Shape.of(units, 3 * units), init);
        Tensor bias = scope.parameter("bias", Shape.of(3 * units), Initializer.zeros());
        Tensor recurrentBias = scope.parameter("recurrent_bias", Shape.of(units), Initializer.zeros());
        return new Recurrence(sequence, reverse).run(Recurrence.project(x, weight, bias), mask, initial,
                (now, hidden) -> step(now, hidden.matmul(recurrent), recurrentBias, hidden), hidden -> hidden);
    }

    private static Tensor step(Tensor projected, Tensor recurred, Tensor recurrentBias, Tensor hidden) {
        List<Tensor> x = projected.split(-1, 3);
        List<Tensor> h = recurred.split(-1, 3);
        Tensor reset = x.get(0).add(h.get(0)).sigmoid();
        Tensor update = x.get(1).add(h.get(1)).sigmoid();
        Tensor candidate = x.get(2).add(reset.mul(h.get(2).add(recurrentBias))).tanh();
        return candidate.add(update.mul(hidden.sub(candidate)));
    }
}
