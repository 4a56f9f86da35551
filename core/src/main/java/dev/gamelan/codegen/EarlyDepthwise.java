package dev.gamelan.codegen;

/** Does the work of {@link PlainDepthwise} once it is compiled: {@link WarmedDepthwise}. Bits are the same. */
final class EarlyDepthwise {
    private static final int WARM_CHANNELS = 32;
    private static final int WARM_ROWS = 3;
    private static final int WARM_COLUMNS = 3;
    private static final int WARM_PIXELS = 8;

    private static final EarlyKernel KERNEL = new EarlyKernel("depthwise", EarlyDepthwise::warmUp);
    /** Elements of a vector; 0 where there are none. */
    private static volatile int lanes;

    private EarlyDepthwise() {
    }

    /** Begins to bring it to full speed, in the background. */
    static void begin() {
        KERNEL.begin();
    }

    private static void warmUp() {
        boolean useful = VectorSupport.preferredBits() > 0;
        lanes = useful ? WarmedDepthwise.lanes() : 0;
        float[] x = new float[WARM_CHANNELS];
        float[] y = new float[WARM_CHANNELS];
        int[] rows = new int[WARM_ROWS];
        KERNEL.warmUp(useful, number -> WarmedDepthwise.run(x, 0, 0, rows, 0, x, 0, rows, 0, y, 0, 0, 0,
                Warm.isInterpreted(number) ? 0 : WARM_ROWS, WARM_COLUMNS, WARM_PIXELS, WARM_CHANNELS));
    }

    /** Whether it is compiled, which begins with the first question. */
    static boolean await() {
        return KERNEL.await();
    }

    /** Whether it is there for so many channels. */
    static boolean fits(int channels) {
        return KERNEL.isReady() && channels >= lanes;
    }
}
