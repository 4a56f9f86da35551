package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** An emitted kernel of random bits in vectors; the same bits as {@link RandomInstruction} computes one by one. */
final class RandomKernel {

    /** Elements {@code from} to {@code to}, a multiple of the lanes apart, of the stream of a key. */
    interface Fill {
        void run(int k0, int k1, int from, int to, int[] target, int offset);
    }

    private static final Map<Lanes, Warm<Fill>> KERNELS = new ConcurrentHashMap<>();
    /** Of the rounds, four by four in turn. */
    private static final int[][] ROTATIONS = {{13, 15, 26, 6}, {17, 29, 16, 24}};
    /** Enough for some vectors of any width. */
    private static final int WARMING = 256;

    private RandomKernel() {}

    static Warm<Fill> of(Lanes lanes) {
        return KERNELS.computeIfAbsent(lanes, RandomKernel::start);
    }

    private static Warm<Fill> start(Lanes lanes) {
        int[] target = new int[WARMING];
        return Warm.start(() -> Warm.define(Fill.class, "Random", lanes, RandomKernel::emit),
                (kernel, number) -> kernel.run(number, ~number, 0, number < Warm.INTERPRETED_CALLS ? lanes.count() : WARMING, target, 0));
    }

    static void emit(Assembler k) {
        Value[] keys = {k.intParameter(0), k.intParameter(1), k.constant(RandomInstruction.PARITY)};
        keys[2] = k.binary(Binary.XOR, keys[2], k.binary(Binary.XOR, keys[0], keys[1]));
        Value target = k.parameter(4, Form.ARRAY, ElementType.INT);
        Value offset = k.intParameter(5);
        Value start = k.add(k.laneNumbers(), k.broadcast(keys[0]));
        k.forRange(k.intParameter(2), k.intParameter(3), k.lanes().count(), i -> {
            Value x = k.add(start, k.broadcast(i));
            Value y = k.broadcast(keys[1]);
            for (int round = 0; round < 20; round++) {
                x = k.add(x, y);
                y = k.binary(Binary.XOR, k.rotate(y, ROTATIONS[round / 4 % 2][round % 4]), x);
                if (round % 4 == 3) {
                    int group = round / 4 + 1;
                    x = k.add(x, k.broadcast(keys[group % 3]));
                    y = k.add(y, k.broadcast(k.add(keys[(group + 1) % 3], group)));
                }
            }
            k.memory().store(target, k.add(offset, i), x);
        });
    }
}
