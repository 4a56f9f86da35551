package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Stepper.Next;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import java.util.List;
import java.util.Optional;

/**
 * Long short-term memory (Hochreiter and Schmidhuber, 1997; with forget gates, Gers et al., 2000), with PyTorch's
 * equations and order of gates:
 *
 * <pre>
 * i, f, g, o = split(x weight + h recurrent + bias)
 * c' = sigmoid(f) c + sigmoid(i) tanh(g)
 * h' = sigmoid(o) tanh(c')
 * </pre>
 *
 * Parameters: weight (in, 4 units) and recurrent (units, 4 units), which start as in PyTorch, evenly distributed up to
 * {@code 1 / sqrt(units)}; bias (4 units), the sum of PyTorch's two, which starts as in Keras at zero, and at one for the
 * forget gates f (Jozefowicz et al., 2015).
 *
 * <p>A {@link Session} goes on with the state of the call before, as does training after {@link Trainer#carryState}; else
 * each sequence starts from zeros.
 *
 * @param sequence whether all outputs are given, not the last one alone
 * @param reverse  whether sequences are read from the end
 * @param init     of weight and recurrent
 */
public record Lstm(int units, boolean sequence, boolean reverse, Initializer init) implements Recurrent {

    /** What is remembered: both (B, units). */
    public record State(Tensor hidden, Tensor cell) implements Tree {

        /** Zeros. */
        public static State zeros(DType dtype, int batch, int units) {
            Tensor zeros = Tensor.zeros(dtype, Shape.of(batch, units));
            return new State(zeros, zeros);
        }
    }

    public Lstm {
        Checks.positive("lstm", "units", units);
    }

    static Lstm of(int units) {
        return new Lstm(units, true, false, Recurrence.init(units));
    }

    @Override
    public Lstm lastOnly() {
        return new Lstm(units, false, reverse, init);
    }

    @Override
    public Lstm reversed() {
        return new Lstm(units, sequence, !reverse, init);
    }

    public Lstm init(Initializer initializer) {
        return new Lstm(units, sequence, reverse, initializer);
    }

    /** x: (B, T, in) -> (B, T, units), or the last output (B, units). */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        return carrying(scope, x, Optional.empty());
    }

    /** x: (B, T, in) -> (B, T, units) with zeros behind the ends; the state stays as it is at each sequence's end. */
    @Override
    public Padded apply(Scope scope, Padded x) {
        return new Padded(carrying(scope, x.values(), Recurrence.mask("lstm", sequence, x)), x.lengths());
    }

    /** From a state of one's own: x: (B, T, in) -> the last state and the outputs. */
    public Next<State, Tensor> apply(Scope scope, Tensor x, State state) {
        return run(scope, x, Optional.empty(), state);
    }

    /** From a state of one's own: the state at each sequence's end, and the outputs. */
    public Next<State, Padded> apply(Scope scope, Padded x, State state) {
        Next<State, Tensor> result = run(scope, x.values(), Recurrence.mask("lstm", sequence, x), state);
        return new Next<>(result.state(), new Padded(result.output(), x.lengths()));
    }

    private Tensor carrying(Scope scope, Tensor x, Optional<Tensor> mask) {
        Recurrence.check("lstm", x);
        if (reverse) {
            return run(scope, x, mask, State.zeros(x.dtype(), x.dim(0), units)).output();
        }
        Shape shape = Shape.of(x.dim(0), units);
        Scope.Slot hidden = scope.carry("hidden", x.dtype(), shape);
        Scope.Slot cell = scope.carry("cell", x.dtype(), shape);
        Next<State, Tensor> result = run(scope, x, mask, new State(hidden.get(), cell.get()));
        hidden.set(result.state().hidden);
        cell.set(result.state().cell);
        return result.output();
    }

    private Next<State, Tensor> run(Scope scope, Tensor x, Optional<Tensor> mask, State initial) {
        Recurrence.check("lstm", x);
        Tensor weight = scope.parameter("weight", Shape.of(x.dim(-1), 4 * units), init);
        Tensor recurrent = scope.parameter("recurrent", Shape.of(units, 4 * units), init);
        Tensor bias = scope.parameter("bias", Shape.of(4 * units), this::bias);
        return new Recurrence(sequence, reverse).run(Recurrence.project(x, weight, bias), mask, initial,
                (now, state) -> step(now.add(state.hidden.matmul(recurrent)), state.cell), State::hidden);
    }

    private Tensor bias(dev.gamelan.tensor.RandomKey key, Shape shape) {
        return Tensors.concat(0, Tensor.zeros(units), Tensor.ones(units), Tensor.zeros(2 * units));
    }

    private static State step(Tensor gates, Tensor cell) {
        List<Tensor> parts = gates.split(-1, 4);
        Tensor next = parts.get(1).sigmoid().mul(cell).add(parts.get(0).sigmoid().mul(parts.get(2).tanh()));
        return new State(parts.get(3).sigmoid().mul(next.tanh()), next);
    }
}
