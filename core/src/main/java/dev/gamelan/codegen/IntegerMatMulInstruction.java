package dev.gamelan.codegen;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Scalars;
import dev.gamelan.kernel.Step;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.DType;
import java.util.List;

/** Matrix products of integers, which wrap around. */
final class IntegerMatMulInstruction implements Instruction {

    private final Step.Matrix first;
    private final Step.Matrix second;
    private final Slot a;
    private final Slot b;
    private final Slot c;
    private final DType dtype;
    private final int batch;
    private final int rows;
    private final int columns;
    private final int depth;

    IntegerMatMulInstruction(Step.Contraction step, List<Slot> operands, Slot result) {
        Node node = step.node();
        this.first = step.operands().get(0);
        this.second = step.operands().get(1);
        this.a = operands.get(0);
        this.b = operands.get(1);
        this.c = result;
        this.dtype = node.dtype();
        this.rows = node.shape().dim(-2);
        this.columns = node.shape().dim(-1);
        this.depth = node.operand(0).shape().dim(-1);
        this.batch = MatMulInstruction.batch(node);
    }

    @Override
    public void run(Frame frame, Pool pool) {
        pool.run(batch * rows, (task, _) -> row(frame, task / rows, task % rows));
    }

    private void row(Frame frame, int matrix, int row) {
        Object x = a.array(frame);
        Object y = b.array(frame);
        int from = a.offset(frame) + matrix * first.batchStride() + row * first.rowStride();
        int to = c.offset(frame) + (matrix * rows + row) * columns;
        for (int column = 0; column < columns; column++) {
            int other = b.offset(frame) + matrix * second.batchStride() + column * second.columnStride();
            long sum = 0;
            for (int i = 0; i < depth; i++) {
                sum += Scalars.getLong(dtype, x, from + i * first.columnStride())
                        * Scalars.getLong(dtype, y, other + i * second.rowStride());
            }
            Scalars.setLong(dtype, c.array(frame), to + column, sum);
        }
    }
}
