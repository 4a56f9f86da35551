package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code RNN}, {@code GRU} and {@code LSTM}: what they share, which is all but one step. */
final class Recurrent {

    private Recurrent() {}

    /** The values that go from step to step: the output first. */
    record State(List<Tensor> tensors) implements Tree {}

    private record Step(Tensor x, Tensor index) implements Tree {}

    /**
     * One step in one direction.
     *
     * @param direction its number, by which weights are chosen
     */
    interface Cell {
        /** @param projected the product of the input and the input weights, with biases: (batch, gates * hidden) */
        State step(int direction, Tensor projected, State state);
    }

    /** The products with the weights of a direction, of the inputs and of the state. */
    interface Weights {
        int hidden();

        Tensor input(Tensor rows, int direction);

        Tensor state(Tensor rows, int direction);
    }

    /** Weights as ONNX has them: (directions, gates * hidden, in). */
    record Plain(Call c) implements Weights {

        @Override
        public int hidden() {
            return c.tensor(2).dim(-1);
        }

        @Override
        public Tensor input(Tensor rows, int direction) {
            return rows.matmul(c.prepared(1, "input weights " + direction, w -> w.select(0, direction).transpose()));
        }

        @Override
        public Tensor state(Tensor rows, int direction) {
            return rows.matmul(c.prepared(2, "state weights " + direction, w -> w.select(0, direction).transpose()));
        }
    }

    /**
     * @param carried how many tensors go from step to step; their first values are the inputs from 5 on
     * @param bias makes the bias of the projection from the (8 or so) * hidden numbers of the node
     */
    record Network(Call c, int gates, int carried, Cell cell, Weights weights, java.util.function.UnaryOperator<Tensor> bias) {

        int hidden() {
            return weights.hidden();
        }

        boolean batchFirst() {
            return c.attribute("layout", 0) == 1;
        }

        List<Value> run() {
            Tensor x = batchFirst() ? c.tensor(0).swapAxes(0, 1) : c.tensor(0);
            int directions = c.tensor(1).dim(0);
            boolean backwards = c.attribute("direction", "forward").equals("reverse");
            List<Tensor> outputs = new ArrayList<>();
            List<List<Tensor>> last = new ArrayList<>();
            for (int d = 0; d < directions; d++) {
                boolean reverse = backwards || d == 1;
                Stepper.Next<State, State> result = direction(x, d, reverse);
                outputs.add(result.output().tensors().getFirst());
                last.add(result.state().tensors());
            }
            List<Value> values = new ArrayList<>();
            Tensor y = Tensors.stack(1, outputs);
            values.add(Value.of(c.type(0), batchFirst() ? y.permute(2, 0, 1, 3) : y));
            for (int i = 0; i < carried; i++) {
                int state = i;
                Tensor all = Tensors.stack(0, last.stream().map(each -> each.get(state)).toList());
                values.add(Value.of(c.type(0), batchFirst() ? all.swapAxes(0, 1) : all));
            }
            return values;
        }

        private State initial(int direction, int batch) {
            List<Tensor> tensors = new ArrayList<>();
            for (int i = 0; i < carried; i++) {
                if (c.has(5 + i)) {
                    Tensor given = batchFirst() ? c.tensor(5 + i).swapAxes(0, 1) : c.tensor(5 + i);
                    tensors.add(given.select(0, direction));
                } else {
                    tensors.add(Tensor.zeros(c.tensor(0).dtype(), Shape.of(batch, hidden())));
                }
            }
            return new State(tensors);
        }

        /** x: (time, batch, in); the projection of all steps is one product. */
        private Stepper.Next<State, State> direction(Tensor x, int d, boolean reverse) {
            int time = x.dim(0);
            int batch = x.dim(1);
            Tensor projected = weights.input(x.reshape(time * batch, x.dim(2)), d);
            if (c.has(3)) {
                projected = projected.add(c.prepared(3, "bias " + d + op(), b -> bias.apply(b.select(0, d))));
            }
            Tensor steps = projected.reshape(time, batch, gates * hidden());
            State start = initial(d, batch);
            Optional<Tensor> lengths = c.has(4) ? Optional.of(c.tensor(4).cast(DType.INT32).expandDims(1)) : Optional.empty();
            Step sequence = new Step(steps, Tensor.arange(time));
            if (time == 1) {
                State end = masked(d, new Step(steps.select(0, 0), Tensor.scalar(DType.INT32, 0)), start, lengths);
                return new Stepper.Next<>(end, new State(List.of(output(end, Tensor.scalar(DType.INT32, 0), lengths).expandDims(0))));
            }
            java.util.function.BiFunction<State, Step, Stepper.Next<State, State>> body = (state, step) -> {
                State next = masked(d, step, state, lengths);
                return new Stepper.Next<>(next, new State(List.of(output(next, step.index(), lengths))));
            };
            return reverse ? Functions.scanReverse(start, sequence, body) : Functions.scan(start, sequence, body);
        }

        private String op() {
            return " of " + c.op() + c.attribute("linear_before_reset", 0);
        }

        /** Beyond the end of its sequence an example keeps its state. */
        private State masked(int direction, Step step, State state, Optional<Tensor> lengths) {
            State next = cell.step(direction, step.x(), state);
            if (lengths.isEmpty()) {
                return next;
            }
            Tensor inside = lengths.get().greater(step.index());
            List<Tensor> kept = new ArrayList<>();
            for (int i = 0; i < carried; i++) {
                kept.add(next.tensors().get(i).where(inside, state.tensors().get(i)));
            }
            return new State(kept);
        }

        /** And gives zeros. */
        private static Tensor output(State state, Tensor index, Optional<Tensor> lengths) {
            Tensor y = state.tensors().getFirst();
            return lengths.isEmpty() ? y : y.where(lengths.get().greater(index), 0);
        }
    }
}
