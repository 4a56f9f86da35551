package dev.gamelan.codegen;

/** Moves the truth values of an incomplete vector, as bits with the lowest lane in the lowest bit; called by kernels. */
final class Flags {

    private Flags() {
    }

    static long bits(boolean[] flags, int index, int count) {
        long bits = 0;
        for (int i = 0; i < count; i++) {
            bits |= (flags[index + i] ? 1L : 0L) << i;
        }
        return bits;
    }

    static void store(long bits, boolean[] flags, int index, int count) {
        for (int i = 0; i < count; i++) {
            flags[index + i] = (bits >>> i & 1) != 0;
        }
    }
}
