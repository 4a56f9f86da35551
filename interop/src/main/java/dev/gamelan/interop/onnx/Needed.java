package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Which nodes some values need. */
final class Needed {

    private Needed() {}

    /** @param given names whose values are there, so that what makes them is not needed */
    static List<NodeProto> nodes(List<NodeProto> nodes, List<String> wanted, Predicate<String> given) {
        Set<String> open = new HashSet<>(wanted);
        List<NodeProto> needed = new ArrayList<>();
        for (NodeProto node : nodes.reversed()) {
            if (isWanted(node, open, given)) {
                needed.add(node);
                read(node, open);
            }
        }
        return needed.reversed();
    }

    private static boolean isWanted(NodeProto node, Set<String> open, Predicate<String> given) {
        for (int i = 0; i < node.getOutputCount(); i++) {
            String output = node.getOutput(i);
            if (open.contains(output) && !given.test(output)) {
                return true;
            }
        }
        return false;
    }

    /** Adds what a node reads, graphs inside of it included. */
    static void read(NodeProto node, Set<String> names) {
        names.addAll(node.getInputList());
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.hasG()) {
                read(attribute.getG(), names);
            }
            attribute.getGraphsList().forEach(graph -> read(graph, names));
        }
    }

    /** Names that a graph makes itself may be among them: that only keeps a node too many. */
    private static void read(GraphProto graph, Set<String> names) {
        graph.getNodeList().forEach(node -> read(node, names));
        graph.getOutputList().forEach(output -> names.add(output.getName()));
    }
}
