package dev.gamelan.codegen.blocks;

/** Operations on blocks of truth values, as {@link FloatOp} has them of FLOAT32. */
public enum TruthOp implements Loop {
    AND {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            boolean[] x = (boolean[]) a;
            boolean[] y = (boolean[]) b;
            boolean[] r = (boolean[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] & y[i];
            }
        }
    },
    OR {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            boolean[] x = (boolean[]) a;
            boolean[] y = (boolean[]) b;
            boolean[] r = (boolean[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] | y[i];
            }
        }
    },
    XOR {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            boolean[] x = (boolean[]) a;
            boolean[] y = (boolean[]) b;
            boolean[] r = (boolean[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] ^ y[i];
            }
        }
    },
    NOT {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            boolean[] x = (boolean[]) a;
            boolean[] r = (boolean[]) out;
            for (int i = from; i < to; i++) {
                r[i] = !x[i];
            }
        }
    };

    /** Whether one of {@code n} truth values holds. */
    public static boolean any(Object truths, int n) {
        boolean[] x = (boolean[]) truths;
        for (int i = 0; i < n; i++) {
            if (x[i]) {
                return true;
            }
        }
        return false;
    }
}
