package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.ops.Host;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Node;
import dev.gamelan.tensor.Tensor;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** What is the same in every run of a model: its initializers, and what was computed from them alone. */
final class Constants {

    private static final int MOST_PREPARED = 10_000;

    private final Map<String, Value> initializers;
    private final Map<NodeProto, List<Value>> results = new IdentityHashMap<>();
    private final Map<TensorProto, Value> inner = new IdentityHashMap<>();
    private final Map<Node, Map<String, Tensor>> prepared = new IdentityHashMap<>();

    Constants(ModelFile file) {
        Map<String, Value> values = new LinkedHashMap<>();
        file.initializers().forEach(tensor -> values.put(tensor.getName(), file.read(tensor)));
        values.putAll(file.reader().dense(file.sparseInitializers()));
        this.initializers = Collections.unmodifiableMap(values);
    }

    private Constants(Map<String, Value> initializers) {
        this.initializers = initializers;
    }

    Map<String, Value> initializers() {
        return initializers;
    }

    /** With other values for some initializers, and nothing computed yet. */
    Constants with(Map<String, Value> others) {
        Map<String, Value> values = new HashMap<>(initializers);
        values.putAll(others);
        return new Constants(values);
    }

    /** A tensor of a graph inside of a node, or of a function: what runs in each step of a loop is read once. */
    synchronized Value once(TensorProto tensor, Function<TensorProto, Value> read) {
        if (inner.size() > MOST_PREPARED) {
            inner.clear();
        }
        return inner.computeIfAbsent(tensor, read);
    }

    synchronized List<Value> results(NodeProto node) {
        return Optional.ofNullable(results.get(node)).orElse(List.of());
    }

    synchronized void keep(NodeProto node, List<Value> values) {
        results.put(node, values);
    }

    synchronized Tensor prepared(Tensor tensor, String purpose, UnaryOperator<Tensor> function) {
        if (prepared.size() > MOST_PREPARED) {
            prepared.clear();
        }
        Map<String, Tensor> known = prepared.computeIfAbsent(tensor.node(), _ -> new HashMap<>());
        Tensor before = known.get(purpose);
        if (before == null) {
            before = Tensor.of(Host.data(function.apply(tensor)));
            known.put(purpose, before);
        }
        return before;
    }
}
