package dev.gamelan.codegen;

/** Does the work of {@link PlainTransform} once it is compiled: {@link WarmedTransform}. Bits are the same. */
final class EarlyTransform {
    private static final int WARM_CHANNELS = 64;

    private static final EarlyKernel KERNEL = new EarlyKernel("transform", EarlyTransform::warmUp);
    private static volatile int lanes = 1;

    private EarlyTransform() {
    }

    /** Begins to bring it to full speed, in the background. */
    static void begin() {
        KERNEL.begin();
    }

    private static void warmUp() {
        int bits = VectorSupport.preferredBits();
        boolean useful = bits > 0;
        lanes = useful ? WarmedTransform.lanes() : 1;
        float[][] registers = new float[2][WARM_CHANNELS];
        int[] steps = new int[(WarmedTransform.STORE + 1) * WarmedTransform.STEP];
        for (int operation = 0; operation <= WarmedTransform.STORE; operation++) {
            steps[operation * WarmedTransform.STEP] = operation;
            steps[operation * WarmedTransform.STEP + 4] = 1;
        }
        float[] numbers = new float[1];
        float[] image = new float[WARM_CHANNELS];
        KERNEL.warmUp(useful, number -> WarmedTransform.run(steps, registers, numbers, image, 0, 0, 0, image, 0, 0, 0,
                Warm.isInterpreted(number) ? 0 : WARM_CHANNELS));
    }

    /** Whether it is there for so many channels. */
    static boolean fits(int channels) {
        return KERNEL.isReady() && channels % lanes == 0;
    }

    /** Whether it is compiled, which begins with the first question. */
    static boolean await() {
        return KERNEL.await();
    }
}
