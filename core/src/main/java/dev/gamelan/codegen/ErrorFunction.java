package dev.gamelan.codegen;

/** The error function in double precision. */
final class ErrorFunction {
    private static final double TWO_OVER_SQRT_PI = 1.1283791670955126;

    private ErrorFunction() {
    }

    /** Absolute error below 1e-15: the Maclaurin series near 0, the continued fraction of erfc away from it. */
    static double erf(double x) {
        double z = Math.abs(x);
        double magnitude = z < 2.5 ? series(z) : z < 6 ? 1 - complement(z) : z * 0 + 1;
        return Double.isInfinite(z) ? Math.signum(x) : Math.copySign(magnitude, x);
    }

    /** e^(-x^2) 2/sqrt(pi) sum of 2^n x^(2n+1) / (2n+1)!!, whose terms are all positive. */
    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; term > sum * 1e-18; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return TWO_OVER_SQRT_PI * StrictMath.exp(-x * x) * sum;
    }

    /** e^(-x^2) / (sqrt(pi) (x + (1/2)/(x + 1/(x + (3/2)/(x + ...))))). */
    private static double complement(double x) {
        double fraction = x;
        for (int n = 60; n >= 1; n--) {
            fraction = x + n / 2.0 / fraction;
        }
        return StrictMath.exp(-x * x) * (TWO_OVER_SQRT_PI / 2) / fraction;
    }
}
