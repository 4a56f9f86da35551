package dev.gamelan.domains.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Two disjoint sets of row numbers, each ascending, that together are all rows. The same arguments give the same split
 * on every platform.
 *
 * @param kept  the larger part, to learn from
 * @param held  the part held out, to test with
 */
public record Split(int[] kept, int[] held) {

    /** Holds out {@code fraction} of all rows, at least one and never all if there are two or more. */
    public static Split random(int rows, double fraction, long seed) {
        return stratified(new int[rows], fraction, seed);
    }

    /**
     * Holds out {@code fraction} of each class, rounded, so that both parts have the same mixture; a class of two or more
     * rows is in both.
     *
     * @param classes the class of each row, from 0
     */
    public static Split stratified(int[] classes, double fraction, long seed) {
        if (!(fraction >= 0 && fraction < 1)) {
            throw new IllegalArgumentException("the fraction held out must be in [0, 1), received " + fraction);
        }
        SplittableRandom random = new SplittableRandom(seed);
        boolean[] isHeld = new boolean[classes.length];
        int held = 0;
        for (int[] members : members(classes)) {
            shuffle(members, random);
            int count = fraction == 0 || members.length < 2 ? 0
                    : Math.clamp(Math.round(members.length * fraction), 1, members.length - 1);
            for (int i = 0; i < count; i++) {
                isHeld[members[i]] = true;
            }
            held += count;
        }
        int[] heldRows = new int[held];
        int[] keptRows = new int[classes.length - held];
        for (int row = 0, h = 0, k = 0; row < classes.length; row++) {
            if (isHeld[row]) {
                heldRows[h++] = row;
            } else {
                keptRows[k++] = row;
            }
        }
        return new Split(keptRows, heldRows);
    }

    private static List<int[]> members(int[] classes) {
        int count = Arrays.stream(classes).max().orElse(-1) + 1;
        int[] sizes = new int[count];
        for (int c : classes) {
            sizes[c]++;
        }
        List<int[]> members = new ArrayList<>();
        for (int size : sizes) {
            members.add(new int[size]);
        }
        int[] filled = new int[count];
        for (int row = 0; row < classes.length; row++) {
            members.get(classes[row])[filled[classes[row]]++] = row;
        }
        return members;
    }

    private static void shuffle(int[] rows, SplittableRandom random) {
        for (int i = rows.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int row = rows[i];
            rows[i] = rows[j];
            rows[j] = row;
        }
    }
}
