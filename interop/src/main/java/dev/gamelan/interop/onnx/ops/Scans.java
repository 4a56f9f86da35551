package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

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
        List<ElementType> types = inputs.stream().map(value -> Call.numbers(value).type()).toList();
        List<Tensor> start = inputs.subList(0, carried).stream().map(value -> Call.numbers(value).tensor()).toList();
        List<Tensor> sequences = new ArrayList<>();
        for (int i = 0; i < scanned; i++) {
            Tensor moved = Call.numbers(inputs.get(carried + i)).tensor().moveAxis(axes[i], 0);
            sequences.add(directions[i] == 1 ? moved.flip(0) : moved);
        }
        List<ElementType> resultTypes = new ArrayList<>();
        long steps = sequences.isEmpty() ? 0 : sequences.getFirst().dim(0);
        Stepper.Next<Control.Leaves, Control.Leaves> result = c.repeated(steps, () -> Functions.scan(new Control.Leaves(start),
                new Control.Leaves(sequences), (Control.Leaves state, Control.Leaves slices) -> {
                    List<Value> arguments = new ArrayList<>();
                    for (int i = 0; i < inputs.size(); i++) {
                        Tensor tensor = i < carried ? state.tensors().get(i) : slices.tensors().get(i - carried);
                        arguments.add(Value.of(types.get(i), tensor).with(Knowledge.INPUTS));
                    }
                    List<Value.Numbers> outputs = body.apply(arguments).stream().map(Call::numbers).toList();
                    resultTypes.clear();
                    outputs.forEach(output -> resultTypes.add(output.type()));
                    List<Tensor> tensors = outputs.stream().map(Value.Numbers::tensor).toList();
                    return new Stepper.Next<>(new Control.Leaves(tensors.subList(0, carried)),
                            new Control.Leaves(tensors.subList(carried, tensors.size())));
                }));
        return results(c, result, resultTypes);
    }

    private static List<Value> results(Call c, Stepper.Next<Control.Leaves, Control.Leaves> result, List<ElementType> types) {
        List<Value> values = new ArrayList<>();
        List<Tensor> states = result.state().tensors();
        for (int i = 0; i < states.size(); i++) {
            values.add(Value.of(types.get(i), states.get(i)).with(Knowledge.INPUTS));
        }
        List<Tensor> outputs = result.output().tensors();
        int[] axes = c.attributeInts("scan_output_axes").orElse(new int[outputs.size()]);
        int[] directions = c.attributeInts("scan_output_directions").orElse(new int[outputs.size()]);
        for (int i = 0; i < outputs.size(); i++) {
            Tensor y = directions[i] == 1 ? outputs.get(i).flip(0) : outputs.get(i);
            Tensor moved = y.moveAxis(0, axes[i] < 0 ? axes[i] + y.rank() : axes[i]);
            values.add(Value.of(types.get(states.size() + i), moved).with(Knowledge.INPUTS));
        }
        return values;
    }
}
