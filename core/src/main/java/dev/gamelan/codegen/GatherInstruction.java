package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.ir.Origin;
import dev.gamelan.ir.Scalars;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import java.util.List;

/** Copies slices by index. */
final class GatherInstruction implements Instruction {

    /** Indices in one part. */
    private static final int GRAIN = 256;

    private final Slot x;
    private final Slot indices;
    private final Slot result;
    private final Axis axis;
    private final int count;
    private final Origin origin;
    private final int parts;
    private final Tasks tasks = new Tasks((frame, task, _) -> copy(frame, task));

    GatherInstruction(Op.Gather gather, List<Slot> operands, Slot result, Origin origin) {
        this.x = operands.get(0);
        this.indices = operands.get(1);
        this.result = result;
        this.axis = Axis.of(x.type().shape(), gather.axis());
        this.count = indices.type().shape().length();
        this.origin = origin;
        this.parts = Math.ceilDiv(count, GRAIN);
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (axis.lines() == 0) {
            check(frame);
            return;
        }
        tasks.run(frame, pool, axis.outer() * parts);
    }

    private void check(Frame frame) {
        for (int i = 0; i < count; i++) {
            index(indices, frame, i, axis.extent(), origin);
        }
    }

    private void copy(Frame frame, int task) {
        int outer = task / parts;
        int from = task % parts * GRAIN;
        Object source = x.array(frame);
        Object target = result.array(frame);
        int sourceBase = x.offset(frame) + outer * axis.extent() * axis.inner();
        int targetBase = result.offset(frame) + outer * count * axis.inner();
        for (int i = from; i < Math.min(count, from + GRAIN); i++) {
            int index = index(indices, frame, i, axis.extent(), origin);
            System.arraycopy(source, sourceBase + index * axis.inner(), target, targetBase + i * axis.inner(), axis.inner());
        }
    }

    /** @throws IndexOutOfBoundsException if it is outside of the axis */
    static int index(Slot indices, Frame frame, int i, int extent, Origin origin) {
        long index = Scalars.getLong(indices.type().dtype(), indices.array(frame), indices.offset(frame) + i);
        if (index < 0 || index >= extent) {
            String at = origin.toString();
            throw new IndexOutOfBoundsException("an index is out of range\n  expected  0 <= index < " + extent + "\n  received  " + index
                    + " at place " + i + " of the indices " + indices.type().shape() + (at.isEmpty() ? "" : "\n  at  " + at));
        }
        return (int) index;
    }
}
