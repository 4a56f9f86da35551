package dev.gamelan.codegen.blocks;

/** What is done to blocks of BOOL. */
final class TruthLoops {

    private TruthLoops() {}

    static void and(boolean[] a, boolean[] b, boolean[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] & b[i];
        }
    }

    static void or(boolean[] a, boolean[] b, boolean[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] | b[i];
        }
    }

    static void xor(boolean[] a, boolean[] b, boolean[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] ^ b[i];
        }
    }

    static void not(boolean[] a, boolean[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = !a[i];
        }
    }

    static boolean any(boolean[] a, int n) {
        for (int i = 0; i < n; i++) {
            if (a[i]) {
                return true;
            }
        }
        return false;
    }
}
