package dev.gamelan.codegen;

import dev.gamelan.codegen.blocks.ColdLoop;
import dev.gamelan.codegen.blocks.FloatOp;

/** Does the work of the ordinary loops over blocks of floats from when it is compiled on: {@link WarmedLoops}. Bits are theirs. */
final class EarlyLoops {
    private static final int WARM_ELEMENTS = 64;

    private static final EarlyKernel KERNEL = new EarlyKernel("loops", EarlyLoops::warmUp);

    private EarlyLoops() {
    }

    /** Begins to bring them to full speed, in the background: where much will be computed before kernels are compiled. */
    static void begin() {
        KERNEL.begin();
    }

    private static void warmUp() {
        float[] floats = new float[WARM_ELEMENTS];
        int[] ints = new int[WARM_ELEMENTS];
        boolean[] truths = new boolean[WARM_ELEMENTS];
        int count = WarmedLoops.OPERATIONS.size();
        KERNEL.warmUp(VectorSupport.preferredBits() > 0, number -> {
            int to = Warm.isInterpreted(number) ? 0 : WARM_ELEMENTS;
            for (int i = 0; i < count; i++) {
                FloatOp operation = WarmedLoops.OPERATIONS.get(i);
                Object first = operation == FloatOp.SELECT ? truths
                        : operation == FloatOp.OF_INT || operation == FloatOp.OF_BITS ? ints : floats;
                WarmedLoops.run(i, first, floats, floats, floats, 0, to);
            }
        });
        for (int i = 0; i < count && KERNEL.isReady(); i++) {
            ColdLoop.of(WarmedLoops.OPERATIONS.get(i)).replace(new WarmedLoops.One(i));
        }
    }

    /** Whether they are compiled, which begins with the first question. */
    static boolean await() {
        return KERNEL.await();
    }
}
