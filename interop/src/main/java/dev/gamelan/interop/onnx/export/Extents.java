package dev.gamelan.interop.onnx.export;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * The extents that a program is written for to learn what it does for all: two for each open one, in all combinations, and
 * more to check what was learned.
 *
 * @param names  of the open extents
 * @param points an extent for each name, in the order of the names
 */
record Extents(List<String> names, List<List<Integer>> points) {

    /** From three on, smaller ones are tried: a program that has a longest sequence takes them. */
    private static final int SMALL = 4;

    /** @param example extents that the program takes */
    static Extents of(List<String> names, List<Integer> example) {
        List<List<Integer>> candidates = example.stream().map(Extents::candidates).toList();
        List<List<Integer>> points = new ArrayList<>();
        for (int bits = 0; bits < 1 << names.size(); bits++) {
            List<Integer> point = new ArrayList<>();
            for (int k = 0; k < names.size(); k++) {
                point.add(candidates.get(k).get(bits >> k & 1));
            }
            points.add(point);
        }
        for (int k = 0; k < names.size(); k++) {
            for (int extent : candidates.get(k).subList(2, candidates.get(k).size())) {
                List<Integer> point = new ArrayList<>(points.getFirst());
                point.set(k, extent);
                points.add(point);
            }
        }
        if (names.size() > 1) {
            points.add(candidates.stream().map(List::getLast).toList());
        }
        return new Extents(names, points);
    }

    private static List<Integer> candidates(int example) {
        return example < SMALL ? List.of(2, 3, 4) : List.of(example, example - 1, example - 2, (example + 1) / 2);
    }

    /** A sum of products of open extents: the coefficient at index i is that of those whose bits i has. */
    record Sum(List<String> names, List<Long> coefficients) {

        long at(List<Integer> point) {
            long sum = 0;
            for (int bits = 0; bits < coefficients.size(); bits++) {
                long product = coefficients.get(bits);
                for (int k = 0; k < point.size(); k++) {
                    product *= (bits >> k & 1) == 0 ? 1 : point.get(k);
                }
                sum += product;
            }
            return sum;
        }

        @Override
        public String toString() {
            StringJoiner sum = new StringJoiner(" + ");
            for (int bits = coefficients.size() - 1; bits >= 0; bits--) {
                long factor = coefficients.get(bits);
                if (factor != 0) {
                    StringJoiner product = new StringJoiner("*");
                    if (factor != 1 || bits == 0) {
                        product.add(Long.toString(factor));
                    }
                    for (int k = 0; k < names.size(); k++) {
                        if ((bits >> k & 1) != 0) {
                            product.add(names.get(k));
                        }
                    }
                    sum.add(product.toString());
                }
            }
            return sum.length() == 0 ? "0" : sum.toString();
        }
    }

    /** The sum that has these values at the points, if there is one with whole coefficients. */
    Optional<Sum> fit(long[] values) {
        int corners = 1 << names.size();
        long[] f = Arrays.copyOf(values, corners);
        for (int k = 0; k < names.size(); k++) {
            long low = points.getFirst().get(k);
            long step = points.get(1 << k).get(k) - low;
            for (int bits = 0; bits < corners; bits++) {
                if ((bits >> k & 1) == 0) {
                    int other = bits | 1 << k;
                    long difference = f[other] - f[bits];
                    if (difference % step != 0) {
                        return Optional.empty();
                    }
                    f[other] = difference / step;
                    f[bits] -= f[other] * low;
                }
            }
        }
        Sum sum = new Sum(names, Arrays.stream(f).boxed().toList());
        for (int i = 0; i < values.length; i++) {
            if (sum.at(points.get(i)) != values[i]) {
                return Optional.empty();
            }
        }
        return Optional.of(sum);
    }
}
