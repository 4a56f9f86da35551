package dev.gamelan.interop.onnx.export;

import com.google.protobuf.ByteString;
import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.ElementType;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** Other names for what nodes read. */
final class Renaming {

    private Renaming() {}

    /** Also in graphs inside of nodes. */
    static GraphProto apply(GraphProto graph, Map<String, String> names) {
        return names.isEmpty() ? graph
                : graph.toBuilder().clearNode().addAllNode(graph.getNodeList().stream().map(node -> apply(node, names)).toList()).build();
    }

    private static NodeProto apply(NodeProto node, Map<String, String> names) {
        NodeProto.Builder result = node.toBuilder().clearInput();
        node.getInputList().forEach(input -> result.addInput(names.getOrDefault(input, input)));
        for (int i = 0; i < node.getAttributeCount(); i++) {
            AttributeProto attribute = node.getAttribute(i);
            if (attribute.hasG()) {
                result.setAttribute(i, attribute.toBuilder().setG(apply(attribute.getG(), names)));
            }
        }
        return result.build();
    }

    /** Shapes and axes that are the same become one. */
    static GraphProto sharedLists(GraphProto graph) {
        Map<ByteString, String> known = new HashMap<>();
        Map<String, String> names = new HashMap<>();
        GraphProto.Builder result = graph.toBuilder().clearInitializer();
        for (TensorProto tensor : graph.getInitializerList()) {
            boolean list = tensor.getDataType() == TensorProto.DataType.INT64_VALUE && tensor.getDimsList().size() == 1;
            String first = list ? known.putIfAbsent(tensor.getRawData(), tensor.getName()) : null;
            if (first == null) {
                result.addInitializer(tensor);
            } else {
                names.put(tensor.getName(), first);
            }
        }
        return apply(result.build(), names);
    }

    /**
     * Numbers of the program become nodes: who reads the file takes initializers for weights, which may be trained.
     *
     * @param named whether weights have names, so that all other fractions are of the program, such as masks; else single numbers are
     */
    static GraphProto numbersAsNodes(GraphProto graph, boolean named) {
        Predicate<TensorProto> number = tensor -> tensor.getDimsCount() == 0
                || named && ElementType.of(tensor.getDataType()).isFloating();
        GraphProto.Builder result = graph.toBuilder().clearInitializer().clearNode();
        graph.getInitializerList().stream().filter(number.negate()).forEach(result::addInitializer);
        graph.getInitializerList().stream().filter(number).forEach(each -> result.addNode(NodeProto.newBuilder().setOpType("Constant")
                .setName("node_" + each.getName()).addOutput(each.getName()).addAttribute(Protos.attribute("value", each))));
        return result.addAllNode(graph.getNodeList()).build();
    }

    /** What nodes read, also those in graphs inside of nodes, and what is given out as it is. */
    static Set<String> read(GraphProto graph) {
        Set<String> names = new HashSet<>();
        graph.getOutputList().forEach(output -> names.add(output.getName()));
        for (NodeProto node : graph.getNodeList()) {
            names.addAll(node.getInputList());
            node.getAttributeList().stream().filter(AttributeProto::hasG).forEach(attribute -> names.addAll(read(attribute.getG())));
        }
        return names;
    }

    /** Whether two nodes differ in graphs inside of them alone. */
    static boolean alike(NodeProto a, NodeProto b) {
        return withoutGraphs(a).equals(withoutGraphs(b));
    }

    private static NodeProto withoutGraphs(NodeProto node) {
        List<AttributeProto> plain = node.getAttributeList().stream()
                .map(attribute -> attribute.hasG() ? attribute.toBuilder().clearG().build() : attribute).toList();
        return node.toBuilder().clearAttribute().addAllAttribute(plain).build();
    }
}
