package dev.gamelan.interop.onnx;

import dev.gamelan.codegen.ElementType;
import dev.gamelan.codegen.Lanes;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How many channels lie together in a model that ONNX Runtime saved for the processor that it ran on. The file does not say so, but its
 * extents may: channels are filled up to whole blocks. Else it is what ONNX Runtime takes on this machine, as it does.
 */
final class ChannelBlock {

    private static final String DOMAIN = "com.microsoft.nchwc";
    private static final int WIDE = 16;
    private static final int NARROW = 8;

    private ChannelBlock() {}

    static int of(GraphProto graph) {
        List<NodeProto> nodes = graph.getNodeList().stream().filter(node -> node.getDomain().equals(DOMAIN)).toList();
        if (nodes.isEmpty()) {
            return WIDE;
        }
        Map<String, List<Long>> dims = new HashMap<>();
        for (TensorProto tensor : graph.getInitializerList()) {
            dims.put(tensor.getName(), tensor.getDimsList());
        }
        Set<String> blocked = new HashSet<>();
        nodes.stream().filter(node -> !node.getOpType().equals("ReorderOutput")).forEach(node -> blocked.addAll(node.getOutputList()));
        boolean narrow = nodes.stream().filter(node -> node.getOpType().equals("Conv") && node.getInputCount() > 1)
                .anyMatch(node -> isNarrow(dims.getOrDefault(node.getInput(1), List.of()), blocked.contains(node.getInput(0))));
        return narrow ? NARROW : isOwnWide() ? WIDE : NARROW;
    }

    /** Whether a kernel (out, in, h, w) has extents that are no multiples of the wider block. */
    private static boolean isNarrow(List<Long> kernel, boolean ofBlocks) {
        if (kernel.size() != 4) {
            return false;
        }
        long in = kernel.get(1);
        return kernel.get(0) % WIDE != 0 || in > WIDE && in % WIDE != 0 || ofBlocks && in == NARROW;
    }

    private static boolean isOwnWide() {
        return Lanes.preferred(ElementType.FLOAT).count() == WIDE || System.getProperty("os.arch").contains("aarch64");
    }
}
