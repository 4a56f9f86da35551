package dev.gamelan.codegen;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.kernel.Step;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Optional;

/** Runs a matrix product or convolution, and its epilogue on rows that are done. */
final class ContractionInstruction implements Instruction {

    private final Step.Contraction step;
    private final List<Slot> inputs;
    private final Slot output;
    private final Optional<LoopInstruction> epilogue;
    private final int lines;
    private final Optional<LibraryInstruction> library;

    ContractionInstruction(Step.Contraction step, List<Slot> inputs, Slot output, Optional<LoopInstruction> epilogue) {
        this.step = step;
        this.inputs = inputs;
        this.output = output;
        this.epilogue = epilogue;
        Shape shape = step.node().shape();
        this.lines = shape.size() == 0 ? 0 : shape.length() / shape.dim(-1);
        this.library = step.node().op() instanceof Op.MatMul ? Optional.empty()
                : Optional.of(new LibraryInstruction(step, List.of(step.node()), inputs, List.of(output)));
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (library.isPresent()) {
            library.get().run(frame, pool);
        } else {
            multiply(frame);
        }
        epilogue.ifPresent(loop -> {
            loop.bind(frame);
            loop.lines(0, lines, lines);
        });
    }

    private void multiply(Frame frame) {
        Node node = step.node();
        Step.Matrix a = step.operands().get(0);
        Step.Matrix b = step.operands().get(1);
        int m = node.shape().dim(-2);
        int n = node.shape().dim(-1);
        int k = node.operand(0).shape().dim(-1);
        int batch = m == 0 || n == 0 ? 0 : node.shape().length() / m / n;
        Object x = inputs.get(0).array(frame);
        Object y = inputs.get(1).array(frame);
        for (int i = 0; i < batch * m * n; i++) {
            int row = inputs.get(0).offset(frame) + i / (m * n) * a.batchStride() + i / n % m * a.rowStride();
            int column = inputs.get(1).offset(frame) + i / (m * n) * b.batchStride() + i % n * b.columnStride();
            if (node.dtype().isFloating()) {
                double sum = 0;
                for (int j = 0; j < k; j++) {
                    sum += Scalars.getDouble(node.dtype(), x, row + j * a.columnStride()) * Scalars.getDouble(node.dtype(), y, column + j * b.rowStride());
                }
                Scalars.setDouble(node.dtype(), output.array(frame), output.offset(frame) + i, sum);
            } else {
                long sum = 0;
                for (int j = 0; j < k; j++) {
                    sum += Scalars.getLong(node.dtype(), x, row + j * a.columnStride()) * Scalars.getLong(node.dtype(), y, column + j * b.rowStride());
                }
                Scalars.setLong(node.dtype(), output.array(frame), output.offset(frame) + i, sum);
            }
        }
    }
}
