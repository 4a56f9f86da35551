package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.DType;

/** The place of the first extreme element of each line. */
final class ArgReduceInstruction implements Instruction {

    private static final int GRAIN = 8192;

    private final Slot x;
    private final Slot result;
    private final Axis axis;
    private final boolean largest;
    private final int linesPerTask;
    private final Tasks tasks = new Tasks((frame, task, _) -> lines(frame, task));

    ArgReduceInstruction(Op.ArgReduce reduce, Slot x, Slot result) {
        this.x = x;
        this.result = result;
        this.axis = Axis.of(x.type().shape(), reduce.axis());
        this.largest = reduce.kind() == Op.ArgKind.MAX;
        this.linesPerTask = Math.max(1, GRAIN / axis.extent());
    }

    @Override
    public void run(Frame frame, Pool pool) {
        tasks.run(frame, pool, Math.ceilDiv(axis.lines(), linesPerTask));
    }

    private void lines(Frame frame, int task) {
        int[] places = (int[]) result.array(frame);
        for (int line = task * linesPerTask; line < Math.min(axis.lines(), (task + 1) * linesPerTask); line++) {
            places[result.offset(frame) + line] = find(x.array(frame), x.offset(frame) + axis.start(line));
        }
    }

    private int find(Object array, int start) {
        DType dtype = x.type().dtype();
        return switch (dtype) {
            case FLOAT32 -> findFloat((float[]) array, start);
            case FLOAT64 -> findDouble((double[]) array, start);
            case INT8, UINT8, INT32, INT64, BOOL, FLOAT16, BFLOAT16 -> findLong(dtype, array, start);
        };
    }

    private int findFloat(float[] values, int start) {
        int best = 0;
        float extreme = values[start];
        for (int i = 1; i < axis.extent() && !Float.isNaN(extreme); i++) {
            float value = values[start + i * axis.inner()];
            if (Float.isNaN(value) || (largest ? value > extreme : value < extreme)) {
                best = i;
                extreme = value;
            }
        }
        return best;
    }

    private int findDouble(double[] values, int start) {
        int best = 0;
        double extreme = values[start];
        for (int i = 1; i < axis.extent() && !Double.isNaN(extreme); i++) {
            double value = values[start + i * axis.inner()];
            if (Double.isNaN(value) || (largest ? value > extreme : value < extreme)) {
                best = i;
                extreme = value;
            }
        }
        return best;
    }

    private int findLong(DType dtype, Object array, int start) {
        int best = 0;
        long extreme = Scalars.getLong(dtype, array, start);
        for (int i = 1; i < axis.extent(); i++) {
            long value = Scalars.getLong(dtype, array, start + i * axis.inner());
            if (largest ? value > extreme : value < extreme) {
                best = i;
                extreme = value;
            }
        }
        return best;
    }
}
