package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.FunctionProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;

/**
 * Nodes behind those that they read. ONNX asks files for that order, yet tools write others (ONNX Runtime's converter to FLOAT16
 * appends its casts at the end), and ONNX Runtime takes any.
 */
final class Sorted {

    private Sorted() {}

    static ModelProto model(ModelProto model) {
        boolean inOrder = isInOrder(model.getGraph().getNodeList())
                && model.getFunctionsList().stream().allMatch(function -> isInOrder(function.getNodeList()));
        return inOrder ? model
                : model.toBuilder().setGraph(graph(model.getGraph())).clearFunctions()
                        .addAllFunctions(model.getFunctionsList().stream().map(Sorted::function).toList()).build();
    }

    private static boolean isInOrder(List<NodeProto> nodes) {
        Map<String, Integer> makers = makers(nodes);
        Set<String> read = new HashSet<>();
        for (int i = 0; i < nodes.size(); i++) {
            read.clear();
            Needed.read(nodes.get(i), read);
            for (String name : read) {
                if (makers.getOrDefault(name, -1) >= i) {
                    return false;
                }
            }
            for (AttributeProto attribute : nodes.get(i).getAttributeList()) {
                if (attribute.hasG() && !isInOrder(attribute.getG().getNodeList())) {
                    return false;
                }
            }
        }
        return true;
    }

    private static GraphProto graph(GraphProto graph) {
        return graph.toBuilder().clearNode().addAllNode(nodes(graph.getNodeList())).build();
    }

    private static FunctionProto function(FunctionProto function) {
        return function.toBuilder().clearNode().addAllNode(nodes(function.getNodeList())).build();
    }

    private static NodeProto node(NodeProto node) {
        return node.toBuilder().clearAttribute().addAllAttribute(node.getAttributeList().stream().map(Sorted::attribute).toList()).build();
    }

    private static AttributeProto attribute(AttributeProto attribute) {
        return attribute.hasG() ? attribute.toBuilder().setG(graph(attribute.getG())).build() : attribute;
    }

    /** The number of the node that makes each name. */
    private static Map<String, Integer> makers(List<NodeProto> nodes) {
        Map<String, Integer> makers = new HashMap<>();
        for (int i = 0; i < nodes.size(); i++) {
            for (String output : nodes.get(i).getOutputList()) {
                makers.putIfAbsent(output, i);
            }
        }
        makers.remove("");
        return makers;
    }

    private static List<NodeProto> nodes(List<NodeProto> list) {
        List<NodeProto> nodes = list.stream().map(Sorted::node).toList();
        Map<String, Integer> makers = makers(nodes);
        List<List<Integer>> readers = new ArrayList<>();
        nodes.forEach(_ -> readers.add(new ArrayList<>()));
        int[] waiting = new int[nodes.size()];
        for (int i = 0; i < nodes.size(); i++) {
            for (int maker : makers(nodes.get(i), makers)) {
                readers.get(maker).add(i);
                waiting[i]++;
            }
        }
        return ordered(nodes, readers, waiting);
    }

    private static Set<Integer> makers(NodeProto node, Map<String, Integer> makers) {
        Set<String> names = new HashSet<>();
        Needed.read(node, names);
        Set<Integer> found = new HashSet<>();
        for (String name : names) {
            Integer maker = makers.get(name);
            if (maker != null) {
                found.add(maker);
            }
        }
        return found;
    }

    /** As early in the file's order as may be; nodes that wait for each other come last, and are reported when they run. */
    private static List<NodeProto> ordered(List<NodeProto> nodes, List<List<Integer>> readers, int[] waiting) {
        PriorityQueue<Integer> ready = new PriorityQueue<>();
        for (int i = 0; i < waiting.length; i++) {
            if (waiting[i] == 0) {
                ready.add(i);
            }
        }
        List<NodeProto> order = new ArrayList<>(nodes.size());
        while (!ready.isEmpty()) {
            int next = ready.remove();
            order.add(nodes.get(next));
            for (int reader : readers.get(next)) {
                if (--waiting[reader] == 0) {
                    ready.add(reader);
                }
            }
        }
        for (int i = 0; i < waiting.length; i++) {
            if (waiting[i] > 0) {
                order.add(nodes.get(i));
            }
        }
        return order;
    }
}
