package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.TensorShapeProto;
import dev.gamelan.interop.onnx.proto.TypeProto;
import dev.gamelan.interop.onnx.proto.ValueInfoProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.CheckReturnValue;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Parametric;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * A network that was read from an ONNX file. It keeps ONNX's layout (channels first) and types. Its initializers with
 * fractions (and such nodes of the operator Constant) are its parameters, under their names there, but for running statistics
 * and what is a setting of an operator; where PyTorch's exporter wrote a number for a name
 * ({@code onnx::MatMul_853}), the name is that of the layer, {@code encoder.layer.5.attention.self.query.weight}, if the
 * nodes tell it.
 *
 * <p>{@link #run} makes one program for each set of input shapes and keeps it. Where shapes depend on values, it is several
 * programs that are cut there. May be used from any thread.
 */
@CheckReturnValue
public final class OnnxModel implements Parametric {

    private static final Set<String> RANDOM = Set.of("Bernoulli", "RandomNormal", "RandomNormalLike", "RandomUniform",
            "RandomUniformLike", "Multinomial");

    private final ModelFile file;
    private final Constants constants;
    private final Map<String, String> initializers;
    private final TensorMap parameters;
    private final List<String> inputs;
    private final List<String> outputs;
    private final Programs programs;
    private final boolean strict;

    OnnxModel(ModelFile file) {
        this(file, new Constants(file), true);
    }

    private OnnxModel(ModelFile file, Constants constants, boolean strict) {
        this.file = file;
        this.constants = constants;
        this.strict = strict;
        this.initializers = initializers(file, constants);
        Map<String, Tensor> values = new HashMap<>();
        initializers.forEach((name, initializer) -> values.put(name, numbers(initializer).tensor()));
        this.parameters = TensorMap.of(values);
        this.inputs = file.proto().getGraph().getInputList().stream().map(ValueInfoProto::getName)
                .filter(name -> !constants.initializers().containsKey(name)).toList();
        this.outputs = file.proto().getGraph().getOutputList().stream().map(ValueInfoProto::getName).toList();
        this.programs = new Programs(file, constants);
    }

    /** The same model for inputs of any shape: what files declare is sometimes narrower than what the graph takes. */
    public OnnxModel anyShapes() {
        return new OnnxModel(file, constants, false);
    }

    /** The same model with other limits of what a run may ask for. */
    public OnnxModel limits(OnnxLimits limits) {
        return new OnnxModel(file.with(limits), constants, strict);
    }

    /** The initializer behind each parameter. */
    private static Map<String, String> initializers(ModelFile file, Constants constants) {
        Optional<GraphSignature> signature = GraphSignature.of(file.proto().getGraph());
        List<String> floats = constants.initializers().entrySet().stream()
                .filter(entry -> entry.getValue() instanceof Value.Numbers numbers && numbers.type().isFloating()
                        && signature.map(it -> it.isParameter(entry.getKey(), numbers.tensor().size()))
                                .orElseGet(() -> numbers.tensor().size() != 1 || !ParameterNames.isNumber(entry.getKey())))
                .map(Map.Entry::getKey).toList();
        Map<String, String> initializers = new HashMap<>();
        ParameterNames.of(file.proto().getGraph().getNodeList(), floats, signature)
                .forEach((initializer, name) -> initializers.put(name, initializer));
        return initializers;
    }

    private Value.Numbers numbers(String initializer) {
        return (Value.Numbers) Objects.requireNonNull(constants.initializers().get(initializer));
    }

    @Override
    public TensorMap parameters() {
        return parameters;
    }

    @Override
    public TensorMap parametersFor(List<String> wanted) {
        Set<String> read = new HashSet<>(wanted);
        Needed.nodes(file.proto().getGraph().getNodeList(), wanted, _ -> false).forEach(node -> Needed.read(node, read));
        Map<String, Tensor> needed = new HashMap<>();
        parameters.forEach((name, value) -> {
            if (read.contains(Objects.requireNonNull(initializers.get(name)))) {
                needed.put(name, value);
            }
        });
        return TensorMap.of(needed);
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

    /**
     * The axes of inputs whose extents the file leaves open, by their names there: what {@link Onnx#write(java.nio.file.Path,
     * Parametric, TensorMap, List)} needs to leave them open again. One without a name is called after its input.
     */
    public List<OpenAxis> openAxes() {
        List<OpenAxis> open = new ArrayList<>();
        for (String input : inputs) {
            List<TensorShapeProto.Dimension> dims = type(input).getTensorType().getShape().getDimList();
            for (int axis = 0; axis < dims.size(); axis++) {
                if (!dims.get(axis).hasDimValue()) {
                    String name = dims.get(axis).getDimParam();
                    open.add(OpenAxis.of(name.isBlank() ? input + "_" + axis : name, axis).only(List.of(input)));
                }
            }
        }
        return List.copyOf(open);
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
            counts.merge(Walker.operator(node), 1, Integer::sum);
        }
        return counts;
    }

    /** As {@link #operators}, of those that are not read here, also in graphs inside of nodes. */
    public Map<String, Integer> unsupported() {
        Map<String, Integer> counts = new TreeMap<>();
        everyNode(file.proto().getGraph().getNodeList(), node -> {
            if (!file.isKnown(node)) {
                counts.merge(Walker.operator(node), 1, Integer::sum);
            }
        });
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
        everyNode(nodes, node -> names.add(node.getOpType()));
    }

    private static void everyNode(List<NodeProto> nodes, Consumer<NodeProto> action) {
        for (NodeProto node : nodes) {
            action.accept(node);
            node.getAttributeList().forEach(attribute -> {
                everyNode(attribute.getG().getNodeList(), action);
                attribute.getGraphsList().forEach(graph -> everyNode(graph.getNodeList(), action));
            });
        }
    }

    /** Whether it draws random numbers, so that no other tool gives the same values. */
    public boolean isRandom() {
        List<NodeProto> found = new ArrayList<>();
        everyNode(file.proto().getGraph().getNodeList(), found::add);
        return found.stream().anyMatch(node -> RANDOM.contains(node.getOpType())
                || node.getOpType().equals("Dropout") && node.getInputCount() > 2 && !node.getInput(2).isEmpty());
    }

    /** The versions of the operator sets, by domain; ONNX's own is the empty one. */
    public Map<String, Integer> operatorSets() {
        return file.versions();
    }

    /** Its nodes, parameters and operations. */
    public OnnxSummary summary() {
        return OnnxSummary.of(file, constants, inputs, outputs);
    }

    /** Whether an input or output is a tensor of strings. */
    public boolean isText(String name) {
        return type(name).getTensorType().getElemType() == ElementType.STRING;
    }

    /** A tensor as a value of an input's declared type. */
    public Value input(String name, Tensor tensor) {
        return Declared.like(name, type(name), tensor);
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
        given.forEach((name, value) -> checked.put(name, Declared.checked(name, info(name), value, strict).with(Knowledge.INPUTS)));
        for (String name : inputs) {
            if (!checked.containsKey(name)) {
                if (Declared.isOptional(type(name))) {
                    checked.put(name, Value.of(Optional.empty()));
                } else {
                    throw new NameException("input '" + name + "' is missing\n  expected  "
                            + inputs.stream().map(input -> "'" + input + "' " + declared(input)).collect(Collectors.joining(", "))
                            + "\n  received  " + given.keySet());
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
        given.forEach((name, tensor) -> values.put(name, Declared.like(name, type(name), tensor)));
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
            Shape shape = parameters.get(name).shape();
            if (!shape.equals(tensor.shape())) {
                throw ShapeException.of("parameter '" + name + "'", shape.toString(), tensor.shape().toString());
            }
            String initializer = Objects.requireNonNull(initializers.get(name));
            if (numbers(initializer).tensor() != tensor) {
                Value.Numbers before = numbers(initializer);
                Optional<Data> recorded = Optional.of(before.tensor().data());
                changed.put(initializer, new Value.Numbers(before.type(), tensor, Knowledge.INPUTS, recorded));
            }
        });
        Map<String, Value> values = new LinkedHashMap<>();
        arguments.forEach((name, tensor) -> values.put(name, Declared.like(name, type(name), tensor).with(Knowledge.INPUTS)));
        Constants used = changed.isEmpty() ? constants : constants.with(changed);
        List<Value> results = Walker.run(file, used, values, wanted);
        Map<String, Value> named = new LinkedHashMap<>();
        for (int i = 0; i < wanted.size(); i++) {
            named.put(wanted.get(i), results.get(i));
        }
        return tensors(named);
    }
}
