package dev.gamelan.codegen;

import dev.gamelan.ir.Derived;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Origin;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import java.util.List;
import java.util.Objects;

/** Copies slices by index. */
final class GatherInstruction implements Instruction {

    /** Elements in one task. */
    private static final int GRAIN = 16_384;
    /** Slices of fewer elements are copied one by one. */
    private static final int SHORT = 12;
    /** Rows of a table that is stored are read one by one in so many runs; then all of it is kept. */
    private static final int PATIENCE = 8;
    /** The same, of elements of a row: fewer are not worth a look into a file. */
    private static final int LONG = 64;
    /** The same, how many times as large as what is taken the table is. */
    private static final int MUCH_LARGER = 16;

    private final Slot x;
    private final Indices indices;
    private final Slot result;
    private final Axis axis;
    private final int count;
    private final int perTask;
    private int runsOnStored;
    private final Tasks tasks = new Tasks((frame, task, _) -> copy(frame, task));

    GatherInstruction(Op.Gather gather, List<Slot> operands, Slot result, Origin origin) {
        this.x = operands.get(0);
        this.result = result;
        this.axis = Axis.of(x.type().shape(), gather.axis());
        this.indices = new Indices(operands.get(1), axis.extent(), origin);
        this.count = indices.count();
        this.perTask = Math.max(1, GRAIN / Math.max(1, axis.inner()));
    }

    @Override
    public void run(Frame frame, Pool pool) {
        indices.check(frame);
        if (isFewOfStored(frame)) {
            readRows(frame);
        } else if (axis.lines() > 0 && count > 0) {
            tasks.run(frame, pool, Math.ceilDiv(axis.outer() * count, perTask));
        }
    }

    /** Who runs a program a few times needs a few words' vectors of the many that a table may have. */
    private boolean isFewOfStored(Frame frame) {
        return x.arrayIfKept(frame) == null && axis.outer() == 1 && axis.inner() >= LONG && (long) count * MUCH_LARGER <= axis.extent()
                && runsOnStored++ < PATIENCE;
    }

    private void readRows(Frame frame) {
        Derived table = Objects.requireNonNull(x.derived(frame));
        int inner = axis.inner();
        Object row = x.type().dtype().newArray(inner);
        for (int i = 0; i < count; i++) {
            table.read(x.offset(frame) + indices.get(frame, i) * inner, inner, row);
            System.arraycopy(row, 0, result.array(frame), result.offset(frame) + i * inner, inner);
        }
    }

    private void copy(Frame frame, int task) {
        int from = task * perTask;
        int end = Math.min(axis.outer() * count, from + perTask);
        while (from < end) {
            int outer = from / count;
            int to = Math.min(end, (outer + 1) * count);
            copy(frame, outer, from - outer * count, to - outer * count);
            from = to;
        }
    }

    private void copy(Frame frame, int outer, int from, int to) {
        int source = x.offset(frame) + outer * axis.extent() * axis.inner();
        int target = result.offset(frame) + outer * count * axis.inner();
        Object read = x.array(frame);
        Object written = result.array(frame);
        int inner = axis.inner();
        if (inner >= SHORT) {
            for (int i = from; i < to; i++) {
                System.arraycopy(read, source + indices.get(frame, i) * inner, written, target + i * inner, inner);
            }
            return;
        }
        int start = indices.offset(frame) + from;
        int end = indices.offset(frame) + to;
        int first = target + from * inner;
        Object places = indices.array(frame);
        if (places instanceof int[] ints && read instanceof float[] floats) {
            floats(floats, source, ints, start, end, (float[]) written, first, inner);
        } else if (places instanceof int[] ints && read instanceof int[] values) {
            ints(values, source, ints, start, end, (int[]) written, first, inner);
        } else if (places instanceof int[] ints && read instanceof double[] doubles) {
            doubles(doubles, source, ints, start, end, (double[]) written, first, inner);
        } else if (places instanceof int[] ints && read instanceof long[] longs) {
            longs(longs, source, ints, start, end, (long[]) written, first, inner);
        } else {
            for (int i = from; i < to; i++) {
                System.arraycopy(read, source + indices.get(frame, i) * inner, written, target + i * inner, inner);
            }
        }
    }

    private static void floats(float[] x, int source, int[] places, int from, int to, float[] result, int target, int inner) {
        int at = target;
        if (inner == 1) {
            for (int i = from; i < to; i++) {
                result[at++] = x[source + places[i]];
            }
            return;
        }
        for (int i = from; i < to; i++) {
            int place = source + places[i] * inner;
            for (int j = 0; j < inner; j++) {
                result[at++] = x[place + j];
            }
        }
    }

    private static void ints(int[] x, int source, int[] places, int from, int to, int[] result, int target, int inner) {
        int at = target;
        for (int i = from; i < to; i++) {
            int place = source + places[i] * inner;
            for (int j = 0; j < inner; j++) {
                result[at++] = x[place + j];
            }
        }
    }

    private static void doubles(double[] x, int source, int[] places, int from, int to, double[] result, int target, int inner) {
        int at = target;
        for (int i = from; i < to; i++) {
            int place = source + places[i] * inner;
            for (int j = 0; j < inner; j++) {
                result[at++] = x[place + j];
            }
        }
    }

    private static void longs(long[] x, int source, int[] places, int from, int to, long[] result, int target, int inner) {
        int at = target;
        for (int i = from; i < to; i++) {
            int place = source + places[i] * inner;
            for (int j = 0; j < inner; j++) {
                result[at++] = x[place + j];
            }
        }
    }
}
