package dev.gamelan.codegen;

import java.lang.reflect.Array;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Arrays that kernels borrow for the time of a call. Any number of threads may borrow; arrays given back are kept for
 * the next borrower of the same size class, so a steady state allocates nothing. Contents are whatever was left there.
 *
 * <p>A size class is an octave. Arrays are as long as was asked for, but for an eighth at most: an octave's whole length would be twice
 * of what a matrix with a power of two elements and a few in front of them needs. One that is too short makes room for a longer one.
 *
 * <p>A thread looks first where it gave back the last: that array is in its caches, and no other thread writes to that part of the table.
 */
final class Scratch {
    private static final int CLASSES = 32;
    private static final int SMALLEST_LOG = 8;
    /** Lengths within an octave, as a power of two. */
    private static final int STEPS_LOG = 3;
    /** Arrays of one size class that a thread has for itself at most. */
    private static final int SLOTS = 4;
    /** Parts of the table, one for each thread as long as there are few. */
    private static final int PARTS = 32;
    private static final int PART = CLASSES * SLOTS;
    private static final AtomicReferenceArray<Object> FLOATS = new AtomicReferenceArray<>(PARTS * PART);
    private static final AtomicReferenceArray<Object> DOUBLES = new AtomicReferenceArray<>(PARTS * PART);

    private Scratch() {
    }

    /** A {@code float[]} or {@code double[]} of at least {@code length} elements. */
    static Object borrow(ElementType type, int length) {
        int sizeLog = sizeLog(length);
        AtomicReferenceArray<Object> kept = kept(type);
        int own = part();
        for (int part = 0; part < PARTS; part++) {
            int first = first(own + part, sizeLog);
            for (int i = first; i < first + SLOTS; i++) {
                if (kept.getPlain(i) != null) {
                    Object array = kept.getAndSet(i, null);
                    if (array != null) {
                        return Array.getLength(array) >= length ? array : newArray(type, length, sizeLog);
                    }
                }
            }
        }
        return newArray(type, length, sizeLog);
    }

    private static Object newArray(ElementType type, int length, int sizeLog) {
        return type.newArray(Math.max(1 << SMALLEST_LOG, Shares.roundUp(length, 1 << sizeLog - 1 - STEPS_LOG)));
    }

    /** The octave that a length is in: of those from half of a power of two on, without it, to that. */
    private static int sizeLog(int length) {
        return Math.max(SMALLEST_LOG, 32 - Integer.numberOfLeadingZeros(Math.max(1, length) - 1));
    }

    /** Takes back what {@link #borrow} gave. */
    static void giveBack(ElementType type, Object array) {
        int sizeLog = sizeLog(Array.getLength(array));
        AtomicReferenceArray<Object> kept = kept(type);
        int own = part();
        for (int part = 0; part < PARTS; part++) {
            int first = first(own + part, sizeLog);
            for (int i = first; i < first + SLOTS; i++) {
                if (kept.getPlain(i) == null && kept.compareAndSet(i, null, array)) {
                    return;
                }
            }
        }
    }

    private static int part() {
        return (int) Thread.currentThread().threadId();
    }

    private static int first(int part, int sizeLog) {
        return (part & PARTS - 1) * PART + sizeLog * SLOTS;
    }

    /** Zeros {@code [from, to)} of a {@code float[]} or {@code double[]}. */
    static void zero(Object array, int from, int to) {
        if (array instanceof float[] floats) {
            Arrays.fill(floats, from, to, 0);
        } else {
            Arrays.fill((double[]) array, from, to, 0);
        }
    }

    /** Adds {@code count} elements of an array to others of the same. */
    static void add(Object array, int from, int to, int count) {
        if (array instanceof float[] floats) {
            for (int i = 0; i < count; i++) {
                floats[to + i] += floats[from + i];
            }
        } else {
            double[] doubles = (double[]) array;
            for (int i = 0; i < count; i++) {
                doubles[to + i] += doubles[from + i];
            }
        }
    }

    private static AtomicReferenceArray<Object> kept(ElementType type) {
        return type == ElementType.FLOAT ? FLOATS : DOUBLES;
    }
}
