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
import java.util.function.UnaryOperator;

/**
 * Nodes behind those that they read. ONNX asks files for that order, yet tools write others (ONNX Runtime's converter to FLOAT16
 * appends its casts at the end), and ONNX Runtime takes any.
 */
final class Sorted {

    private Sorted() {}

    /** The same object if everything is in order. */
    static ModelProto model(ModelProto model) {
        GraphProto graph = graph(model.getGraph());
        List<FunctionProto> functions = each(model.getFunctionsList(), Sorted::function);
        if (graph == model.getGraph() && functions == model.getFunctionsList()) {
            return model;
        }
        return model.toBuilder().setGraph(graph).clearFunctions().addAllFunctions(functions).build();
    }

    private static GraphProto graph(GraphProto graph) {
        List<NodeProto> nodes = nodes(graph.getNodeList());
        return nodes == graph.getNodeList() ? graph : graph.toBuilder().clearNode().addAllNode(nodes).build();
    }

    private static FunctionProto function(FunctionProto function) {
        List<NodeProto> nodes = nodes(function.getNodeList());
        return nodes == function.getNodeList() ? function : function.toBuilder().clearNode().addAllNode(nodes).build();
    }

    private static NodeProto node(NodeProto node) {
        List<AttributeProto> attributes = each(node.getAttributeList(), Sorted::attribute);
        return attributes == node.getAttributeList() ? node : node.toBuilder().clearAttribute().addAllAttribute(attributes).build();
    }

    private static AttributeProto attribute(AttributeProto attribute) {
        if (!attribute.hasG()) {
            return attribute;
        }
        GraphProto graph = graph(attribute.getG());
        return graph == attribute.getG() ? attribute : attribute.toBuilder().setG(graph).build();
    }

    /** The same list if the function changes nothing. */
    private static <T> List<T> each(List<T> list, UnaryOperator<T> function) {
        List<T> results = new ArrayList<>(list.size());
        boolean changed = false;
        for (T item : list) {
            T result = function.apply(item);
            changed |= result != item;
            results.add(result);
        }
        return changed ? results : list;
    }

    private static List<NodeProto> nodes(List<NodeProto> list) {
        List<NodeProto> nodes = each(list, Sorted::node);
        Map<String, Integer> makers = new HashMap<>();
        for (int i = 0; i < nodes.size(); i++) {
            for (String output : nodes.get(i).getOutputList()) {
                makers.putIfAbsent(output, i);
            }
        }
        makers.remove("");
        List<List<Integer>> readers = new ArrayList<>();
        nodes.forEach(_ -> readers.add(new ArrayList<>()));
        int[] waiting = new int[nodes.size()];
        boolean inOrder = true;
        for (int i = 0; i < nodes.size(); i++) {
            for (int maker : makers(nodes.get(i), makers)) {
                inOrder &= maker < i;
                readers.get(maker).add(i);
                waiting[i]++;
            }
        }
        return inOrder ? nodes : ordered(nodes, readers, waiting);
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
