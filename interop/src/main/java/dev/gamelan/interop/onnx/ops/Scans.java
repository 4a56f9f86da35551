package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** {@code Scan}: a loop over slices, whose values keep their shapes. */
final class Scans {

    private Scans() {}

    static void register(Registry r) {
        r.op("Scan", 8, Scans::batched).op("Scan", 9, c -> scan(c, c.body("body"), c.values()));
    }

    /** Version 8 has lengths first, and a batch axis before everything: one loop for each example. */
    private static List<Value> batched(Call c) {
        int batch = c.tensor(1).dim(0);
        List<List<Value>> examples = new ArrayList<>();
        for (int i = 0; i < batch; i++) {
            int index = i;
            List<Value> inputs = new ArrayList<>();
            for (int k = 1; k < c.inputs(); k++) {
                inputs.add(c.numbers(k).with(c.tensor(k).select(0, index)));
            }
            if (c.has(0)) {
                int length = (int) c.longs(0)[i];
                int scanned = c.attribute("num_scan_inputs", 1);
                for (int k = inputs.size() - scanned; k < inputs.size(); k++) {
                    Value.Numbers input = (Value.Numbers) inputs.get(k);
                    inputs.set(k, input.with(input.tensor().slice(0, 0, length)));
                }
            }
            examples.add(filled(scan(c, c.body("body"), inputs), c));
        }
        List<Value> results = new ArrayList<>();
        for (int i = 0; i < examples.getFirst().size(); i++) {
            int output = i;
            results.add(Loops.stacked(examples.stream().map(example -> example.get(output)).toList()));
        }
        return results;
    }

    /** Outputs of shorter examples end in zeros. */
    private static List<Value> filled(List<Value> results, Call c) {
        int scanned = c.attribute("num_scan_inputs", 1);
        int carried = c.inputs() - 1 - scanned;
        int most = c.tensor(c.inputs() - 1).dim(1);
        List<Value> values = new ArrayList<>(results);
        for (int i = carried; i < values.size(); i++) {
            Value.Numbers value = Call.numbers(values.get(i));
            values.set(i, value.with(value.tensor().pad(0, 0, most - value.tensor().dim(0))));
        }
        return values;
    }

    private static List<Value> scan(Call c, Body body, List<Value> inputs) {
        int scanned = c.attribute("num_scan_inputs", 1);
        int carried = inputs.size() - scanned;
        int[] axes = c.attributeInts("scan_input_axes").orElse(new int[scanned]);
        int[] directions = c.attributeInts(c.version() < 9 ? "directions" : "scan_input_directions").orElse(new int[scanned]);
        List<Value> start = inputs.subList(0, carried);
        List<Value> sequences = new ArrayList<>();
        for (int i = 0; i < scanned; i++) {
            int axis = axes[i];
            boolean flipped = directions[i] == 1;
            sequences.add(moved(inputs.get(carried + i), x -> flipped ? x.moveAxis(axis, 0).flip(0) : x.moveAxis(axis, 0)));
        }
        int steps = sequences.isEmpty() ? 0 : Layouts.shapeOf(sequences.getFirst()).dim(0);
        Optional<List<Value>> whole = inputs.stream().allMatch(Value.Numbers.class::isInstance)
                ? c.repeated(steps, () -> traced(body, start, sequences)) : Optional.empty();
        return results(c, whole.orElseGet(() -> steps(c, body, start, sequences, steps)), carried);
    }

    private static Value moved(Value value, UnaryOperator<Tensor> function) {
        return Moves.all(List.of(value), parts -> List.of(function.apply(parts.getFirst()))).getFirst().with(value.knowledge());
    }

    /** As a loop of the program: nothing if a step needs values, or has others than numbers. */
    private static Optional<List<Value>> traced(Body body, List<Value> start, List<Value> sequences) {
        int carried = start.size();
        List<Value> all = new ArrayList<>(start);
        all.addAll(sequences);
        List<ElementType> types = all.stream().map(value -> Call.numbers(value).type()).toList();
        List<ElementType> resultTypes = new ArrayList<>();
        try {
            Stepper.Next<Control.Leaves, Control.Leaves> result = Functions.scan(leaves(start), leaves(sequences),
                    (Control.Leaves state, Control.Leaves slices) -> {
                        List<Value> arguments = new ArrayList<>();
                        for (int i = 0; i < all.size(); i++) {
                            Tensor tensor = i < carried ? state.tensors().get(i) : slices.tensors().get(i - carried);
                            arguments.add(Value.of(types.get(i), tensor).with(Knowledge.INPUTS));
                        }
                        List<Value.Numbers> outputs = body.apply(arguments).stream().map(output -> (Value.Numbers) output).toList();
                        resultTypes.clear();
                        outputs.forEach(output -> resultTypes.add(output.type()));
                        List<Tensor> tensors = outputs.stream().map(Value.Numbers::tensor).toList();
                        return new Stepper.Next<>(new Control.Leaves(tensors.subList(0, carried)),
                                new Control.Leaves(tensors.subList(carried, tensors.size())));
                    });
            List<Tensor> tensors = new ArrayList<>(result.state().tensors());
            tensors.addAll(result.output().tensors());
            List<Value> values = new ArrayList<>();
            for (int i = 0; i < tensors.size(); i++) {
                values.add(Value.of(resultTypes.get(i), tensors.get(i)).with(Knowledge.INPUTS));
            }
            return Optional.of(values);
        } catch (ShapeException | TraceException | NeedsValue | ClassCastException e) {
            return Optional.empty();
        }
    }

    private static Control.Leaves leaves(List<Value> values) {
        return new Control.Leaves(values.stream().map(value -> Call.numbers(value).tensor()).toList());
    }

    private static List<Value> steps(Call c, Body body, List<Value> start, List<Value> sequences, int steps) {
        List<Value> state = start;
        List<List<Value>> rows = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            c.steps(1);
            int index = step;
            List<Value> arguments = new ArrayList<>(state);
            sequences.forEach(sequence -> arguments.add(moved(sequence, x -> x.select(0, index))));
            List<Value> outputs = body.apply(arguments);
            state = outputs.subList(0, start.size());
            rows.add(outputs.subList(start.size(), outputs.size()));
        }
        List<Value> values = new ArrayList<>(state);
        for (int i = start.size(); i < c.outputs(); i++) {
            int output = i - start.size();
            values.add(rows.isEmpty() ? Value.of(Tensor.zeros(Shape.of(0)))
                    : Loops.stacked(rows.stream().map(row -> row.get(output)).toList()));
        }
        return values;
    }

    private static List<Value> results(Call c, List<Value> values, int carried) {
        List<Value> results = new ArrayList<>(values.subList(0, carried));
        int outputs = values.size() - carried;
        int[] axes = c.attributeInts("scan_output_axes").orElse(new int[outputs]);
        int[] directions = c.attributeInts("scan_output_directions").orElse(new int[outputs]);
        for (int i = 0; i < outputs; i++) {
            boolean flipped = directions[i] == 1;
            int axis = axes[i];
            results.add(moved(values.get(carried + i), y -> (flipped ? y.flip(0) : y).moveAxis(0, axis < 0 ? axis + y.rank() : axis)));
        }
        return results;
    }
}
