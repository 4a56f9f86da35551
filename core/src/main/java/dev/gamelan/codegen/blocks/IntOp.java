package dev.gamelan.codegen.blocks;

/** Operations on blocks of INT32, as {@link FloatOp} has them of FLOAT32. */
public enum IntOp implements Loop {
    ADD {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] + y[i];
            }
        }
    },
    SUB {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] - y[i];
            }
        }
    },
    MUL {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] * y[i];
            }
        }
    },
    MIN {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = Math.min(x[i], y[i]);
            }
        }
    },
    MAX {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = Math.max(x[i], y[i]);
            }
        }
    },
    AND {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] & y[i];
            }
        }
    },
    OR {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] | y[i];
            }
        }
    },
    XOR {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] ^ y[i];
            }
        }
    },
    SHL {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] << y[i];
            }
        }
    },
    SHR {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] >> y[i];
            }
        }
    },
    USHR {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] >>> y[i];
            }
        }
    },
    NEG {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = -x[i];
            }
        }
    },
    ABS {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = Math.abs(x[i]);
            }
        }
    },
    LT {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            boolean[] r = (boolean[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] < y[i];
            }
        }
    },
    LE {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            boolean[] r = (boolean[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] <= y[i];
            }
        }
    },
    EQ {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            int[] y = (int[]) b;
            boolean[] r = (boolean[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] == y[i];
            }
        }
    },
    SELECT {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            boolean[] x = (boolean[]) a;
            int[] y = (int[]) b;
            int[] z = (int[]) c;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] ? y[i] : z[i];
            }
        }
    },
    /** As a Java cast. */
    OF_FLOAT {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = (int) x[i];
            }
        }
    },
    /** The bits of numbers. */
    OF_BITS {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            int[] r = (int[]) out;
            for (int i = from; i < to; i++) {
                r[i] = Float.floatToRawIntBits(x[i]);
            }
        }
    };
}
