package dev.gamelan.nn;

/** One number and perhaps more, as an array. */
final class Ints {

    private Ints() {}

    static int[] of(int first, int... more) {
        int[] all = new int[more.length + 1];
        all[0] = first;
        System.arraycopy(more, 0, all, 1, more.length);
        return all;
    }
}
