package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.DType;

/** Running sums, line by line; of FLOAT32 in double, so that long lines stay exact. */
final class CumSumInstruction implements Instruction {

    private static final int GRAIN = 8192;

    private final Slot x;
    private final Slot result;
    private final Axis axis;
    private final boolean reverse;
    private final int linesPerTask;
    private final Tasks tasks = new Tasks((frame, task, _) -> lines(frame, task));

    CumSumInstruction(Op.CumSum sum, Slot x, Slot result) {
        this.x = x;
        this.result = result;
        this.axis = Axis.of(x.type().shape(), sum.axis());
        this.reverse = sum.reverse();
        this.linesPerTask = Math.max(1, GRAIN / Math.max(1, axis.extent()));
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (axis.extent() == 0) {
            return;
        }
        tasks.run(frame, pool, Math.ceilDiv(axis.lines(), linesPerTask));
    }

    private void lines(Frame frame, int task) {
        for (int line = task * linesPerTask; line < Math.min(axis.lines(), (task + 1) * linesPerTask); line++) {
            int start = axis.start(line) + (reverse ? (axis.extent() - 1) * axis.inner() : 0);
            line(x.array(frame), x.offset(frame) + start, result.array(frame), result.offset(frame) + start);
        }
    }

    private void line(Object from, int source, Object to, int target) {
        DType dtype = x.type().dtype();
        int step = reverse ? -axis.inner() : axis.inner();
        if (dtype.isFloating()) {
            double sum = 0;
            for (int i = 0; i < axis.extent(); i++) {
                sum += Scalars.getDouble(dtype, from, source + i * step);
                Scalars.setDouble(dtype, to, target + i * step, sum);
            }
        } else {
            long sum = 0;
            for (int i = 0; i < axis.extent(); i++) {
                sum += Scalars.getLong(dtype, from, source + i * step);
                Scalars.setLong(dtype, to, target + i * step, sum);
            }
        }
    }
}
