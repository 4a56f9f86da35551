package dev.gamelan.codegen;

import static dev.gamelan.codegen.ElementType.FLOAT;
import static dev.gamelan.codegen.ElementType.INT;

import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/**
 * Elementary functions of lanes or scalars. In FLOAT they are polynomials on fused multiply-adds that give the same bits
 * in the scalar form and for any number of lanes, so results do not depend on the machine or on the position of an
 * element; in DOUBLE {@link DoubleMath} has the like.
 *
 * <p>The polynomials of log, sin and cos are those of Moshier's Cephes library (single precision); those of tanh
 * and erf are the rational approximations of Eigen's {@code MathFunctionsImpl.h}.
 */
public final class VectorMath {
    /** Adding and subtracting 1.5 * 2^23 rounds to an integer, which then stands in the low bits. */
    private static final float ROUND = 12582912f;

    private static final int BIAS = 127;
    /** Below, e^x is 0. */
    private static final double LEAST_EXPONENT = -103.972084;
    /** The largest exponent for {@link #expOfSmall}, with some room. */
    static final int MOST_SMALL = 70;
    /** By how many powers of two its polynomial is smaller. */
    private static final int LESS = 25;

    private final Arithmetic asm;
    private final DoubleMath doubles;

    public VectorMath(Arithmetic asm) {
        this.asm = asm;
        this.doubles = new DoubleMath(asm);
    }

    /** e^x; error below 0.9 ulp in FLOAT, 1 ulp in DOUBLE, denormal results included. */
    public Value exp(Value x) {
        return x.type() == FLOAT ? exp(x, null) : doubles.exp(x);
    }

    /** e^(x + rest), with a rest so small that it does not change x. */
    Value exp(Value x, @Nullable Value rest) {
        // The low bits hold n + 254: twice the bias of exponents, for the two factors.
        double shift = ROUND + 2 * BIAS;
        Value shifted = asm.fma(x, number(x, 1 / Math.log(2)), number(x, shift));
        Value p = expOfRest(x, shifted, shift, rest, 1);
        // Two factors 2^n, since one alone has no room for denormal results and those above 2^127.
        Value bits = asm.reinterpret(shifted, INT);
        Value half = asm.shift(Binary.SHR, bits, 1);
        Value result = asm.mul(asm.mul(p, powerOfTwo(half)), powerOfTwo(asm.sub(bits, half)));
        result = asm.select(asm.compare(Comparison.GT, x, number(x, 88.7228394)),
                number(x, Double.POSITIVE_INFINITY), result);
        return asm.select(asm.compare(Comparison.LT, x, number(x, LEAST_EXPONENT)), number(x, 0), result);
    }

    /**
     * e^x for an x that is at most {@value #MOST_SMALL} or NaN, to the bits of {@link #exp(Value)} and with two thirds of its instructions:
     * the exponents of results fit one factor, as the polynomial is made smaller by so much that those of denormal results do, too.
     */
    Value expOfSmall(Value x) {
        if (x.type() != FLOAT) {
            return doubles.exp(x);
        }
        double shift = ROUND + BIAS + LESS;
        Value shifted = asm.fma(x, number(x, 1 / Math.log(2)), number(x, shift));
        Value p = expOfRest(x, shifted, shift, null, Math.scalb(1.0, -LESS));
        Value result = asm.mul(p, powerOfTwo(asm.reinterpret(shifted, INT)));
        return asm.select(asm.compare(Comparison.LT, x, number(x, LEAST_EXPONENT)), number(x, 0), result);
    }

    /**
     * {@code scale * e^r}, where x is r and a multiple of log(2). The polynomial is a minimax one of this interval with relative error 3e-9.
     *
     * @param shifted {@code shift} and that multiple
     */
    private Value expOfRest(Value x, Value shifted, double shift, @Nullable Value rest, double scale) {
        Value n = asm.sub(shifted, number(x, shift));
        Value r = asm.fma(n, number(x, -0.693359375), x);
        r = asm.fma(n, number(x, 2.12194440e-4), r);
        r = rest == null ? r : asm.add(r, rest);
        double[] coefficients = {1.381453975721014e-3, 8.36874514173751e-3, 4.1668390792335475e-2, 1.6666520398689333e-1,
                4.9999993432085177e-1, 1, 1};
        return polynomial(r, DoubleStream.of(coefficients).map(each -> (float) each * scale).toArray());
    }

    /** Natural logarithm; error below 1 ulp, denormal arguments included. */
    public Value log(Value x) {
        if (x.type() != FLOAT) {
            return doubles.log(x);
        }
        Value tiny = asm.compare(Comparison.LT, x, number(x, Float.MIN_NORMAL));
        Value scaled = asm.select(tiny, asm.mul(x, number(x, 0x1p23)), x);
        // The significand in [sqrt(1/2), sqrt(2)) and its exponent.
        Value bits = asm.sub(asm.reinterpret(scaled, INT), integer(x, Float.floatToRawIntBits((float) Math.sqrt(0.5))));
        Value e = asm.convert(asm.shift(Binary.SHR, bits, 23), FLOAT);
        e = asm.select(tiny, asm.sub(e, number(x, 23)), e);
        Value m = asm.reinterpret(asm.add(asm.binary(Binary.AND, bits, integer(x, 0x007fffff)),
                integer(x, Float.floatToRawIntBits((float) Math.sqrt(0.5)))), FLOAT);
        Value f = asm.sub(m, number(x, 1));
        Value p = polynomial(f, 7.0376836292E-2, -1.1514610310E-1, 1.1676998740E-1, -1.2420140846E-1, 1.4249322787E-1,
                -1.6668057665E-1, 2.0000714765E-1, -2.4999993993E-1, 3.3333331174E-1);
        Value square = asm.mul(f, f);
        Value low = asm.fma(e, number(x, -2.12194440e-4), asm.mul(asm.mul(f, square), p));
        low = asm.fma(number(x, -0.5), square, low);
        Value result = asm.fma(e, number(x, 0.693359375), asm.add(f, low));
        result = asm.select(asm.compare(Comparison.LT, x, number(x, Float.POSITIVE_INFINITY)), result, x);
        result = asm.select(asm.compare(Comparison.EQ, x, number(x, 0)), number(x, Double.NEGATIVE_INFINITY), result);
        return asm.select(asm.compare(Comparison.LT, x, number(x, 0)), number(x, Double.NaN), result);
    }

    /** Hyperbolic tangent; error below 5 ulp, never beyond 1. */
    public Value tanh(Value x) {
        if (x.type() != FLOAT) {
            return doubles.tanh(x);
        }
        Value limit = number(x, 7.90531110763549805);
        Value magnitude = asm.unary(Unary.ABS, x);
        Value saturated = asm.compare(Comparison.GT, magnitude, limit);
        Value z = asm.select(saturated, limit, magnitude);
        Value s = asm.mul(z, z);
        Value p = polynomial(s, -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-08,
                1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03);
        Value q = polynomial(s, 1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03);
        Value result = asm.div(asm.mul(z, p), q);
        result = asm.select(saturated, number(x, 1), result);
        result = asm.select(asm.compare(Comparison.LT, magnitude, number(x, 4e-4)), magnitude, result);
        return withSignOf(x, result);
    }

    /** 1 / (1 + e^-x); error below 3 ulp. */
    public Value sigmoid(Value x) {
        Value one = number(x, 1);
        Value z = expOfSmall(asm.unary(Unary.NEG, asm.unary(Unary.ABS, x)));
        Value numerator = asm.select(asm.compare(Comparison.LT, x, number(x, 0)), z, one);
        return asm.div(numerator, asm.add(one, z));
    }

    /** The error function; absolute error below 4e-7 in FLOAT. */
    public Value erf(Value x) {
        if (x.type() != FLOAT) {
            return asm.call(ErrorFunction.class, "erf", x);
        }
        Value limit = number(x, 4);
        Value magnitude = asm.unary(Unary.ABS, x);
        Value z = asm.select(asm.compare(Comparison.GT, magnitude, limit), limit, magnitude);
        Value s = asm.mul(z, z);
        Value p = polynomial(s, -2.72614225801306e-10, 2.77068142495902e-08, -2.10102402082508e-06,
                -5.69250639462346e-05, -7.34990630326855e-04, -2.95459980854025e-03, -1.60960333262415e-02);
        Value q = polynomial(s, -1.45660718464996e-05, -2.13374055278905e-04, -1.68282697438203e-03,
                -7.37332916720468e-03, -1.42647390514189e-02);
        Value result = asm.div(asm.mul(z, p), q);
        result = asm.select(asm.compare(Comparison.GT, result, number(x, 1)), number(x, 1), result);
        return withSignOf(x, result);
    }

    /** Sine of x radians; error below 1.5 ulp or 1e-7, whichever is more. */
    public Value sin(Value x) {
        return x.type() == FLOAT ? sine(x, false, "sin") : doubles.sine(x, false);
    }

    /** Cosine of x radians; error below 1.5 ulp or 1e-7, whichever is more. */
    public Value cos(Value x) {
        return x.type() == FLOAT ? sine(x, true, "cos") : doubles.sine(x, true);
    }

    private Value sine(Value x, boolean cosine, String exact) {
        Value a = asm.unary(Unary.ABS, x);
        Value shifted = asm.fma(a, number(x, 2 / Math.PI), number(x, ROUND));
        Value n = asm.sub(shifted, number(x, ROUND));
        Value r = asm.fma(n, number(x, -1.57079637050628662109375), a);
        r = asm.fma(n, number(x, 4.37113900018624283e-8), r);
        r = asm.fma(n, number(x, 1.71512489e-15), r);
        Value quadrant = asm.reinterpret(shifted, INT);
        if (cosine) {
            quadrant = asm.add(quadrant, integer(x, 1));
        }
        Value s = asm.mul(r, r);
        Value sin = asm.fma(asm.mul(s, r), polynomial(s, -1.9515295891E-4, 8.3321608736E-3, -1.6666654611E-1), r);
        Value cos = asm.fma(asm.mul(s, s), polynomial(s, 2.443315711809948E-5, -1.388731625493765E-3,
                4.166664568298827E-2), asm.fma(number(x, -0.5), s, number(x, 1)));
        Value odd = asm.compare(Comparison.NE, asm.binary(Binary.AND, quadrant, integer(x, 1)), integer(x, 0));
        Value magnitude = asm.reinterpret(asm.select(odd, cos, sin), INT);
        Value sign = asm.shift(Binary.SHL, asm.binary(Binary.AND, quadrant, integer(x, 2)), 30);
        if (!cosine) {
            sign = asm.binary(Binary.XOR, sign, signBit(x));
        }
        Value result = asm.variable(asm.reinterpret(asm.binary(Binary.XOR, magnitude, sign), FLOAT));
        // Three parts of pi/2 are not enough for large arguments, which are rare.
        Value large = asm.compare(Comparison.GT, a, number(x, 30000));
        asm.when(large, () -> asm.assign(result, asm.select(large, asm.call(StrictMath.class, exact, x), result)));
        return result;
    }

    /** Horner's scheme, highest power first. */
    public Value polynomial(Value x, double... coefficients) {
        Value result = number(x, coefficients[0]);
        for (int i = 1; i < coefficients.length; i++) {
            result = asm.fma(result, x, number(x, coefficients[i]));
        }
        return result;
    }

    /** {@code magnitude}, which has no sign, with the sign of x. */
    private Value withSignOf(Value x, Value magnitude) {
        return asm.reinterpret(asm.binary(Binary.OR, asm.reinterpret(magnitude, INT), signBit(x)), FLOAT);
    }

    private Value signBit(Value x) {
        return asm.binary(Binary.AND, asm.reinterpret(x, INT), integer(x, Integer.MIN_VALUE));
    }

    /** 2^(e - 127), where e is what the lowest nine bits hold. */
    private Value powerOfTwo(Value exponent) {
        return asm.reinterpret(asm.shift(Binary.SHL, exponent, 23), FLOAT);
    }

    private Value number(Value like, double value) {
        return like.form() == Value.Form.LANES ? asm.lanesOf(like.type(), value) : asm.constant(like.type(), value);
    }

    private Value integer(Value like, int value) {
        return like.form() == Value.Form.LANES ? asm.lanesOf(INT, value) : asm.constant(value);
    }
}
