package dev.gamelan.codegen;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.kernel.Step;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs a convolution or one of its gradients, and the epilogue on pixels that are done. */
final class ConvolutionInstruction implements Instruction {

    private final Convolution.Run convolution;
    private final Slot left;
    private final Slot right;
    private final Slot result;
    private final @Nullable LoopInstruction epilogue;
    private final Convolution.@Nullable PixelsDone done;

    private ConvolutionInstruction(Convolution.Run convolution, List<Slot> operands, Slot result, Optional<LoopInstruction> epilogue) {
        this.convolution = convolution;
        this.left = operands.get(0);
        this.right = operands.get(1);
        this.result = result;
        this.epilogue = epilogue.orElse(null);
        Shape shape = result.type().shape();
        int pixels = shape.slice(0, shape.rank() - 1).length();
        this.done = epilogue.map(loop -> (Convolution.PixelsDone) (from, to) -> loop.lines(from, to, pixels)).orElse(null);
    }

    /** @param kept whether most runs have the same right operand */
    static ConvolutionInstruction forward(Step.Contraction step, int vectorBits, List<Slot> operands, boolean kept, Slot result,
            Optional<LoopInstruction> epilogue) {
        boolean ofPlanes = !step.operands().isEmpty();
        return new ConvolutionInstruction(convolution(step.node(), ofPlanes, vectorBits, kept), operands, result, epilogue);
    }

    /** @param kept whether most runs have the same right operand */
    static ConvolutionInstruction gradient(Node node, int vectorBits, List<Slot> operands, boolean kept, Slot result) {
        return new ConvolutionInstruction(convolution(node, false, vectorBits, kept), operands, result, Optional.empty());
    }

    /** Whether a convolution reads images as well that lie channel by channel. */
    static boolean readsPlanes(Node node) {
        return node.op() instanceof Op.Conv conv && node.dtype().isFloating() && Convolution.readsPlanes(LoopTypes.of(node.dtype()),
                node.operand(0).shape(), node.operand(1).shape(), conv.window(), conv.groups());
    }

    private static Convolution.Run convolution(Node node, boolean ofPlanes, int vectorBits, boolean kept) {
        ElementType type = LoopTypes.of(node.dtype());
        Lanes lanes = Lanes.ofBits(vectorBits, type);
        Shape first = node.operand(0).shape();
        Shape second = node.operand(1).shape();
        Type result = node.type();
        return switch (node.op()) {
            case Op.Conv o when ofPlanes -> Convolution.forwardOfPlanes(lanes, type, first, second, o.window(), o.groups());
            case Op.Conv o -> Convolution.forward(lanes, type, first, second, o.window(), o.groups(), kept);
            case Op.ConvInputGradient o -> Convolution.inputGradient(lanes, type, result.shape(), second, o.window(), o.groups(), kept);
            case Op.ConvKernelGradient o -> Convolution.kernelGradient(lanes, type, first, result.shape(), o.window(), o.groups());
            default -> throw new IllegalArgumentException(node.op() + " is no convolution");
        };
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (epilogue != null) {
            epilogue.bind(frame);
        }
        convolution.run(pool, left.array(frame), left.offset(frame), right.arrayIfKept(frame), right.offset(frame),
                result.array(frame), result.offset(frame), done, right.derived(frame));
        if (epilogue != null) {
            epilogue.release();
        }
    }
}
