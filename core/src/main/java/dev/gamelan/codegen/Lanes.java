package dev.gamelan.codegen;

import java.util.Locale;

/**
 * How many elements an emitted kernel handles at once. One count holds for every vector of a kernel, whatever its
 * element type, so that conversions keep lanes in place; the count must fit the widest element type used.
 * A count of 1 is the scalar form, which links to nothing outside {@code java.base}.
 *
 * @param count elements per vector: 1 (scalar), 2, 4, 8 or 16
 * @param maskedMemory whether the machine loads and stores under a mask; otherwise loop tails move element by element
 */
public record Lanes(int count, boolean maskedMemory) {
    /** The form without vectors. */
    public static final Lanes SCALAR = new Lanes(1, false);

    public Lanes {
        if (count < 1 || count > 16 || Integer.bitCount(count) != 1) {
            throw new IllegalArgumentException("expected 1, 2, 4, 8 or 16 lanes, received " + count);
        }
    }

    /** The best form on this machine for kernels whose widest element type is {@code widest}. */
    public static Lanes preferred(ElementType widest) {
        return ofBits(VectorSupport.preferredBits(), widest);
    }

    /** Vectors of {@code bits} bits (128, 256, 512; 0 is scalar) for kernels whose widest element type is {@code widest}. */
    public static Lanes ofBits(int bits, ElementType widest) {
        return bits == 0 ? SCALAR : new Lanes(bits / widest.bits(), hasMaskedMemory(bits));
    }

    /** Whether values are held in vectors. */
    public boolean isVector() {
        return count > 1;
    }

    /** Whether as many bytes fill a vector that the Vector API has: then they become numbers lane by lane. */
    boolean widensBytes() {
        return count >= 8;
    }

    /** Name of the species constant for {@code type} in its vector class. */
    String species(ElementType type) {
        int bits = count * type.bits();
        if (!isVector() || bits < 64 || bits > 512) {
            throw new IllegalStateException("expected vectors of 64 to 512 bits, received " + count + " lanes of " + type);
        }
        return "SPECIES_" + bits;
    }

    /** NEON has no masked loads and stores: there the Vector API emulates them in slow Java code. */
    private static boolean hasMaskedMemory(int bits) {
        return bits >= 256 || !System.getProperty("os.arch").toLowerCase(Locale.ROOT).contains("aarch64");
    }
}
