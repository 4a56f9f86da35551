package dev.gamelan.codegen;

import dev.gamelan.ir.Node;
import dev.gamelan.kernel.Step;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Runs a batch of matrix products, and the epilogue on rows that are done. */
final class MatMulInstruction implements Instruction {

    private final Gemm gemm;
    private final Slot a;
    private final Slot b;
    private final Slot c;
    private final @Nullable LoopInstruction epilogue;
    private final Gemm.@Nullable RowsDone done;

    /** @param kept whether many runs on end have the same second operand */
    MatMulInstruction(int vectorBits, Step.Contraction step, List<Slot> operands, boolean kept, Slot result,
            Optional<LoopInstruction> epilogue) {
        Node node = step.node();
        int rows = node.shape().dim(-2);
        int columns = node.shape().dim(-1);
        int batch = batch(node);
        this.a = operands.get(0);
        this.b = operands.get(1);
        this.c = result;
        ElementType type = LoopTypes.of(node.dtype());
        this.gemm = Gemm.of(Lanes.ofBits(vectorBits, type), type, batch, rows, columns, node.operand(0).shape().dim(-1),
                layout(step.operands().get(0)), layout(step.operands().get(1)), new Gemm.Layout(rows * columns, columns, 1), kept);
        this.epilogue = epilogue.orElse(null);
        this.done = epilogue.map(loop -> (Gemm.RowsDone) (matrix, from, to) -> loop.lines(matrix * rows + from, matrix * rows + to,
                batch * rows)).orElse(null);
    }

    /** The number of matrices. */
    static int batch(Node node) {
        return node.shape().slice(0, node.shape().rank() - 2).length();
    }

    private static Gemm.Layout layout(Step.Matrix matrix) {
        return new Gemm.Layout(matrix.batchStride(), matrix.rowStride(), matrix.columnStride());
    }

    @Override
    public boolean isWarm() {
        return epilogue == null || epilogue.isWarm();
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (epilogue != null) {
            epilogue.bind(frame);
        }
        gemm.run(pool, a.array(frame), a.offset(frame), b.arrayIfKept(frame), b.offset(frame), c.array(frame), c.offset(frame), done,
                b.derived(frame));
        if (epilogue != null) {
            epilogue.release();
        }
    }
}
