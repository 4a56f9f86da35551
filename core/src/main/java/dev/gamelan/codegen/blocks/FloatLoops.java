package dev.gamelan.codegen.blocks;

/** What is done to blocks of FLOAT32; each loop by itself is one that HotSpot makes vectors of. The bits are those of emitted kernels. */
final class FloatLoops {

    private static final int SQRT_HALF = Float.floatToRawIntBits((float) Math.sqrt(0.5));

    private FloatLoops() {}

    static void add(float[] a, float[] b, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] + b[i];
        }
    }

    static void add(float[] a, float b, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] + b;
        }
    }

    static void subtract(float[] a, float[] b, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] - b[i];
        }
    }

    static void subtract(float a, float[] b, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a - b[i];
        }
    }

    static void multiply(float[] a, float[] b, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] * b[i];
        }
    }

    static void multiply(float[] a, float b, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] * b;
        }
    }

    static void divide(float[] a, float[] b, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] / b[i];
        }
    }

    static void maximum(float[] a, float[] b, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = Math.max(a[i], b[i]);
        }
    }

    static void minimum(float[] a, float[] b, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = Math.min(a[i], b[i]);
        }
    }

    static void negate(float[] a, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = -a[i];
        }
    }

    static void absolute(float[] a, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = Math.abs(a[i]);
        }
    }

    static void squareRoot(float[] a, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = (float) Math.sqrt(a[i]);
        }
    }

    /** As {@link dev.gamelan.codegen.VectorMath#log}. */
    static void logarithm(float[] a, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = logarithm(a[i]);
        }
    }

    private static float logarithm(float x) {
        boolean tiny = x < Float.MIN_NORMAL;
        int bits = Float.floatToRawIntBits(tiny ? x * 0x1p23f : x) - SQRT_HALF;
        float exponent = bits >> 23;
        float e = tiny ? exponent - 23 : exponent;
        float f = Float.intBitsToFloat((bits & 0x007fffff) + SQRT_HALF) - 1;
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
        float result = Math.fma(e, 0.693359375f, f + low);
        result = x < Float.POSITIVE_INFINITY ? result : x;
        result = x == 0 ? Float.NEGATIVE_INFINITY : result;
        return x < 0 ? Float.NaN : result;
    }

    static void less(float[] a, float[] b, boolean[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] < b[i];
        }
    }

    static void lessOrEqual(float[] a, float[] b, boolean[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] <= b[i];
        }
    }

    static void equal(float[] a, float[] b, boolean[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] == b[i];
        }
    }

    static void select(boolean[] condition, float[] a, float[] b, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = condition[i] ? a[i] : b[i];
        }
    }

    static void fromInts(int[] a, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i];
        }
    }
}
