package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.DType;
import java.util.Arrays;

/** Running sums, line by line; of FLOAT32 in double, so that long lines stay exact. */
final class CumSumInstruction implements Instruction {

    private static final int GRAIN = 8192;
    /** Lines side by side in memory that are summed together. */
    private static final int NEIGHBORS = 256;
    /** Those of a task at least. */
    private static final int FEW = 32;

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
        this.linesPerTask = Math.max(axis.inner() > 1 ? FEW : 1, GRAIN / Math.max(1, axis.extent()));
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (axis.extent() == 0) {
            return;
        }
        tasks.run(frame, pool, Math.ceilDiv(axis.lines(), linesPerTask));
    }

    private void lines(Frame frame, int task) {
        int end = Math.min(axis.lines(), (task + 1) * linesPerTask);
        boolean together = axis.inner() > 1 && x.array(frame) instanceof float[];
        double[] sums = together ? (double[]) Scratch.borrow(ElementType.DOUBLE, NEIGHBORS) : new double[0];
        for (int line = task * linesPerTask, next; line < end; line = next) {
            int start = axis.start(line) + (reverse ? (axis.extent() - 1) * axis.inner() : 0);
            int source = x.offset(frame) + start;
            int target = result.offset(frame) + start;
            if (together) {
                next = Math.min(Math.min(end, line + NEIGHBORS), (line / axis.inner() + 1) * axis.inner());
                floats((float[]) x.array(frame), source, (float[]) result.array(frame), target, sums, next - line);
            } else {
                next = line + 1;
                line(x.array(frame), source, result.array(frame), target);
            }
        }
        if (together) {
            Scratch.giveBack(ElementType.DOUBLE, sums);
        }
    }

    /** Neighboring lines, element by element of all of them. */
    private void floats(float[] from, int source, float[] to, int target, double[] sums, int lines) {
        Arrays.fill(sums, 0, lines, 0);
        int step = reverse ? -axis.inner() : axis.inner();
        for (int i = 0; i < axis.extent(); i++) {
            row(from, source + i * step, to, target + i * step, sums, lines);
        }
    }

    private static void row(float[] from, int source, float[] to, int target, double[] sums, int lines) {
        for (int j = 0; j < lines; j++) {
            double sum = sums[j] + from[source + j];
            sums[j] = sum;
            to[target + j] = (float) sum;
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
