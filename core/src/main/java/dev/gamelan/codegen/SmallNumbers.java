package dev.gamelan.codegen;

/**
 * Panels of small whole numbers, as the weights of quantized networks are, in a quarter of the memory. A product of few rows waits for its
 * weights more than it computes, so they are kept as bytes and become floats again next to the processor: of the same bits, whatever they
 * are multiplied with.
 */
final class SmallNumbers {

    /** How much further an element is from the start than among floats: where these begin a cache line, bytes begin half of one. */
    static final int SHIFT = 4;

    private SmallNumbers() {}

    /** Whether panels are kept as bytes. */
    static boolean areIn(Object panels) {
        return panels instanceof byte[];
    }

    /** The panels as bytes, if that loses nothing; else themselves. */
    static Object narrowed(Object panels) {
        return panels instanceof float[] floats && fit(floats) ? bytes(floats) : panels;
    }

    private static boolean fit(float[] values) {
        for (float value : values) {
            // By bits: a negative zero is not a byte.
            if (Float.floatToRawIntBits((byte) value) != Float.floatToRawIntBits(value)) {
                return false;
            }
        }
        return true;
    }

    private static byte[] bytes(float[] values) {
        byte[] bytes = new byte[values.length + SHIFT];
        for (int i = 0; i < values.length; i++) {
            bytes[i + SHIFT] = (byte) values[i];
        }
        return bytes;
    }

    /** Makes {@code count} elements from {@code at} floats again. */
    static void widen(byte[] from, int at, float[] to, int toAt, int count) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] = from[at + SHIFT + i];
        }
    }
}
