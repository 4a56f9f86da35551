package dev.gamelan.codegen.blocks;

/** Loops over blocks of FLOAT32 that are no {@link FloatOp}, as they have several parts. */
final class FloatLoops {

    private static final int SQRT_HALF = Float.floatToRawIntBits((float) Math.sqrt(0.5));

    private FloatLoops() {}

    /** As {@link dev.gamelan.codegen.VectorMath#log}: bits apart from fused multiply-adds, of which alone HotSpot makes vectors. The result may be
     * written over the operand, but not over scratch for exponents and fractions. */
    static void logarithm(float[] a, float[] exponent, float[] fraction, float[] out, int from, int to) {
        if (split(a, exponent, fraction, from, to)) {
            join(exponent, fraction, out, from, to);
        } else {
            for (int i = from; i < to; i++) {
                out[i] = logarithm(a[i]);
            }
        }
    }

    /** Writes exponents and fractions if all numbers are normal and above 0. */
    private static boolean split(float[] a, float[] exponent, float[] fraction, int from, int to) {
        for (int i = from; i < to; i++) {
            if (!(a[i] >= Float.MIN_NORMAL && a[i] < Float.POSITIVE_INFINITY)) {
                return false;
            }
            int bits = Float.floatToRawIntBits(a[i]) - SQRT_HALF;
            exponent[i] = bits >> 23;
            fraction[i] = Float.intBitsToFloat((bits & 0x007fffff) + SQRT_HALF) - 1;
        }
        return true;
    }

    private static void join(float[] exponent, float[] fraction, float[] out, int from, int to) {
        for (int i = from; i < to; i++) {
            out[i] = joined(exponent[i], fraction[i]);
        }
    }

    /** The logarithm of {@code (1 + f) 2^e}. */
    private static float joined(float e, float f) {
        float p = Math.fma(7.0376836292E-2f, f, -1.1514610310E-1f);
        p = Math.fma(p, f, 1.1676998740E-1f);
        p = Math.fma(p, f, -1.2420140846E-1f);
        p = Math.fma(p, f, 1.4249322787E-1f);
        p = Math.fma(p, f, -1.6668057665E-1f);
        p = Math.fma(p, f, 2.0000714765E-1f);
        p = Math.fma(p, f, -2.4999993993E-1f);
        p = Math.fma(p, f, 3.3333331174E-1f);
        float square = f * f;
        float low = Math.fma(e, -2.12194440e-4f, f * square * p);
        low = Math.fma(-0.5f, square, low);
        return Math.fma(e, 0.693359375f, f + low);
    }

    private static float logarithm(float x) {
        boolean tiny = x < Float.MIN_NORMAL;
        int bits = Float.floatToRawIntBits(tiny ? x * 0x1p23f : x) - SQRT_HALF;
        float exponent = bits >> 23;
        float e = tiny ? exponent - 23 : exponent;
        float f = Float.intBitsToFloat((bits & 0x007fffff) + SQRT_HALF) - 1;
        float result = joined(e, f);
        result = x < Float.POSITIVE_INFINITY ? result : x;
        result = x == 0 ? Float.NEGATIVE_INFINITY : result;
        return x < 0 ? Float.NaN : result;
    }
}
