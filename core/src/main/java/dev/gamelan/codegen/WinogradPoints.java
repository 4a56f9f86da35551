package dev.gamelan.codegen;

import java.util.Arrays;

/**
 * The points at which tiles and kernels are evaluated and multiplied: some integers and infinity (Toom and Cook). With n points on one
 * axis, m outputs of a kernel of r taps are computed where m + r = n + 1, so all such kernels share the input's transform. More points
 * need fewer multiplications for an output, but have larger transformed kernels, n x n elements for each pair of channels, and
 * larger errors.
 *
 * @see <a href="https://arxiv.org/abs/1509.09308">Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2015</a>
 */
enum WinogradPoints {
    /** 4 x 4 outputs of a 3 x 3 kernel for 36 multiplications. */
    SIX(0, 1, -1, 2, -2),
    /** 2 x 2 outputs of a 3 x 3 kernel for 16 multiplications. */
    FOUR(0, 1, -1);

    /** The most that there are on one axis. */
    static final int MOST = 6;

    private final double[] finite;
    private final WinogradKernels input;

    WinogradPoints(double... finite) {
        this.finite = finite;
        this.input = new WinogradKernels("Input" + (finite.length + 1), inputMatrix());
    }

    /** Points on one axis. */
    int count() {
        return finite.length + 1;
    }

    /** Points of a tile. */
    int square() {
        return count() * count();
    }

    /** Outputs on one axis of a tile. */
    int side(int taps) {
        return count() + 1 - taps;
    }

    /** {@link #count} x count inputs of a tile, to its points. */
    WinogradKernels input() {
        return input;
    }

    /** A square of {@code n} x {@code n} factors, to the points: kernels, or the gradients that take their place. */
    WinogradKernels factors(int n) {
        double[][] matrix = new double[count()][n];
        for (int i = 0; i < finite.length; i++) {
            for (int j = 0; j < n; j++) {
                matrix[i][j] = 1 / value(polynomialWithout(i), finite[i]) * Math.pow(finite[i], j);
            }
        }
        matrix[count() - 1][n - 1] = 1;
        return new WinogradKernels("Factors" + count() + "x" + n, matrix);
    }

    /** Products at the points, to {@code n} x {@code n} results: outputs, or the gradients of a kernel. */
    WinogradKernels results(int n) {
        double[][] matrix = new double[n][count()];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < finite.length; j++) {
                matrix[i][j] = Math.pow(finite[j], i);
            }
        }
        matrix[n - 1][count() - 1] = 1;
        return new WinogradKernels("Results" + count() + "x" + n, matrix);
    }

    /** Each row has the coefficients of a polynomial whose zeros are all finite points but one, the last row those of all. */
    private double[][] inputMatrix() {
        double[][] matrix = new double[count()][];
        for (int i = 0; i < count(); i++) {
            matrix[i] = polynomialWithout(i);
        }
        return matrix;
    }

    private double[] polynomialWithout(int point) {
        double[] coefficients = new double[count()];
        coefficients[0] = 1;
        for (int j = 0; j < finite.length; j++) {
            for (int power = count() - 1; power >= 0 && j != point; power--) {
                coefficients[power] = (power == 0 ? 0 : coefficients[power - 1]) - finite[j] * coefficients[power];
            }
        }
        // No negative zeros.
        return Arrays.stream(coefficients).map(c -> c + 0.0).toArray();
    }

    private static double value(double[] coefficients, double x) {
        double value = 0;
        for (int power = coefficients.length - 1; power >= 0; power--) {
            value = value * x + coefficients[power];
        }
        return value;
    }
}
