package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.DType;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The place of the first extreme element of each line. */
final class ArgReduceInstruction implements Instruction {

    private static final int GRAIN = 8192;
    /** Lines side by side in memory in one task. */
    private static final int NEIGHBORS = 64;

    private final Slot x;
    private final Slot result;
    private final Axis axis;
    private final boolean largest;
    private final int linesPerTask;
    /** For lines of floats side by side; null where there are none. */
    private final @Nullable Warm<ArgReduceKernel.Find> together;
    private final Tasks tasks = new Tasks((frame, task, _) -> lines(frame, task));

    /** @param vectorBits as of the backend */
    ArgReduceInstruction(Op.ArgReduce reduce, Slot x, Slot result, int vectorBits) {
        this.x = x;
        this.result = result;
        this.axis = Axis.of(x.type().shape(), reduce.axis());
        this.largest = reduce.kind() == Op.ArgKind.MAX;
        this.linesPerTask = Math.max(axis.inner() > 1 ? NEIGHBORS : 1, GRAIN / axis.extent());
        boolean isTogether = axis.inner() > 1 && x.type().dtype() == DType.FLOAT32 && axis.extent() <= ArgReduceKernel.MOST;
        this.together = isTogether ? ArgReduceKernel.of(Lanes.ofBits(vectorBits, ElementType.FLOAT), largest) : null;
    }

    @Override
    public void run(Frame frame, Pool pool) {
        tasks.run(frame, pool, Math.ceilDiv(axis.lines(), linesPerTask));
    }

    private void lines(Frame frame, int task) {
        int[] places = (int[]) result.array(frame);
        int line = task * linesPerTask;
        int end = Math.min(axis.lines(), line + linesPerTask);
        while (line < end) {
            int next = together == null ? line + 1 : Math.min(end, (line / axis.inner() + 1) * axis.inner());
            int start = x.offset(frame) + axis.start(line);
            if (together != null && together.isReady()) {
                together.kernel().run((float[]) x.array(frame), start, axis.inner(), places, result.offset(frame) + line, axis.extent(),
                        next - line);
            } else if (together != null) {
                findFloats((float[]) x.array(frame), start, places, result.offset(frame) + line, next - line);
            } else {
                places[result.offset(frame) + line] = find(x.array(frame), start);
            }
            line = next;
        }
    }

    /** Of neighboring lines, element by element of all of them. */
    private void findFloats(float[] values, int start, int[] places, int target, int lines) {
        Arrays.fill(places, target, target + lines, 0);
        for (int i = 1; i < axis.extent(); i++) {
            int row = start + i * axis.inner();
            for (int j = 0; j < lines; j++) {
                float value = values[row + j];
                float extreme = values[start + places[target + j] * axis.inner() + j];
                if ((largest ? value > extreme : value < extreme) || Float.isNaN(value) && !Float.isNaN(extreme)) {
                    places[target + j] = i;
                }
            }
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

    /** First the extreme, in a loop that HotSpot makes vectors of, then its place; NaN wins. */
    private int findFloat(float[] values, int start) {
        float extreme = values[start];
        for (int i = 1; i < axis.extent(); i++) {
            float value = values[start + i * axis.inner()];
            extreme = largest ? Math.max(extreme, value) : Math.min(extreme, value);
        }
        boolean none = Float.isNaN(extreme);
        int place = 0;
        float value = values[start];
        while (none ? !Float.isNaN(value) : value != extreme) {
            place++;
            value = values[start + place * axis.inner()];
        }
        return place;
    }

    private int findDouble(double[] values, int start) {
        double extreme = values[start];
        for (int i = 1; i < axis.extent(); i++) {
            double value = values[start + i * axis.inner()];
            extreme = largest ? Math.max(extreme, value) : Math.min(extreme, value);
        }
        boolean none = Double.isNaN(extreme);
        int place = 0;
        double value = values[start];
        while (none ? !Double.isNaN(value) : value != extreme) {
            place++;
            value = values[start + place * axis.inner()];
        }
        return place;
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
