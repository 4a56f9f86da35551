package dev.gamelan.codegen.blocks;

/**
 * Operations on blocks of FLOAT32; each loop by itself is one that HotSpot makes vectors of. The bits are those of emitted kernels.
 *
 * <p>Each loop is the method of a class of its own: whoever calls many of them does not get them all inlined, which takes HotSpot longer than
 * all of them together.
 */
public enum FloatOp implements Loop {
    ADD {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] y = (float[]) b;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] + y[i];
            }
        }
    },
    SUB {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] y = (float[]) b;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] - y[i];
            }
        }
    },
    MUL {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] y = (float[]) b;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] * y[i];
            }
        }
    },
    DIV {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] y = (float[]) b;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] / y[i];
            }
        }
    },
    MIN {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] y = (float[]) b;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = Math.min(x[i], y[i]);
            }
        }
    },
    MAX {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] y = (float[]) b;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = Math.max(x[i], y[i]);
            }
        }
    },
    FMA {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] y = (float[]) b;
            float[] z = (float[]) c;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = Math.fma(x[i], y[i], z[i]);
            }
        }
    },
    /** The second operand is one number. */
    ADD_NUMBER {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float y = ((float[]) b)[0];
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] + y;
            }
        }
    },
    /** The second operand is one number. */
    MUL_NUMBER {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float y = ((float[]) b)[0];
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] * y;
            }
        }
    },
    /** The first operand is one number. */
    NUMBER_SUB {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float x = ((float[]) a)[0];
            float[] y = (float[]) b;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x - y[i];
            }
        }
    },
    NEG {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = -x[i];
            }
        }
    },
    ABS {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = Math.abs(x[i]);
            }
        }
    },
    SQRT {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = (float) Math.sqrt(x[i]);
            }
        }
    },
    LT {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] y = (float[]) b;
            boolean[] r = (boolean[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] < y[i];
            }
        }
    },
    LE {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] y = (float[]) b;
            boolean[] r = (boolean[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] <= y[i];
            }
        }
    },
    EQ {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            float[] x = (float[]) a;
            float[] y = (float[]) b;
            boolean[] r = (boolean[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i] == y[i];
            }
        }
    },
    /** Without branches, which nobody could predict where the condition is the sign of a random number. */
    SELECT {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            boolean[] x = (boolean[]) a;
            float[] y = (float[]) b;
            float[] z = (float[]) c;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                int chosen = x[i] ? -1 : 0;
                r[i] = Float.intBitsToFloat(Float.floatToRawIntBits(y[i]) & chosen | Float.floatToRawIntBits(z[i]) & ~chosen);
            }
        }
    },
    OF_INT {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = x[i];
            }
        }
    },
    /** The numbers that bits stand for. */
    OF_BITS {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            int[] x = (int[]) a;
            float[] r = (float[]) out;
            for (int i = from; i < to; i++) {
                r[i] = Float.intBitsToFloat(x[i]);
            }
        }
    };
}
