package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.ir.Origin;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.DType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Adds slices by index, in the order of the indices. Side by side only over what they do not share: the outer axes, and columns of long
 * slices.
 */
final class ScatterInstruction implements Instruction {

    /** Elements of all updates below which splitting costs more than it gains. */
    private static final int GRAIN = 8192;
    /** Columns in one task. */
    private static final int COLUMNS = 32;

    private final Slot base;
    private final Indices indices;
    private final Slot updates;
    private final Slot result;
    private final Axis axis;
    private final int count;
    private final int columns;
    private final int columnTasks;
    private final @Nullable Warm<ScatterKernel.Add> kernel;
    private final Tasks tasks = new Tasks((frame, task, _) -> add(frame, task));

    /** @param vectorBits of the vectors to add in, once their kernel is compiled; 0 for none */
    ScatterInstruction(Op.ScatterAdd scatter, List<Slot> operands, Slot result, Origin origin, int vectorBits, int workers) {
        this.base = operands.get(0);
        this.updates = operands.get(2);
        this.result = result;
        this.axis = Axis.of(base.type().shape(), scatter.axis());
        this.indices = new Indices(operands.get(1), axis.extent(), origin);
        this.count = indices.count();
        boolean worth = axis.outer() < 2 * workers && (long) count * axis.inner() >= GRAIN;
        this.columns = worth && axis.inner() >= 2 * COLUMNS ? COLUMNS * Math.ceilDiv(axis.inner(), COLUMNS * workers)
                : Math.max(1, axis.inner());
        this.columnTasks = Math.ceilDiv(axis.inner(), columns);
        Lanes lanes = Lanes.ofBits(vectorBits, ElementType.FLOAT);
        boolean vectors = lanes.isVector() && columns >= lanes.count() && base.type().dtype() == DType.FLOAT32
                && indices.slot().type().dtype() == DType.INT32;
        this.kernel = vectors ? ScatterKernel.of(lanes) : null;
    }

    @SuppressWarnings("ReferenceEquality") // the same array, not an equal one
    private boolean isInPlace(Frame frame) {
        return base.array(frame) == result.array(frame) && base.offset(frame) == result.offset(frame);
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (!isInPlace(frame)) {
            System.arraycopy(base.array(frame), base.offset(frame), result.array(frame), result.offset(frame),
                    base.type().shape().length());
        }
        indices.check(frame);
        if (axis.lines() > 0 && count > 0) {
            tasks.run(frame, pool, axis.outer() * columnTasks);
        }
    }

    private void add(Frame frame, int task) {
        int outer = task / (columnTasks);
        int column = task % columnTasks * columns;
        int width = Math.min(columns, axis.inner() - column);
        int to = result.offset(frame) + outer * axis.extent() * axis.inner() + column;
        int from = updates.offset(frame) + outer * count * axis.inner() + column;
        Object source = updates.array(frame);
        Object target = result.array(frame);
        if (kernel != null && kernel.isReady()) {
            kernel.kernel().run((float[]) source, from, (float[]) target, to, (int[]) indices.array(frame), indices.offset(frame), count,
                    axis.inner(), width);
        } else if (axis.inner() == 1 && source instanceof float[] floats && indices.array(frame) instanceof int[] places) {
            addOne(floats, from, (float[]) target, to, places, indices.offset(frame));
        } else {
            for (int i = 0; i < count; i++) {
                add(base.type().dtype(), source, from + i * axis.inner(), target, to + indices.get(frame, i) * axis.inner(), width);
            }
        }
    }

    private void addOne(float[] source, int from, float[] target, int to, int[] places, int offset) {
        for (int i = 0; i < count; i++) {
            target[to + places[offset + i]] += source[from + i];
        }
    }

    private static void add(DType dtype, Object source, int from, Object target, int to, int length) {
        switch (dtype) {
            case FLOAT32 -> addFloats((float[]) source, from, (float[]) target, to, length);
            case FLOAT64 -> addDoubles((double[]) source, from, (double[]) target, to, length);
            case INT32 -> addInts((int[]) source, from, (int[]) target, to, length);
            case INT64 -> addLongs((long[]) source, from, (long[]) target, to, length);
            case INT8, UINT8 -> addBytes((byte[]) source, from, (byte[]) target, to, length);
            case FLOAT16, BFLOAT16, BOOL -> throw new IllegalArgumentException("no arithmetic in " + dtype);
        }
    }

    private static void addFloats(float[] source, int from, float[] target, int to, int length) {
        for (int i = 0; i < length; i++) {
            target[to + i] += source[from + i];
        }
    }

    private static void addDoubles(double[] source, int from, double[] target, int to, int length) {
        for (int i = 0; i < length; i++) {
            target[to + i] += source[from + i];
        }
    }

    private static void addInts(int[] source, int from, int[] target, int to, int length) {
        for (int i = 0; i < length; i++) {
            target[to + i] += source[from + i];
        }
    }

    private static void addLongs(long[] source, int from, long[] target, int to, int length) {
        for (int i = 0; i < length; i++) {
            target[to + i] += source[from + i];
        }
    }

    private static void addBytes(byte[] source, int from, byte[] target, int to, int length) {
        for (int i = 0; i < length; i++) {
            target[to + i] += source[from + i];
        }
    }
}
