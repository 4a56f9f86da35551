package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.ops.Body;
import dev.gamelan.interop.onnx.ops.Call;
import dev.gamelan.interop.onnx.ops.Context;
import dev.gamelan.interop.onnx.ops.Host;
import dev.gamelan.interop.onnx.ops.Operator;
import dev.gamelan.interop.onnx.ops.Registry;
import dev.gamelan.interop.onnx.proto.FunctionProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.proto.ValueInfoProto;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Origin;
import dev.gamelan.shape.FormatException;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Goes through the nodes of a graph and lets each operator say what it means. Operators make lazy tensors, so what comes
 * out is a program; what depends on the model or on shapes alone is computed on the way.
 */
final class Walker implements Context {

    /** Functions call functions; a model in which this does not end is damaged. */
    private static final int DEEPEST = 100;
    /** Outputs in a message. */
    private static final int MOST_NAMES = 10;

    private final ModelFile file;
    private final Constants constants;
    private final Map<String, Integer> versions;
    private final Names names;
    private final int depth;
    private final Budget budget;

    private Walker(ModelFile file, Constants constants, Map<String, Integer> versions, Names names, int depth, Budget budget) {
        this.file = file;
        this.constants = constants;
        this.versions = versions;
        this.names = names;
        this.depth = depth;
        this.budget = budget;
        if (depth > DEEPEST) {
            throw new FormatException(file.name() + ": graphs and functions inside of each other\n  expected  at most " + DEEPEST
                    + " deep\n  received  more; does a function call itself?");
        }
    }

    /** The values of these names in the model's graph, for given inputs. */
    static List<Value> run(ModelFile file, Constants constants, Map<String, Value> inputs, List<String> wanted) {
        Names names = new Names(null);
        constants.initializers().forEach(names::put);
        inputs.forEach(names::put);
        Walker walker = new Walker(file, constants, file.versions(), names, 0, new Budget(file.limits()));
        walker.nodes(Needed.nodes(file.proto().getGraph().getNodeList(), wanted, names::isHere));
        return wanted.stream().map(walker::output).toList();
    }

    private void nodes(List<NodeProto> nodes) {
        for (NodeProto node : nodes) {
            List<Value> outputs = Origin.named(label(node), () -> node(node));
            for (int i = 0; i < node.getOutputCount(); i++) {
                if (!node.getOutput(i).isEmpty()) {
                    if (i >= outputs.size()) {
                        throw Failure.missingOutput(node, version(node), outputs.size());
                    }
                    names.put(node.getOutput(i), outputs.get(i));
                }
            }
        }
    }

    /** What a node is called in reports: files need not name it. */
    static String label(NodeProto node) {
        return !node.getName().isEmpty() ? node.getName() : node.getOutputCount() > 0 ? node.getOutput(0) : node.getOpType();
    }

    static String operator(NodeProto node) {
        return node.getDomain().isEmpty() ? node.getOpType() : node.getDomain() + "." + node.getOpType();
    }

    private List<Value> node(NodeProto node) {
        List<Value> known = depth == 0 ? constants.results(node) : List.of();
        if (!known.isEmpty()) {
            return known;
        }
        List<Optional<Value>> inputs = new ArrayList<>();
        Knowledge knowledge = Knowledge.MODEL;
        for (String input : node.getInputList()) {
            Optional<Value> value = input.isEmpty() || names.isLeftOut(input) ? Optional.empty() : Optional.of(value(node, input));
            inputs.add(value);
            knowledge = value.isEmpty() ? knowledge : knowledge.and(value.get().knowledge());
        }
        try {
            budget.node();
            List<Value> applied = apply(node, inputs);
            applied.forEach(budget::check);
            List<Value> results = folded(applied, knowledge);
            if (depth == 0 && !results.isEmpty() && results.stream().allMatch(value -> value.knowledge() == Knowledge.MODEL)) {
                constants.keep(node, results);
            }
            return results;
        } catch (RuntimeException e) {
            throw Failure.at(node, version(node), inputs, e);
        }
    }

    private List<Value> apply(NodeProto node, List<Optional<Value>> inputs) {
        FunctionProto function = file.functions()
                .get(List.of(Registry.normal(node.getDomain()), node.getOpType(), node.getOverload()));
        if (function != null) {
            return function(node, function, inputs);
        }
        Operator operator = Registry.standard().find(node.getDomain(), node.getOpType(), version(node))
                .orElseThrow(() -> Failure.missing(node, version(node)));
        return operator.apply(new Call(node, version(node), inputs, this));
    }

    private int version(NodeProto node) {
        return versions.getOrDefault(Registry.normal(node.getDomain()), 1);
    }

    private Value value(NodeProto node, String input) {
        return names.find(input)
                .orElseThrow(() -> Failure.missingInput(node, version(node), input));
    }

    private Value output(String name) {
        return names.find(name).orElseThrow(() -> new FormatException(file.name() + ": an output is not there\n  expected  the"
                + " output of a node, an input or an initializer; the model's outputs are "
                + file.proto().getGraph().getOutputList().stream().limit(MOST_NAMES).map(ValueInfoProto::getName).toList()
                + "\n  received  '" + name + "'"));
    }

    /** What depends on no input is computed now, unless it is large and depends on shapes. */
    private static List<Value> folded(List<Value> outputs, Knowledge knowledge) {
        List<Value> results = new ArrayList<>(outputs.size());
        for (Value output : outputs) {
            Value value = output.knowledge() == Knowledge.MODEL ? output.with(knowledge) : output;
            results.add(value);
            if (value instanceof Value.Numbers numbers && value.knowledge() != Knowledge.INPUTS) {
                Host.settle(numbers.tensor(), value.knowledge() == Knowledge.MODEL);
            }
        }
        return results;
    }

    // ---- functions and graphs inside of nodes -----------------------------------------------------------------------

    private List<Value> function(NodeProto node, FunctionProto function, List<Optional<Value>> inputs) {
        Names inner = new Names(null);
        for (int i = 0; i < function.getInputCount(); i++) {
            String name = function.getInput(i);
            Optional<Value> given = i < inputs.size() ? inputs.get(i) : Optional.empty();
            given.ifPresentOrElse(value -> inner.put(name, value), () -> inner.leaveOut(name));
        }
        Map<String, Integer> imports = new HashMap<>(versions);
        imports.putAll(ModelFile.versions(function.getOpsetImportList()));
        Walker walker = new Walker(file, constants, imports, inner, depth + 1, budget);
        walker.nodes(FunctionBody.nodes(function, node, inner::isHere));
        return function.getOutputList().stream().map(walker::output).toList();
    }

    @Override
    public Body body(GraphProto graph) {
        return new Body() {
            @Override
            public int inputs() {
                return graph.getInputCount();
            }

            @Override
            public int[] declared(int input) {
                return graph.getInput(input).getType().getTensorType().getShape().getDimList().stream()
                        .mapToInt(dim -> dim.hasDimValue() ? (int) Math.clamp(dim.getDimValue(), -1, Integer.MAX_VALUE) : -1).toArray();
            }

            @Override
            public List<Value> apply(List<Value> inputs) {
                return Walker.this.apply(graph, inputs);
            }
        };
    }

    private List<Value> apply(GraphProto graph, List<Value> inputs) {
        Names inner = new Names(names);
        graph.getInitializerList().forEach(tensor -> inner.put(tensor.getName(), read(tensor)));
        file.reader().dense(graph.getSparseInitializerList()).forEach(inner::put);
        for (int i = 0; i < Math.min(graph.getInputCount(), inputs.size()); i++) {
            inner.put(graph.getInput(i).getName(), inputs.get(i));
        }
        Walker walker = new Walker(file, constants, versions, inner, depth + 1, budget);
        walker.nodes(graph.getNodeList());
        return graph.getOutputList().stream().map(output -> walker.output(output.getName())).toList();
    }

    @Override
    public Body between(List<String> from, String to) {
        return new Body() {
            @Override
            public int inputs() {
                return from.size();
            }

            @Override
            public int[] declared(int input) {
                return new int[0];
            }

            @Override
            public List<Value> apply(List<Value> inputs) {
                Names inner = new Names(null);
                constants.initializers().forEach(inner::put);
                for (int i = 0; i < from.size(); i++) {
                    inner.put(from.get(i), inputs.get(i));
                }
                Walker walker = new Walker(file, constants, versions, inner, depth + 1, budget);
                walker.nodes(Needed.nodes(file.proto().getGraph().getNodeList(), List.of(to), inner::isHere));
                return List.of(walker.output(to));
            }
        };
    }

    @Override
    public String producer() {
        return file.proto().getProducerName();
    }

    @Override
    public int channelBlock() {
        return file.channelBlock();
    }

    @Override
    public void room(double elements, int bytes) {
        budget.room(elements, bytes);
    }

    @Override
    public void steps(long count) {
        budget.steps(count);
    }

    @Override
    public <T> T repeated(long count, Supplier<T> body) {
        return budget.repeated(count, body);
    }

    @Override
    public Value read(TensorProto tensor) {
        return constants.once(tensor, file::read);
    }

    @Override
    public Tensor prepared(Tensor tensor, String purpose, UnaryOperator<Tensor> function) {
        return Objects.requireNonNull(constants.prepared(tensor, purpose, function));
    }
}
