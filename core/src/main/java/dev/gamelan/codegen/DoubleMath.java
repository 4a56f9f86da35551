package dev.gamelan.codegen;

import static dev.gamelan.codegen.ElementType.DOUBLE;
import static dev.gamelan.codegen.ElementType.LONG;

/**
 * Elementary functions of DOUBLE lanes or scalars, as {@link VectorMath} has them of FLOAT: polynomials on fused multiply-adds with the
 * same bits in every form. Those of log, sin and cos are of Sun's fdlibm, that of tanh is of Moshier's Cephes library.
 */
final class DoubleMath {
    /** Adding and subtracting 1.5 * 2^52 rounds to an integer, which then stands in the low bits. */
    private static final double ROUND = 0x1.8p52;
    /** The upper half of the bits of sqrt(1/2). */
    private static final double ROOT_BITS = 0x3FE6A09EL << 32;

    private final Arithmetic asm;

    DoubleMath(Arithmetic asm) {
        this.asm = asm;
    }

    /** e^x; error below 1 ulp, denormal results included. */
    Value exp(Value x) {
        // The low bits hold n + 2046: twice the bias of exponents, for the two factors.
        Value shifted = asm.fma(x, number(x, 1.44269504088896340736), number(x, ROUND + 2046));
        Value n = asm.sub(shifted, number(x, ROUND + 2046));
        Value r = asm.fma(n, number(x, -6.93147180369123816490e-01), x);
        r = asm.fma(n, number(x, -1.90821492927058770002e-10), r);
        Value p = polynomial(r, 1 / 6227020800.0, 1 / 479001600.0, 1 / 39916800.0, 1 / 3628800.0, 1 / 362880.0, 1 / 40320.0, 1 / 5040.0,
                1 / 720.0, 1 / 120.0, 1 / 24.0, 1 / 6.0, 0.5);
        p = asm.add(asm.fma(asm.mul(r, r), p, r), number(x, 1));
        Value bits = asm.reinterpret(shifted, LONG);
        Value half = asm.shift(Binary.USHR, bits, 1);
        Value result = asm.mul(asm.mul(p, powerOfTwo(half)), powerOfTwo(asm.sub(bits, half)));
        result = asm.select(asm.compare(Comparison.GT, x, number(x, 709.782712893384)), number(x, Double.POSITIVE_INFINITY), result);
        return asm.select(asm.compare(Comparison.LT, x, number(x, -745.1332191019412)), number(x, 0), result);
    }

    /** Natural logarithm; error below 1 ulp, denormal arguments included. */
    Value log(Value x) {
        Value tiny = asm.compare(Comparison.LT, x, number(x, Double.MIN_NORMAL));
        Value scaled = asm.select(tiny, asm.mul(x, number(x, 0x1p54)), x);
        // The significand in [sqrt(1/2), sqrt(2)) and its exponent, which becomes a number by its place in the bits of one.
        Value bits = asm.sub(asm.reinterpret(scaled, LONG), integer(x, ROOT_BITS));
        Value biased = asm.shift(Binary.USHR, asm.add(bits, integer(x, 0x1p62)), 52);
        Value e = asm.sub(asm.reinterpret(asm.binary(Binary.OR, biased, integer(x, 0x4330000000000000L)), DOUBLE),
                number(x, 0x1p52 + 1024));
        e = asm.select(tiny, asm.sub(e, number(x, 54)), e);
        Value m = asm.reinterpret(asm.add(asm.binary(Binary.AND, bits, integer(x, 0x000fffffffffffffL)), integer(x, ROOT_BITS)), DOUBLE);
        Value f = asm.sub(m, number(x, 1));
        Value s = asm.div(f, asm.add(f, number(x, 2)));
        Value z = asm.mul(s, s);
        Value p = asm.mul(z, polynomial(z, 1.479819860511658591e-01, 1.531383769920937332e-01, 1.818357216161805012e-01,
                2.222219843214978396e-01, 2.857142874366239149e-01, 3.999999999940941908e-01, 6.666666666666735130e-01));
        Value half = asm.mul(asm.mul(f, f), number(x, 0.5));
        Value low = asm.fma(s, asm.add(half, p), asm.mul(e, number(x, 1.90821492927058770002e-10)));
        Value result = asm.fma(e, number(x, 6.93147180369123816490e-01), asm.sub(f, asm.sub(half, low)));
        result = asm.select(asm.compare(Comparison.LT, x, number(x, Double.POSITIVE_INFINITY)), result, x);
        result = asm.select(asm.compare(Comparison.EQ, x, number(x, 0)), number(x, Double.NEGATIVE_INFINITY), result);
        return asm.select(asm.compare(Comparison.LT, x, number(x, 0)), number(x, Double.NaN), result);
    }

    /** Hyperbolic tangent; error below 3 ulp, never beyond 1. */
    Value tanh(Value x) {
        Value magnitude = asm.unary(Unary.ABS, x);
        Value z = asm.mul(x, x);
        Value p = polynomial(z, -9.64399179425052238628E-1, -9.92877231001918586564E1, -1.61468768441708447952E3);
        Value q = polynomial(z, 1, 1.12811678491632931402E2, 2.23548839060100448583E3, 4.84406305325125486048E3);
        Value small = asm.fma(asm.mul(magnitude, z), asm.div(p, q), magnitude);
        Value e = exp(asm.add(magnitude, magnitude));
        Value large = asm.sub(number(x, 1), asm.div(number(x, 2), asm.add(e, number(x, 1))));
        return withSignOf(x, asm.select(asm.compare(Comparison.LT, magnitude, number(x, 0.625)), small, large));
    }

    /** Sine of x radians, or its cosine; error below 2 ulp or 1e-16, whichever is more. */
    Value sine(Value x, boolean cosine) {
        Value a = asm.unary(Unary.ABS, x);
        Value shifted = asm.fma(a, number(x, 2 / Math.PI), number(x, ROUND));
        Value n = asm.sub(shifted, number(x, ROUND));
        Value r = asm.fma(n, number(x, -1.5707963267948966), a);
        r = asm.fma(n, number(x, -6.123233995736766e-17), r);
        Value quadrant = asm.reinterpret(shifted, LONG);
        if (cosine) {
            quadrant = asm.add(quadrant, integer(x, 1));
        }
        Value s = asm.mul(r, r);
        Value sin = asm.fma(asm.mul(s, r), polynomial(s, 1.58969099521155010221e-10, -2.50507602534068634195e-08,
                2.75573137070700676789e-06, -1.98412698298579493134e-04, 8.33333333332248946124e-03, -1.66666666666666324348e-01), r);
        Value cos = asm.fma(asm.mul(s, s), polynomial(s, -1.13596475577881948265e-11, 2.08757232129817482790e-09,
                -2.75573143513906633035e-07, 2.48015872894767294178e-05, -1.38888888888741095749e-03, 4.16666666666666019037e-02),
                asm.fma(number(x, -0.5), s, number(x, 1)));
        Value odd = asm.compare(Comparison.NE, asm.binary(Binary.AND, quadrant, integer(x, 1)), integer(x, 0));
        Value magnitude = asm.reinterpret(asm.select(odd, cos, sin), LONG);
        Value sign = asm.shift(Binary.SHL, asm.binary(Binary.AND, quadrant, integer(x, 2)), 62);
        if (!cosine) {
            sign = asm.binary(Binary.XOR, sign, signBit(x));
        }
        Value result = asm.variable(asm.reinterpret(asm.binary(Binary.XOR, magnitude, sign), DOUBLE));
        // Two parts of pi/2 are not enough for large arguments, which are rare.
        Value large = asm.compare(Comparison.GT, a, number(x, 100_000));
        asm.when(large, () -> asm.assign(result, asm.select(large, asm.call(StrictMath.class, cosine ? "cos" : "sin", x), result)));
        return result;
    }

    private Value polynomial(Value x, double... coefficients) {
        Value result = number(x, coefficients[0]);
        for (int i = 1; i < coefficients.length; i++) {
            result = asm.fma(result, x, number(x, coefficients[i]));
        }
        return result;
    }

    private Value withSignOf(Value x, Value magnitude) {
        return asm.reinterpret(asm.binary(Binary.OR, asm.reinterpret(magnitude, LONG), signBit(x)), DOUBLE);
    }

    private Value signBit(Value x) {
        return asm.binary(Binary.AND, asm.reinterpret(x, LONG), integer(x, Long.MIN_VALUE));
    }

    /** 2^(e - 1023), where e is what the lowest twelve bits hold. */
    private Value powerOfTwo(Value exponent) {
        return asm.reinterpret(asm.shift(Binary.SHL, exponent, 52), DOUBLE);
    }

    private Value number(Value like, double value) {
        return like.form() == Value.Form.LANES ? asm.lanesOf(DOUBLE, value) : asm.constant(DOUBLE, value);
    }

    /** @param value an integer that a double holds exactly */
    private Value integer(Value like, double value) {
        return like.form() == Value.Form.LANES ? asm.lanesOf(LONG, value) : asm.constant(LONG, value);
    }
}
