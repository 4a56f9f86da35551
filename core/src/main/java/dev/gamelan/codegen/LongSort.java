package dev.gamelan.codegen;

/** The stable order of longs, by merging runs. */
final class LongSort {

    /** Runs up to this length are sorted by insertion. */
    private static final int RUN = 16;

    private LongSort() {}

    /** Where the smallest stands, then the next. The keys are sorted on the way. */
    static int[] order(long[] keys) {
        int n = keys.length;
        long[] from = keys;
        int[] places = new int[n];
        for (int i = 0; i < n; i++) {
            places[i] = i;
        }
        for (int start = 0; start < n; start += RUN) {
            insert(from, places, start, Math.min(n, start + RUN));
        }
        long[] to = new long[n];
        int[] other = new int[n];
        for (long width = RUN; width < n; width *= 2) {
            for (long start = 0; start < n; start += 2 * width) {
                merge(from, places, to, other, (int) start, (int) Math.min(n, start + width), (int) Math.min(n, start + 2 * width));
            }
            long[] keysBefore = from;
            from = to;
            to = keysBefore;
            int[] placesBefore = places;
            places = other;
            other = placesBefore;
        }
        return places;
    }

    private static void insert(long[] keys, int[] places, int from, int to) {
        for (int i = from + 1; i < to; i++) {
            long key = keys[i];
            int place = places[i];
            int j = i;
            for (; j > from && keys[j - 1] > key; j--) {
                keys[j] = keys[j - 1];
                places[j] = places[j - 1];
            }
            keys[j] = key;
            places[j] = place;
        }
    }

    private static void merge(long[] from, int[] places, long[] to, int[] other, int start, int middle, int end) {
        int left = start;
        int right = middle;
        for (int i = start; i < end; i++) {
            int taken = right == end || left < middle && from[left] <= from[right] ? left++ : right++;
            to[i] = from[taken];
            other[i] = places[taken];
        }
    }
}
