package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.ir.Origin;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.DType;
import java.util.List;

/** Adds slices by index, in the order of the indices; side by side only over what they do not share. */
final class ScatterInstruction implements Instruction {

    private final Slot base;
    private final Slot indices;
    private final Slot updates;
    private final Slot result;
    private final Axis axis;
    private final int count;
    private final Origin origin;
    private final Tasks tasks = new Tasks((frame, outer, _) -> add(frame, outer));

    ScatterInstruction(Op.ScatterAdd scatter, List<Slot> operands, Slot result, Origin origin) {
        this.base = operands.get(0);
        this.indices = operands.get(1);
        this.updates = operands.get(2);
        this.result = result;
        this.axis = Axis.of(base.type().shape(), scatter.axis());
        this.count = indices.type().shape().length();
        this.origin = origin;
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
        if (axis.lines() == 0) {
            for (int i = 0; i < count; i++) {
                GatherInstruction.index(indices, frame, i, axis.extent(), origin);
            }
            return;
        }
        tasks.run(frame, pool, axis.outer());
    }

    private void add(Frame frame, int outer) {
        int to = result.offset(frame) + outer * axis.extent() * axis.inner();
        int from = updates.offset(frame) + outer * count * axis.inner();
        for (int i = 0; i < count; i++) {
            int index = GatherInstruction.index(indices, frame, i, axis.extent(), origin);
            add(base.type().dtype(), updates.array(frame), from + i * axis.inner(), result.array(frame), to + index * axis.inner(),
                    axis.inner());
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
