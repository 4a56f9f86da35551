package dev.gamelan.codegen;

import java.util.Arrays;

/** Keeps the smallest of many longs, in a heap with the largest of them on top. */
final class SmallestLongs {

    private final long[] heap;
    private int size;

    /** @param count how many are kept */
    SmallestLongs(int count) {
        this.heap = new long[count];
    }

    boolean isFull() {
        return size == heap.length;
    }

    /** The largest that is kept; one must be. */
    long largest() {
        return heap[0];
    }

    /** Whether it is kept, for now. */
    boolean add(long value) {
        if (size < heap.length) {
            int at = size++;
            while (at > 0 && heap[(at - 1) / 2] < value) {
                heap[at] = heap[(at - 1) / 2];
                at = (at - 1) / 2;
            }
            heap[at] = value;
            return true;
        }
        if (size == 0 || value >= heap[0]) {
            return false;
        }
        sink(value);
        return true;
    }

    /** Replaces the largest. */
    private void sink(long value) {
        int at = 0;
        while (2 * at + 1 < size) {
            int child = 2 * at + 1;
            child += child + 1 < size && heap[child + 1] > heap[child] ? 1 : 0;
            if (heap[child] <= value) {
                break;
            }
            heap[at] = heap[child];
            at = child;
        }
        heap[at] = value;
    }

    /** All that are kept, smallest first. */
    long[] sorted() {
        long[] result = Arrays.copyOf(heap, size);
        Arrays.sort(result);
        return result;
    }
}
