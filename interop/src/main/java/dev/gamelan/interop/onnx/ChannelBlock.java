package dev.gamelan.interop.onnx;

import dev.gamelan.codegen.ElementType;
import dev.gamelan.codegen.Lanes;
import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How many channels lie together in a model that ONNX Runtime saved for the processor that it ran on. The file does not say so, but its
 * extents may: channels are filled up to whole blocks. Else it is what ONNX Runtime takes on this machine, as it does.
 */
final class ChannelBlock {

    private static final String DOMAIN = "com.microsoft.nchwc";
    private static final int WIDE = 16;
    private static final int NARROW = 8;

    private static final List<Long> NONE = List.of(0L, 0L, 0L, 0L);

    private final Map<String, List<Long>> dims = new HashMap<>();
    private final Map<String, NodeProto> made = new LinkedHashMap<>();

    private ChannelBlock(GraphProto graph) {
        graph.getInitializerList().forEach(tensor -> dims.put(tensor.getName(), tensor.getDimsList()));
        graph.getNodeList().forEach(node -> node.getOutputList().forEach(name -> made.put(name, node)));
    }

    static int of(GraphProto graph) {
        List<NodeProto> nodes = graph.getNodeList();
        return nodes.stream().anyMatch(node -> node.getDomain().equals(DOMAIN)) ? new ChannelBlock(graph).size() : WIDE;
    }

    private int size() {
        boolean isNarrow = made.values().stream().filter(ChannelBlock::isConv).anyMatch(this::isNarrow);
        boolean isWide = made.values().stream().filter(node -> is(node, "ReorderOutput")).anyMatch(this::isWide);
        return isNarrow || !isWide && !isOwnWide() ? NARROW : WIDE;
    }

    private static boolean is(NodeProto node, String op) {
        return node.getDomain().equals(DOMAIN) && node.getOpType().equals(op);
    }

    private static boolean isConv(NodeProto node) {
        return is(node, "Conv") && node.getInputCount() > 1;
    }

    /** The extents (out, in, h, w) of a convolution's kernel. */
    private List<Long> kernel(NodeProto conv) {
        List<Long> extents = dims.getOrDefault(conv.getInput(1), List.of());
        return extents.size() == 4 ? extents : NONE;
    }

    /** Whether a kernel has extents that are no multiples of the wider block. */
    private boolean isNarrow(NodeProto conv) {
        List<Long> kernel = kernel(conv);
        long in = kernel.get(1);
        NodeProto before = made.get(conv.getInput(0));
        boolean isOfBlocks = before != null && before.getDomain().equals(DOMAIN) && !is(before, "ReorderOutput");
        return kernel.get(0) % WIDE != 0 || in > WIDE && in % WIDE != 0 || isOfBlocks && in == NARROW;
    }

    /** Whether what leaves the blocks has so few channels that it was filled up to more than the narrower block. */
    private boolean isWide(NodeProto output) {
        long channels = output.getAttributeList().stream().filter(each -> each.getName().equals("channels")).findFirst()
                .map(AttributeProto::getI).orElse(Long.MAX_VALUE);
        NodeProto node = output;
        for (int i = 0; i < made.size() && node != null && node.getInputCount() > 0; i++) {
            if (isConv(node)) {
                return kernel(node).getFirst() - channels >= NARROW;
            }
            node = is(node, "ReorderInput") || node.getOpType().equals("Concat") ? null : made.get(node.getInput(0));
        }
        return false;
    }

    private static boolean isOwnWide() {
        return Lanes.preferred(ElementType.FLOAT).count() == WIDE || System.getProperty("os.arch").contains("aarch64");
    }
}
