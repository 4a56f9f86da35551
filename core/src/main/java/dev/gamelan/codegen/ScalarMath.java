package dev.gamelan.codegen;

/** Functions that emitted kernels call for single numbers. */
final class ScalarMath {

    private ScalarMath() {}

    static double remainder(double a, double b) {
        return a % b;
    }

    static double asinh(double x) {
        double magnitude = Math.abs(x);
        double result = magnitude > 1e8 ? StrictMath.log(magnitude) + StrictMath.log(2)
                : StrictMath.log1p(magnitude + magnitude * magnitude / (1 + StrictMath.sqrt(magnitude * magnitude + 1)));
        return Math.copySign(result, x);
    }

    static double acosh(double x) {
        if (!(x >= 1)) {
            return Double.NaN;
        }
        return x > 1e8 ? StrictMath.log(x) + StrictMath.log(2) : StrictMath.log1p(x - 1 + StrictMath.sqrt((x - 1) * (x + 1)));
    }

    static double atanh(double x) {
        return StrictMath.log1p(2 * x / (1 - x)) / 2;
    }
}
