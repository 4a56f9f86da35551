package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.FunctionProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** The nodes of a function, with the attributes of the node that calls it. */
final class FunctionBody {

    private final Map<String, AttributeProto> attributes = new HashMap<>();

    private FunctionBody(FunctionProto function, NodeProto caller) {
        function.getAttributeProtoList().forEach(attribute -> attributes.put(attribute.getName(), attribute));
        caller.getAttributeList().forEach(attribute -> attributes.put(attribute.getName(), attribute));
    }

    static List<NodeProto> nodes(FunctionProto function, NodeProto caller, Predicate<String> given) {
        FunctionBody body = new FunctionBody(function, caller);
        return Needed.nodes(function.getNodeList(), function.getOutputList(), given).stream().map(body::bound).toList();
    }

    private NodeProto bound(NodeProto node) {
        NodeProto.Builder result = node.toBuilder().clearAttribute();
        for (AttributeProto attribute : node.getAttributeList()) {
            if (attribute.getRefAttrName().isEmpty()) {
                result.addAttribute(attribute.hasG() ? attribute.toBuilder().setG(bound(attribute.getG())).build() : attribute);
            } else if (attributes.containsKey(attribute.getRefAttrName())) {
                result.addAttribute(attributes.get(attribute.getRefAttrName()).toBuilder().setName(attribute.getName()));
            }
        }
        return result.build();
    }

    private GraphProto bound(GraphProto graph) {
        GraphProto.Builder result = graph.toBuilder().clearNode();
        graph.getNodeList().forEach(node -> result.addNode(bound(node)));
        return result.build();
    }
}
