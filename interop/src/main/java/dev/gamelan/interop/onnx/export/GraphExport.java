package dev.gamelan.interop.onnx.export;

import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.OperatorSetIdProto;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** A graph as an ONNX model. */
public final class GraphExport {

    /** The operator set that is written. */
    public static final int VERSION = 18;
    private static final int IR_VERSION = 8;

    private GraphExport() {}

    /**
     * @param program to be written
     * @param inputs names of its inputs, in order
     * @param outputs names of its outputs, in order
     * @param initializers values of inputs that are a part of the model; those that nothing reads are left out
     * @throws dev.gamelan.shape.FormatException if ONNX has nothing for an operation
     */
    public static ModelProto model(Graph program, List<String> inputs, List<String> outputs, Map<String, Data> initializers) {
        return model(graph(program, Set.of(), new Names(), inputs, outputs, initializers.keySet()), inputs, initializers);
    }

    static ModelProto model(GraphProto graph, List<String> inputs, Map<String, Data> initializers) {
        GraphProto.Builder whole = Renaming.numbersAsNodes(Renaming.sharedLists(graph), !initializers.isEmpty()).toBuilder();
        Set<String> read = Renaming.read(graph);
        inputs.stream().filter(name -> initializers.containsKey(name) && read.contains(name))
                .forEach(name -> whole.addInitializer(Protos.tensor(name, Objects.requireNonNull(initializers.get(name)))));
        return ModelProto.newBuilder().setIrVersion(IR_VERSION).setProducerName("gamelan").setGraph(whole)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(VERSION)).build();
    }

    /**
     * @param varying nodes that are not to be computed now
     * @param given   inputs whose values are written by others
     */
    static GraphProto graph(Graph program, Set<Node> varying, Names names, List<String> inputs, List<String> outputs, Set<String> given) {
        Graph graph = Folding.apply(program, varying);
        Writer writer = new Writer(names);
        GraphProto.Builder proto = writer.builder().setName("gamelan");
        for (int i = 0; i < inputs.size(); i++) {
            Node input = graph.inputs().get(i);
            writer.define(input, names.reserve(inputs.get(i)));
            if (!given.contains(inputs.get(i))) {
                proto.addInput(Protos.info(inputs.get(i), input.type()));
            }
        }
        Map<String, Node> named = new HashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            named.put(inputs.get(i), graph.inputs().get(i));
        }
        // An output may be an input, and be listed twice, under its one name.
        Map<String, Node> made = new LinkedHashMap<>();
        for (int i = 0; i < outputs.size(); i++) {
            Node output = graph.outputs().get(i);
            if (named.put(outputs.get(i), output) != output) {
                made.put(names.reserve(outputs.get(i)), output);
            }
        }
        writer.nodes(graph);
        made.forEach(writer::alias);
        for (int i = 0; i < outputs.size(); i++) {
            proto.addOutput(Protos.info(outputs.get(i), graph.outputs().get(i).type()));
        }
        return proto.build();
    }

    /** A program inside of a node: it sees the names around it. */
    static GraphProto body(Writer outer, Graph graph, List<String> inputNames, List<Node> captured, int own) {
        Writer writer = new Writer(outer.names());
        GraphProto.Builder proto = writer.builder().setName("body");
        for (int i = 0; i < graph.inputs().size(); i++) {
            Node input = graph.inputs().get(i);
            if (i < own) {
                writer.define(input, inputNames.get(i));
                proto.addInput(Protos.info(inputNames.get(i), input.type()));
            } else {
                writer.define(input, outer.name(captured.get(i - own)));
            }
        }
        writer.nodes(graph);
        List<String> results = new ArrayList<>();
        for (Node output : graph.outputs()) {
            String name = outer.names().fresh("out");
            writer.alias(name, output);
            results.add(name);
            proto.addOutput(Protos.info(name, output.type()));
        }
        return proto.build();
    }
}
