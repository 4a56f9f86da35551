package dev.gamelan.codegen.blocks;

/** Moves lines of elements between operands and blocks. */
public final class Lines {

    private Lines() {}

    /** Copies {@code n} elements that are {@code stride} apart. */
    public static void load(Object from, int at, int stride, Object to, int toAt, int n) {
        if (stride == 1) {
            System.arraycopy(from, at, to, toAt, n);
            return;
        }
        if (stride == 0 && n > 0) {
            System.arraycopy(from, at, to, toAt, 1);
            repeat(to, toAt, n);
            return;
        }
        switch (from) {
            case float[] floats -> load(floats, at, stride, (float[]) to, toAt, n);
            case int[] ints -> load(ints, at, stride, (int[]) to, toAt, n);
            case boolean[] truths -> load(truths, at, stride, (boolean[]) to, toAt, n);
            default -> throw unknown(from);
        }
    }

    private static void load(float[] from, int at, int stride, float[] to, int toAt, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i] = from[at + i * stride];
        }
    }

    private static void load(int[] from, int at, int stride, int[] to, int toAt, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i] = from[at + i * stride];
        }
    }

    private static void load(boolean[] from, int at, int stride, boolean[] to, int toAt, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i] = from[at + i * stride];
        }
    }

    /** Copies {@code n} elements to places that are {@code stride} apart. */
    public static void store(Object from, int at, Object to, int toAt, int stride, int n) {
        if (stride == 1) {
            System.arraycopy(from, at, to, toAt, n);
            return;
        }
        for (int i = 0; i < n; i++) {
            System.arraycopy(from, at + i, to, toAt + i * stride, 1);
        }
    }

    /** Writes element i of {@code from} to the i-th of {@code count} stretches of {@code n} elements. */
    public static void spread(Object from, int count, Object to, int n) {
        for (int i = 0; i < count; i++) {
            load(from, i, 0, to, i * n, n);
        }
    }

    /** A block of one number. */
    public static void fill(Object block, double number) {
        int length = switch (block) {
            case float[] floats -> {
                floats[0] = (float) number;
                yield floats.length;
            }
            case int[] ints -> {
                ints[0] = (int) number;
                yield ints.length;
            }
            case boolean[] truths -> {
                truths[0] = number != 0;
                yield truths.length;
            }
            default -> throw unknown(block);
        };
        repeat(block, 0, length);
    }

    /** Copies the first of {@code n} elements to all: by doubling, as copying is fast before anything is compiled, and loops are not. */
    private static void repeat(Object block, int at, int n) {
        for (int done = 1; done < n; done *= 2) {
            System.arraycopy(block, at, block, at + done, Math.min(done, n - done));
        }
    }

    static IllegalArgumentException unknown(Object block) {
        return new IllegalArgumentException("no blocks of " + block.getClass().getSimpleName());
    }
}
