package dev.gamelan.codegen.blocks;

/** What is done to blocks of INT32; each loop by itself is one that HotSpot makes vectors of. */
final class IntLoops {

    private IntLoops() {}

    static void add(int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] + b[i];
        }
    }

    static void subtract(int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] - b[i];
        }
    }

    static void multiply(int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] * b[i];
        }
    }

    static void maximum(int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = Math.max(a[i], b[i]);
        }
    }

    static void minimum(int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = Math.min(a[i], b[i]);
        }
    }

    static void negate(int[] a, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = -a[i];
        }
    }

    static void absolute(int[] a, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = Math.abs(a[i]);
        }
    }

    static void and(int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] & b[i];
        }
    }

    static void or(int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] | b[i];
        }
    }

    static void xor(int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] ^ b[i];
        }
    }

    static void shiftLeft(int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] << b[i];
        }
    }

    static void shiftRight(int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] >> b[i];
        }
    }

    static void shiftRightUnsigned(int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] >>> b[i];
        }
    }

    static void less(int[] a, int[] b, boolean[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] < b[i];
        }
    }

    static void lessOrEqual(int[] a, int[] b, boolean[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] <= b[i];
        }
    }

    static void equal(int[] a, int[] b, boolean[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] == b[i];
        }
    }

    static void select(boolean[] condition, int[] a, int[] b, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = condition[i] ? a[i] : b[i];
        }
    }

    static void fromFloats(float[] a, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = (int) a[i];
        }
    }

    static void fromBits(float[] a, int[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = Float.floatToRawIntBits(a[i]);
        }
    }
}
