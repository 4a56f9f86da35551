package dev.gamelan.codegen;

/** Functions that emitted kernels call for single numbers. */
final class ScalarMath {

    private ScalarMath() {}

    static double remainder(double a, double b) {
        return a % b;
    }

    /** As IEEE 754 and C have it: 1 to any power is 1, even to NaN, and so is -1 to an infinite one. Java says NaN. */
    static double power(double x, double y) {
        return x == 1 || x == -1 && Double.isInfinite(y) ? 1 : StrictMath.pow(x, y);
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
