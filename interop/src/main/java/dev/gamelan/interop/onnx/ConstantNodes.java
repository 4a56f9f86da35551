package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import java.util.HashSet;
import java.util.Set;

/**
 * Some tools, PaddlePaddle's among them, write weights as nodes of the operator Constant: they become initializers. What PyTorch
 * writes so are numbers of the program.
 */
final class ConstantNodes {

    private static final Set<Integer> FRACTIONS = Set.of(TensorProto.DataType.FLOAT_VALUE, TensorProto.DataType.DOUBLE_VALUE,
            TensorProto.DataType.FLOAT16_VALUE, TensorProto.DataType.BFLOAT16_VALUE);

    /** Tools that write no weights as nodes. */
    private static final Set<String> WITHOUT = Set.of("pytorch", "gamelan");

    private ConstantNodes() {}

    /** Single numbers stay what they are: epsilons and exponents. */
    static ModelProto asInitializers(ModelProto model) {
        GraphProto graph = model.getGraph();
        if (WITHOUT.contains(model.getProducerName()) || graph.getNodeList().stream().noneMatch(ConstantNodes::isWeight)) {
            return model;
        }
        Set<String> taken = new HashSet<>();
        graph.getInitializerList().forEach(tensor -> taken.add(tensor.getName()));
        graph.getInputList().forEach(input -> taken.add(input.getName()));
        GraphProto.Builder result = graph.toBuilder().clearNode();
        for (NodeProto node : graph.getNodeList()) {
            if (isWeight(node) && taken.add(node.getOutput(0))) {
                result.addInitializer(node.getAttribute(0).getT().toBuilder().setName(node.getOutput(0)));
            } else {
                result.addNode(node);
            }
        }
        return model.toBuilder().setGraph(result).build();
    }

    private static boolean isLong(TensorProto tensor) {
        for (int axis = 0; axis < tensor.getDimsCount(); axis++) {
            if (tensor.getDims(axis) > 1) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWeight(NodeProto node) {
        if (!node.getOpType().equals("Constant") || !node.getDomain().isEmpty() || node.getAttributeCount() != 1
                || node.getOutputCount() != 1 || node.getOutput(0).isEmpty()) {
            return false;
        }
        AttributeProto attribute = node.getAttribute(0);
        return attribute.getName().equals("value") && attribute.hasT() && FRACTIONS.contains(attribute.getT().getDataType())
                && isLong(attribute.getT()) && !ParameterNames.isNumber(node.getOutput(0));
    }
}
