package dev.gamelan.codegen;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** A matrix of a few known numbers, by which vectors are multiplied in few operations. */
final class SmallMatrix {
    /** What computes: emits operations, or notes them down. */
    interface Arithmetic<V> {
        V add(V a, V b);

        V sub(V a, V b);

        V mul(V a, double b);

        /** a b + c, rounded once. */
        V fma(V a, double b, V c);
    }

    private final double[][] rows;

    SmallMatrix(double[][] rows) {
        this.rows = rows;
    }

    /** Elements of the vectors that it is multiplied by. */
    int inputs() {
        return rows[0].length;
    }

    /** Elements of the products. */
    int outputs() {
        return rows.length;
    }

    /** All elements, row by row. */
    double[] elements() {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    /** The matrix times a vector. Rows for opposite points share the sums of what is even and what is odd in the point. */
    <V> List<V> times(List<V> x, Arithmetic<V> on) {
        List<V> result = new ArrayList<>();
        for (int i = 0; i < rows.length; i++) {
            double[] row = rows[i];
            if (i + 1 < rows.length && isOpposite(row, rows[i + 1])) {
                double[] other = rows[i + 1];
                V even = sum(row, x, on, j -> row[j] == other[j]);
                V odd = sum(row, x, on, j -> row[j] != other[j]);
                result.add(on.add(even, odd));
                result.add(on.sub(even, odd));
                i++;
            } else {
                result.add(sum(row, x, on, _ -> true));
            }
        }
        return result;
    }

    private static boolean isOpposite(double[] a, double[] b) {
        boolean same = false;
        boolean opposite = false;
        for (int j = 0; j < a.length; j++) {
            if (Math.abs(a[j]) != Math.abs(b[j])) {
                return false;
            }
            same |= a[j] != 0 && a[j] == b[j];
            opposite |= a[j] != 0 && a[j] == -b[j];
        }
        return same && opposite;
    }

    /** The sum of some elements with their factors; it begins with one whose factor is 1, if there is one. */
    private static <V> V sum(double[] row, List<V> x, Arithmetic<V> on, IntPredicate wanted) {
        int[] places = IntStream.range(0, row.length).filter(j -> row[j] != 0 && wanted.test(j)).toArray();
        int first = Arrays.stream(places).filter(j -> row[j] == 1).findFirst().orElse(places[0]);
        V sum = row[first] == 1 ? x.get(first) : on.mul(x.get(first), row[first]);
        for (int j : places) {
            if (j != first) {
                sum = row[j] == 1 ? on.add(sum, x.get(j)) : row[j] == -1 ? on.sub(sum, x.get(j)) : on.fma(x.get(j), row[j], sum);
            }
        }
        return sum;
    }
}
