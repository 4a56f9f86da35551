package dev.gamelan.codegen;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import java.util.List;
import java.util.Optional;

/** Operations that are written by hand instead of generated: where the work is moving and counting, not computing. */
final class Library {

    private Library() {}

    /**
     * @param kept whether most runs have the same second operand
     * @param first how many elements of the result are read along its axis
     */
    static Optional<Instruction> find(Node node, List<Slot> operands, boolean kept, int first, Slot result, int vectorBits, Pool pool) {
        return switch (node.op()) {
            case Op.MaxPool _, Op.MaxPoolGradient _, Op.MaxPoolPick _, Op.SumPool _, Op.SumPoolGradient _ -> node.dtype().isFloating()
                    ? Optional.of(PoolingInstruction.of(node, vectorBits, operands, result, pool.workers())) : Optional.empty();
            case Op.ConvInputGradient _, Op.ConvKernelGradient _ -> Optional.of(ConvolutionInstruction.gradient(node, vectorBits, operands,
                    kept, result));
            case Op.Gather gather -> Optional.of(new GatherInstruction(gather, operands, result, node.origin()));
            case Op.ScatterAdd scatter -> Optional.of(new ScatterInstruction(scatter, operands, result, node.origin(),
                    vectorBits, pool.workers()));
            case Op.RandomBits _ -> Optional.of(new RandomInstruction(operands.getFirst(), result));
            case Op.ArgReduce reduce -> Optional.of(new ArgReduceInstruction(reduce, operands.getFirst(), result, vectorBits));
            case Op.CumSum sum -> Optional.of(new CumSumInstruction(sum, operands.getFirst(), result));
            case Op.ArgSort sort -> Optional.of(new ArgSortInstruction(sort, operands.getFirst(), result, first));
            default -> Optional.empty();
        };
    }
}
