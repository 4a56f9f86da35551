package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Finds convolutions of each channel by itself that are followed by one of 1 x 1 over their result, as in mobile networks: each alone is
 * so little work that it waits for memory.
 */
final class Chains {

    /** How many steps back the first is looked for: between lies what the second's epilogue wants laid out. */
    private static final int FARTHEST = 6;

    private Chains() {}

    /** @param steps in their order */
    static List<Step> join(List<Step> steps) {
        List<Step> result = new ArrayList<>();
        for (Step step : steps) {
            OptionalInt place = step instanceof Step.Contraction second ? followed(result, second) : OptionalInt.empty();
            if (place.isPresent() && result.get(place.getAsInt()) instanceof Step.Contraction first) {
                result.remove(place.getAsInt());
                result.add(new Step.Chain(first, (Step.Contraction) step));
            } else {
                result.add(step);
            }
        }
        return result;
    }

    /** Where the first step is that another can follow, if nothing between has to wait for it. */
    private static OptionalInt followed(List<Step> steps, Step.Contraction second) {
        for (int i = steps.size() - 1; i >= Math.max(0, steps.size() - FARTHEST); i--) {
            if (steps.get(i) instanceof Step.Contraction first && follows(first, second)) {
                boolean waits = steps.subList(i + 1, steps.size()).stream().flatMap(step -> step.reads().stream())
                        .anyMatch(first.writes()::contains);
                return waits ? OptionalInt.empty() : OptionalInt.of(i);
            }
        }
        return OptionalInt.empty();
    }

    /** Whether pixels of the second step need those pixels of the first, and nothing else that it writes. */
    private static boolean follows(Step.Contraction first, Step.Contraction second) {
        if (!isDepthwise(first.node()) || !isPointwise(second.node())) {
            return false;
        }
        Node left = second.node().operand(0);
        Node between = Step.Whole.of(left);
        boolean reads = first.writes().contains(between) && left.shape().equals(first.node().shape())
                && (between == first.node() ? first.epilogue().isEmpty() : isPixelByPixel(first, between));
        return reads && second.reads().stream().noneMatch(buffer -> buffer != between && first.writes().contains(buffer))
                && second.epilogue().stream().noneMatch(loop -> loop.reads().contains(between));
    }

    /** Whether an epilogue writes pixels of a buffer where the convolution has them. */
    private static boolean isPixelByPixel(Step.Contraction first, Node written) {
        Shape shape = first.node().shape();
        return first.epilogue().filter(loop -> loop.kernel().form() == LoopKernel.Form.MAP && loop.bindings().stream()
                .filter(binding -> binding.written() && binding.buffer() == written)
                .allMatch(binding -> binding.offset() == 0 && isContiguous(loop.extents(), binding.strides()))
                && written.shape().size() == shape.size()).isPresent();
    }

    private static boolean isContiguous(List<Integer> extents, List<Integer> strides) {
        int step = 1;
        for (int axis = extents.size() - 1; axis >= 0; axis--) {
            if (extents.get(axis) > 1 && strides.get(axis) != step) {
                return false;
            }
            step *= extents.get(axis);
        }
        return true;
    }

    private static boolean isDepthwise(Node node) {
        return node.op() instanceof Op.Conv conv && conv.groups() > 1 && conv.groups() == node.operand(0).shape().dim(-1)
                && node.shape().dim(-1) == conv.groups();
    }

    private static boolean isPointwise(Node node) {
        if (!(node.op() instanceof Op.Conv conv) || conv.groups() != 1) {
            return false;
        }
        Window window = conv.window();
        Shape kernel = node.operand(1).shape();
        return kernel.slice(0, kernel.rank() - 2).size() == 1 && window.stride().stream().allMatch(stride -> stride == 1)
                && window.padLow().stream().allMatch(pad -> pad == 0) && window.padHigh().stream().allMatch(pad -> pad == 0);
    }
}
