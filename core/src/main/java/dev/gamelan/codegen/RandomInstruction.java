package dev.gamelan.codegen;

import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import org.jspecify.annotations.Nullable;

/** Random bits: Threefry-2x32 with 20 rounds of the counter (i, 0), first word. Salmon et al., 2011. */
final class RandomInstruction implements Instruction {

    private static final int GRAIN = 4096;
    static final int PARITY = 0x1BD11BDA;

    private final Slot key;
    private final Slot result;
    private final @Nullable Warm<RandomKernel.Fill> kernel;
    private final int lanes;
    private final Tasks tasks = new Tasks((frame, task, _) -> fill(frame, task * GRAIN));

    private RandomInstruction(Slot key, Slot result, @Nullable Warm<RandomKernel.Fill> kernel, int lanes) {
        this.key = key;
        this.result = result;
        this.kernel = kernel;
        this.lanes = lanes;
    }

    /** @param vectorBits of the vectors to compute in once their kernel is compiled; 0 for none */
    static RandomInstruction of(Slot key, Slot result, int vectorBits) {
        Lanes lanes = Lanes.ofBits(vectorBits, ElementType.INT);
        return new RandomInstruction(key, result, lanes.isVector() ? RandomKernel.of(lanes) : null, lanes.count());
    }

    @Override
    public void run(Frame frame, Pool pool) {
        tasks.run(frame, pool, Math.ceilDiv(result.type().shape().length(), GRAIN));
    }

    private void fill(Frame frame, int from) {
        int[] keys = (int[]) key.array(frame);
        int to = Math.min(result.type().shape().length(), from + GRAIN);
        int k0 = keys[key.offset(frame)];
        int k1 = keys[key.offset(frame) + 1];
        int[] target = (int[]) result.array(frame);
        int vectors = kernel != null && kernel.isReady() ? (to - from) / lanes : 0;
        if (kernel != null && vectors > 0) {
            kernel.kernel().run(k0, k1, from, from + vectors * lanes, target, result.offset(frame));
        }
        fill(k0, k1, from + vectors * lanes, to, target, result.offset(frame));
    }

    /** Element by element: HotSpot makes no vectors of so long a loop, see {@link RandomKernel}. */
    static void fill(int k0, int k1, int from, int to, int[] target, int offset) {
        int k2 = PARITY ^ k0 ^ k1;
        for (int i = from; i < to; i++) {
            int x = i + k0;
            int y = k1;
            x += y;
            y = (y << 13 | y >>> 19) ^ x;
            x += y;
            y = (y << 15 | y >>> 17) ^ x;
            x += y;
            y = (y << 26 | y >>> 6) ^ x;
            x += y;
            y = (y << 6 | y >>> 26) ^ x;
            x += k1;
            y += k2 + 1;
            x += y;
            y = (y << 17 | y >>> 15) ^ x;
            x += y;
            y = (y << 29 | y >>> 3) ^ x;
            x += y;
            y = (y << 16 | y >>> 16) ^ x;
            x += y;
            y = (y << 24 | y >>> 8) ^ x;
            x += k2;
            y += k0 + 2;
            x += y;
            y = (y << 13 | y >>> 19) ^ x;
            x += y;
            y = (y << 15 | y >>> 17) ^ x;
            x += y;
            y = (y << 26 | y >>> 6) ^ x;
            x += y;
            y = (y << 6 | y >>> 26) ^ x;
            x += k0;
            y += k1 + 3;
            x += y;
            y = (y << 17 | y >>> 15) ^ x;
            x += y;
            y = (y << 29 | y >>> 3) ^ x;
            x += y;
            y = (y << 16 | y >>> 16) ^ x;
            x += y;
            y = (y << 24 | y >>> 8) ^ x;
            x += k1;
            y += k2 + 4;
            x += y;
            y = (y << 13 | y >>> 19) ^ x;
            x += y;
            y = (y << 15 | y >>> 17) ^ x;
            x += y;
            y = (y << 26 | y >>> 6) ^ x;
            x += y;
            target[offset + i] = x + k2;
        }
    }
}
