package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code Loop}. One with a known number of steps whose values keep their shapes becomes a loop of the program; any other is
 * run step by step.
 */
final class Loops {

    /** Shorter loops are unrolled: their steps can be optimized together. */
    private static final int SHORT = 4;

    private Loops() {}

    static void register(Registry r) {
        r.op("Loop", Loops::loop);
    }

    private static List<Value> loop(Call c) {
        Body body = c.body("body");
        int carried = c.inputs() - 2;
        List<Value> initial = new ArrayList<>();
        for (int i = 0; i < carried; i++) {
            initial.add(c.value(i + 2));
        }
        boolean counted = c.has(0) && c.isKnown(0) && !c.has(1);
        if (counted && c.longs(0)[0] > SHORT && initial.stream().allMatch(Value.Numbers.class::isInstance)) {
            long count = c.longs(0)[0];
            Optional<List<Value>> whole = c.repeated(count, () -> scanned(body, initial, Math.toIntExact(count)));
            return whole.orElseGet(() -> steps(c, body, initial, true));
        }
        return steps(c, body, initial, false);
    }

    /** Nothing if the loop may end early or its values change their shapes. */
    private static Optional<List<Value>> scanned(Body body, List<Value> initial, int steps) {
        List<ElementType> types = new ArrayList<>();
        List<Tensor> start = initial.stream().map(value -> Call.numbers(value).tensor()).toList();
        int carried = initial.size();
        try {
            Stepper.Next<Control.Leaves, Control.Leaves> result = Functions.scan(new Control.Leaves(start), Tensor.arange(steps),
                    (Control.Leaves state, Tensor step) -> {
                        List<Value> inputs = new ArrayList<>();
                        inputs.add(ranked(body, 0, Value.of(ElementType.INT64, step.cast(DType.INT64)).with(Knowledge.INPUTS)));
                        inputs.add(ranked(body, 1, Control.bool(true)));
                        for (int i = 0; i < carried; i++) {
                            inputs.add(Value.of(Call.numbers(initial.get(i)).type(), state.tensors().get(i)).with(Knowledge.INPUTS));
                        }
                        List<Value> outputs = body.apply(inputs);
                        if (!isTrue(outputs.getFirst())) {
                            throw new ShapeException("the loop may end early");
                        }
                        types.clear();
                        outputs.subList(1, outputs.size()).forEach(output -> types.add(((Value.Numbers) output).type()));
                        List<Tensor> tensors = outputs.subList(1, outputs.size()).stream().map(output -> ((Value.Numbers) output).tensor())
                                .toList();
                        return new Stepper.Next<>(new Control.Leaves(tensors.subList(0, carried)),
                                new Control.Leaves(tensors.subList(carried, tensors.size())));
                    });
            List<Value> values = new ArrayList<>();
            List<Tensor> all = new ArrayList<>(result.state().tensors());
            all.addAll(result.output().tensors());
            for (int i = 0; i < all.size(); i++) {
                values.add(Value.of(types.get(i), all.get(i)).with(Knowledge.INPUTS));
            }
            return Optional.of(values);
        } catch (ShapeException | TraceException | NeedsValue | ClassCastException e) {
            return Optional.empty();
        }
    }

    /** Bodies may declare the number of the step, and the condition, as tensors of one element: they get what they declare. */
    private static Value ranked(Body body, int input, Value value) {
        boolean one = input < body.inputs() && body.declared(input).length == 1;
        return one && value instanceof Value.Numbers numbers && numbers.tensor().rank() == 0 ? numbers.with(numbers.tensor().reshape(1))
                : value;
    }

    private static boolean isTrue(Value value) {
        return value instanceof Value.Numbers numbers && numbers.knowledge() != Knowledge.INPUTS && Host.data(numbers).getLong(0) != 0;
    }

    /** @param isPaid whether the steps were counted before */
    private static List<Value> steps(Call c, Body body, List<Value> initial, boolean isPaid) {
        long most = c.has(0) ? c.longs(0)[0] : Long.MAX_VALUE;
        Value condition = c.has(1) ? c.value(1) : Control.bool(true);
        List<Value> state = initial;
        int carried = initial.size();
        List<List<Value>> scans = new ArrayList<>();
        for (long step = 0; step < most && Host.data(Call.numbers(condition)).getLong(0) != 0; step++) {
            if (!isPaid) {
                c.steps(1);
            }
            List<Value> inputs = new ArrayList<>();
            inputs.add(ranked(body, 0, Control.number(step).with(Knowledge.SHAPES)));
            inputs.add(ranked(body, 1, condition));
            inputs.addAll(state);
            List<Value> outputs = body.apply(inputs);
            if (outputs.size() <= carried) {
                throw new FormatException("the body of a loop has too few outputs\n  expected  a condition and " + carried
                        + " values\n  received  " + outputs.size() + " outputs");
            }
            condition = outputs.getFirst();
            state = outputs.subList(1, carried + 1);
            settle(outputs);
            for (int i = carried + 1; i < outputs.size(); i++) {
                if (scans.size() < i - carried) {
                    scans.add(new ArrayList<>());
                }
                scans.get(i - carried - 1).add(outputs.get(i));
            }
        }
        List<Value> stacks = scans.isEmpty() && c.outputs() > carried ? empty(body, condition, state)
                : scans.stream().map(Loops::stacked).toList();
        return results(c, state, stacks);
    }

    /** A step that needs a value of the step before cuts the program there: then all values are computed together. */
    private static void settle(List<Value> outputs) {
        if (!Functions.tracing() && outputs.getFirst() instanceof Value.Numbers condition && !Host.isKnown(condition.tensor())) {
            List<Tree> tensors = new ArrayList<>();
            for (Value output : outputs) {
                if (output instanceof Value.Numbers numbers) {
                    tensors.add(numbers.tensor());
                }
            }
            Tensors.eval(tensors.toArray(Tree[]::new));
        }
    }

    private static List<Value> results(Call c, List<Value> state, List<Value> stacks) {
        List<Value> results = new ArrayList<>();
        state.forEach(value -> results.add(value.with(value.knowledge())));
        for (int i = 0; results.size() < c.outputs(); i++) {
            results.add(i < stacks.size() ? stacks.get(i) : Value.of(Tensor.zeros(Shape.of(0))));
        }
        return results;
    }

    /** What no step has given: the shapes are those of a first step, which is not computed. */
    private static List<Value> empty(Body body, Value condition, List<Value> state) {
        List<Value> inputs = new ArrayList<>(
                List.of(ranked(body, 0, Control.number(0).with(Knowledge.SHAPES)), ranked(body, 1, condition)));
        inputs.addAll(state);
        try {
            List<Value> outputs = body.apply(inputs);
            return outputs.subList(state.size() + 1, outputs.size()).stream()
                    .map(output -> Moves.all(List.of(output), parts -> List.of(parts.getFirst().expandDims(0).slice(0, 0, 0))).getFirst())
                    .toList();
        } catch (ShapeException | NeedsValue | FormatException e) {
            return List.of();
        }
    }

    /** Along a new first axis. */
    static Value stacked(List<Value> values) {
        Knowledge knowledge = values.stream().map(Value::knowledge).reduce(Knowledge.MODEL, Knowledge::and);
        return Moves.all(values, parts -> List.of(Tensors.stack(0, parts))).getFirst().with(knowledge);
    }
}
