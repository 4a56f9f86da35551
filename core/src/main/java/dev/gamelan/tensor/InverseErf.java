package dev.gamelan.tensor;

/** The inverse of the error function in single precision (Giles, "Approximating the erfinv function", 2010). */
final class InverseErf {

    /** {@code erf(sqrt(2))}: the probability that a normal number is at most 2 away from 0. */
    static final double ERF_SQRT_2 = 0.9544997361036416;

    private static final double[] CENTRAL = {2.81022636e-08, 3.43273939e-07, -3.5233877e-06, -4.39150654e-06,
            0.00021858087, -0.00125372503,
            -0.00417768164, 0.246640727, 1.50140941};
    private static final double[] TAIL = {-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773,
            -0.0076224613,
            0.00943887047, 1.00167406, 2.83297682};

    private InverseErf() {}

    /** The inverse at 1 - p, for p in (0, 1]: exact for small p, where 1 - p would lose its digits. */
    static Tensor ofOneMinus(Tensor p) {
        Tensor x = p.rsub(1);
        Tensor w = p.mul(p.rsub(2)).log().neg();
        Tensor central = polynomial(CENTRAL, w.sub(2.5));
        Tensor tail = polynomial(TAIL, w.maximum(0).sqrt().sub(3));
        return central.where(w.less(5), tail).mul(x);
    }

    private static Tensor polynomial(double[] coefficients, Tensor x) {
        Tensor result = x.mul(coefficients[0]).add(coefficients[1]);
        for (int i = 2; i < coefficients.length; i++) {
            result = result.mul(x).add(coefficients[i]);
        }
        return result;
    }
}
