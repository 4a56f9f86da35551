package dev.gamelan.codegen;

import dev.gamelan.codegen.blocks.Threefry;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;

/** Random bits: Threefry-2x32 with 20 rounds of the counter (i, 0), first word. Salmon et al., 2011. */
final class RandomInstruction implements Instruction {

    private static final int GRAIN = 4096;

    private final Slot key;
    private final Slot result;
    private final Tasks tasks = new Tasks((frame, task, _) -> fill(frame, task * GRAIN));

    RandomInstruction(Slot key, Slot result) {
        this.key = key;
        this.result = result;
    }

    @Override
    public void run(Frame frame, Pool pool) {
        tasks.run(frame, pool, Math.ceilDiv(result.type().shape().length(), GRAIN));
    }

    private void fill(Frame frame, int from) {
        int[] keys = (int[]) key.array(frame);
        int to = Math.min(result.type().shape().length(), from + GRAIN);
        Threefry.fill(keys[key.offset(frame)], keys[key.offset(frame) + 1], from, to - from, (int[]) result.array(frame),
                result.offset(frame) + from);
    }
}
