package dev.gamelan.codegen.blocks;

/** Functions of single numbers with the bits of emitted kernels. */
public final class FloatMath {
    private static final float ROUND = 12_582_912f;

    private FloatMath() {}

    /** As {@link dev.gamelan.codegen.VectorMath#exp}. */
    public static float exp(float x) {
        float shifted = Math.fma(x, (float) (1 / Math.log(2)), ROUND + 254);
        float n = shifted - (ROUND + 254);
        float r = Math.fma(n, (float) 2.12194440e-4, Math.fma(n, -0.693359375f, x));
        float p = 1.381453975721014e-3f;
        p = Math.fma(p, r, 8.36874514173751e-3f);
        p = Math.fma(p, r, 4.1668390792335475e-2f);
        p = Math.fma(p, r, 1.6666520398689333e-1f);
        p = Math.fma(p, r, 4.9999993432085177e-1f);
        p = Math.fma(p, r, 1);
        p = Math.fma(p, r, 1);
        int bits = Float.floatToRawIntBits(shifted);
        int half = bits >> 1;
        float result = p * Float.intBitsToFloat(half << 23) * Float.intBitsToFloat(bits - half << 23);
        result = x > (float) 88.7228394 ? Float.POSITIVE_INFINITY : result;
        return x < (float) -103.972084 ? 0 : result;
    }
}
