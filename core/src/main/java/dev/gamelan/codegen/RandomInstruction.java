package dev.gamelan.codegen;

import dev.gamelan.codegen.blocks.Threefry;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;

/** Random bits, see {@link Threefry}. */
final class RandomInstruction implements Instruction {

    private static final int GRAIN = 4 * Threefry.BLOCK;

    private final Slot key;
    private final Slot result;
    private final Tasks tasks = new Tasks((frame, task, worker) -> fill(frame, task * GRAIN, worker));
    /** Of each thread. */
    private int[][] words = new int[0][];
    private int[][] scratch = new int[0][];

    RandomInstruction(Slot key, Slot result) {
        this.key = key;
        this.result = result;
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (scratch.length < pool.workers()) {
            scratch = new int[pool.workers()][Threefry.BLOCK];
            words = new int[pool.workers()][Threefry.BLOCK];
        }
        tasks.run(frame, pool, Math.ceilDiv(result.type().shape().length(), GRAIN));
    }

    private void fill(Frame frame, int from, int worker) {
        int[] keys = (int[]) key.array(frame);
        int k0 = keys[key.offset(frame)];
        int k1 = keys[key.offset(frame) + 1];
        int to = Math.min(result.type().shape().length(), from + GRAIN);
        for (int i = from; i < to; i += Threefry.BLOCK) {
            int count = Math.min(Threefry.BLOCK, to - i);
            Threefry.fill(k0, k1, i, count, words[worker], scratch[worker]);
            System.arraycopy(words[worker], 0, (int[]) result.array(frame), result.offset(frame) + i, count);
        }
    }
}
