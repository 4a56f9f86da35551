package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.TypeProto;
import dev.gamelan.interop.onnx.proto.ValueInfoProto;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.NameException;
import dev.gamelan.tensor.CheckReturnValue;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Parametric;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A network that was read from an ONNX file. It keeps ONNX's layout (channels first) and types. Its initializers with
 * fractions are its parameters.
 *
 * <p>{@link #run} makes one program for each set of input shapes and keeps it. Where shapes depend on values, it is several
 * programs that are cut there. May be used from any thread.
 */
@CheckReturnValue
public final class OnnxModel implements Parametric {

    private final ModelFile file;
    private final Constants constants;
    private final TensorMap parameters;
    private final List<String> inputs;
    private final List<String> outputs;
    private final Programs programs;

    OnnxModel(ModelFile file) {
        this.file = file;
        this.constants = new Constants(file);
        this.parameters = parameters(constants);
        this.inputs = file.proto().getGraph().getInputList().stream().map(ValueInfoProto::getName)
                .filter(name -> !constants.initializers().containsKey(name)).toList();
        this.outputs = file.proto().getGraph().getOutputList().stream().map(ValueInfoProto::getName).toList();
        this.programs = new Programs(file, constants);
    }

    private static TensorMap parameters(Constants constants) {
        Map<String, Tensor> floats = new HashMap<>();
        constants.initializers().forEach((name, value) -> {
            if (value instanceof Value.Numbers numbers && numbers.type().isFloating()) {
                floats.put(name, numbers.tensor());
            }
        });
        return TensorMap.of(floats);
    }

    @Override
    public TensorMap parameters() {
        return parameters;
    }

    /** The inputs that have no value in the file. */
    @Override
    public List<String> inputs() {
        return inputs;
    }

    /** The inputs as the file lists them, those with a value in the file too. */
    public List<String> allInputs() {
        return file.proto().getGraph().getInputList().stream().map(ValueInfoProto::getName).toList();
    }

    @Override
    public List<String> outputs() {
        return outputs;
    }

    /** The type of an input or output as the file declares it, such as {@code FLOAT(batch, 3, 224, 224)}. */
    public String declared(String name) {
        return Declared.text(type(name));
    }

    TypeProto type(String name) {
        return info(name).getType();
    }

    private ValueInfoProto info(String name) {
        List<ValueInfoProto> all = new ArrayList<>(file.proto().getGraph().getInputList());
        all.addAll(file.proto().getGraph().getOutputList());
        return all.stream().filter(info -> info.getName().equals(name)).findFirst().orElseThrow(() -> new NameException(
                "there is no such input or output\n  expected  one of " + inputs + " or " + outputs + "\n  received  " + name));
    }

    /** The nodes of the graph, graphs inside of nodes not counted. */
    public int nodes() {
        return file.proto().getGraph().getNodeCount();
    }

    /** How many nodes there are of each operator. */
    public Map<String, Integer> operators() {
        Map<String, Integer> counts = new TreeMap<>();
        for (NodeProto node : file.proto().getGraph().getNodeList()) {
            counts.merge(node.getDomain().isEmpty() ? node.getOpType() : node.getDomain() + "." + node.getOpType(), 1, Integer::sum);
        }
        return counts;
    }

    /** The names of all operators, also of those in graphs inside of nodes and in functions. */
    public Set<String> allOperators() {
        Set<String> names = new TreeSet<>();
        collect(file.proto().getGraph().getNodeList(), names);
        file.functions().values().forEach(function -> collect(function.getNodeList(), names));
        return names;
    }

    private static void collect(List<NodeProto> nodes, Set<String> names) {
        for (NodeProto node : nodes) {
            names.add(node.getOpType());
            node.getAttributeList().forEach(attribute -> {
                collect(attribute.getG().getNodeList(), names);
                attribute.getGraphsList().forEach(graph -> collect(graph.getNodeList(), names));
            });
        }
    }

    /** The versions of the operator sets, by domain; ONNX's own is the empty one. */
    public Map<String, Integer> operatorSets() {
        return file.versions();
    }

    /** What the file says about itself, by key. */
    public Map<String, String> metadata() {
        return file.metadata();
    }

    /**
     * Computes all outputs.
     *
     * @param given one value for each of {@link #inputs}; others may replace initializers that are inputs as well
     * @throws NameException if an input is missing or unknown
     * @throws dev.gamelan.shape.ShapeException if an input has not the declared shape
     */
    public Map<String, Value> run(Map<String, Value> given) {
        return run(given, outputs);
    }

    /** As {@link #run(Map)}, for some outputs or inner values. */
    public Map<String, Value> run(Map<String, Value> given, List<String> wanted) {
        Map<String, Value> checked = new LinkedHashMap<>();
        given.forEach((name, value) -> checked.put(name, Declared.checked(name, info(name), value).with(Knowledge.INPUTS)));
        for (String name : inputs) {
            if (!checked.containsKey(name)) {
                if (Declared.isOptional(type(name))) {
                    checked.put(name, Value.of(Optional.empty()));
                } else {
                    throw new NameException("an input is missing\n  expected  " + inputs + "\n  received  " + given.keySet());
                }
            }
        }
        return programs.run(checked, wanted);
    }

    /** Computes all outputs of a model whose inputs and outputs are tensors. */
    public TensorMap apply(TensorMap given) {
        if (Functions.tracing()) {
            return apply(parameters, given, outputs);
        }
        Map<String, Value> values = new LinkedHashMap<>();
        given.forEach((name, tensor) -> values.put(name, Declared.like(type(name), tensor)));
        return tensors(run(values));
    }

    private static TensorMap tensors(Map<String, Value> values) {
        TensorMap.Builder result = new TensorMap.Builder();
        values.forEach((name, value) -> result.put(name, Declared.tensor(name, value)));
        return result.build();
    }

    @Override
    public TensorMap apply(TensorMap given, TensorMap arguments, List<String> wanted) {
        Map<String, Value> changed = new HashMap<>();
        given.forEach((name, tensor) -> {
            if (constants.initializers().get(name) instanceof Value.Numbers before && before.tensor() != tensor) {
                Optional<Data> recorded = Optional.of(before.tensor().data());
                changed.put(name, new Value.Numbers(before.type(), tensor, Knowledge.INPUTS, recorded));
            }
        });
        Map<String, Value> values = new LinkedHashMap<>();
        arguments.forEach((name, tensor) -> values.put(name, Declared.like(type(name), tensor).with(Knowledge.INPUTS)));
        Constants used = changed.isEmpty() ? constants : constants.with(changed);
        List<Value> results = Walker.run(file, used, values, wanted);
        Map<String, Value> named = new LinkedHashMap<>();
        for (int i = 0; i < wanted.size(); i++) {
            named.put(wanted.get(i), results.get(i));
        }
        return tensors(named);
    }
}
