package dev.gamelan.codegen;

import static dev.gamelan.codegen.ElementType.FLOAT;
import static dev.gamelan.codegen.ElementType.INT;

/** Functions of two FLOAT operands, lanes or scalars, with the same bits in every form. */
final class PairMath {

    private final Arithmetic asm;
    private final VectorMath math;

    PairMath(Arithmetic asm, VectorMath math) {
        this.asm = asm;
        this.math = math;
    }

    /** x^y as {@link ScalarMath#power}; error below 4 ulp. The logarithm has twice the digits, as the exponential makes its error absolute. */
    Value pow(Value x, Value y) {
        Value magnitude = asm.unary(Unary.ABS, x);
        Value[] log = precise(magnitude);
        Value high = asm.mul(y, log[0]);
        Value low = asm.fma(y, log[1], asm.fma(y, log[0], asm.unary(Unary.NEG, high)));
        Value infinity = number(x, Double.POSITIVE_INFINITY);
        // Beyond, the exponential is 0 or infinite, and the rest may be anything.
        Value ordinary = asm.compare(Comparison.LT, asm.unary(Unary.ABS, high), number(x, 200));
        Value result = math.exp(high, asm.select(ordinary, low, number(x, 0)));
        Value down = asm.compare(Comparison.LT, y, number(x, 0));
        Value zero = asm.compare(Comparison.EQ, x, number(x, 0));
        Value infinite = asm.compare(Comparison.EQ, magnitude, infinity);
        result = asm.select(asm.or(asm.and(zero, down), asm.and(infinite, asm.not(down))), infinity, result);
        result = asm.select(asm.or(asm.and(zero, asm.not(down)), asm.and(infinite, down)), number(x, 0), result);
        result = signed(x, y, result);
        result = asm.select(asm.compare(Comparison.NE, x, x), x, result);
        result = asm.select(asm.compare(Comparison.NE, y, y), y, result);
        Value one = number(x, 1);
        Value endless = asm.and(asm.compare(Comparison.EQ, magnitude, one),
                asm.compare(Comparison.EQ, asm.unary(Unary.ABS, y), infinity));
        Value same = asm.or(asm.compare(Comparison.EQ, y, number(x, 0)), asm.compare(Comparison.EQ, x, one));
        return asm.select(asm.or(same, endless), one, result);
    }

    /** Negative for a negative x and an odd y; no number for a negative x and a finite y that is no integer. */
    private Value signed(Value x, Value y, Value result) {
        Value size = asm.unary(Unary.ABS, y);
        Value whole = asm.convert(asm.convert(y, INT), FLOAT);
        Value large = asm.compare(Comparison.GE, size, number(x, 0x1p24));
        Value exact = asm.compare(Comparison.EQ, whole, y);
        Value integer = asm.or(large, exact);
        Value bit = asm.select(asm.and(exact, asm.not(large)), asm.binary(Binary.AND, asm.convert(y, INT), integer(x, 1)), integer(x, 0));
        Value sign = asm.binary(Binary.AND, asm.reinterpret(x, INT), asm.shift(Binary.SHL, bit, 31));
        Value turned = asm.reinterpret(asm.binary(Binary.XOR, asm.reinterpret(result, INT), sign), FLOAT);
        Value below = asm.and(asm.compare(Comparison.LT, x, number(x, 0)),
                asm.compare(Comparison.GT, x, number(x, Double.NEGATIVE_INFINITY)));
        return asm.select(asm.and(below, asm.not(integer)), number(x, Double.NaN), turned);
    }

    /** The logarithm of a positive number as a sum of two: 2 artanh(f / (2 + f)) and the exponent times log(2). */
    private Value[] precise(Value x) {
        Value tiny = asm.compare(Comparison.LT, x, number(x, Float.MIN_NORMAL));
        Value scaled = asm.select(tiny, asm.mul(x, number(x, 0x1p23)), x);
        int root = Float.floatToRawIntBits((float) Math.sqrt(0.5));
        Value bits = asm.sub(asm.reinterpret(scaled, INT), integer(x, root));
        Value e = asm.convert(asm.shift(Binary.SHR, bits, 23), FLOAT);
        e = asm.select(tiny, asm.sub(e, number(x, 23)), e);
        Value m = asm.reinterpret(asm.add(asm.binary(Binary.AND, bits, integer(x, 0x007fffff)), integer(x, root)), FLOAT);
        Value f = asm.sub(m, number(x, 1));
        Value t = asm.add(m, number(x, 1));
        Value rest = asm.sub(m, asm.sub(t, number(x, 1)));
        Value inverse = asm.div(number(x, 1), t);
        Value s = asm.mul(f, inverse);
        Value correction = asm.mul(asm.sub(asm.fma(asm.unary(Unary.NEG, s), t, f), asm.mul(s, rest)), inverse);
        Value z = asm.mul(s, s);
        Value series = math.polynomial(z, 2.0 / 11, 2.0 / 9, 2.0 / 7, 2.0 / 5, 2.0 / 3);
        Value twice = asm.add(s, s);
        Value low = asm.fma(asm.mul(s, z), series, asm.add(correction, correction));
        // e times the first part of log(2) is exact.
        Value large = asm.mul(e, number(x, 0.693359375));
        Value sum = asm.add(large, twice);
        Value lost = asm.select(asm.compare(Comparison.EQ, e, number(x, 0)), number(x, 0), asm.sub(twice, asm.sub(sum, large)));
        low = asm.add(asm.fma(e, number(x, -2.12194440e-4), low), lost);
        Value high = asm.add(sum, low);
        return new Value[] {high, asm.sub(low, asm.sub(high, sum))};
    }

    /** The angle of (x, y), as {@link Math#atan2}; error below 4 ulp. */
    Value atan2(Value y, Value x) {
        Value a = asm.unary(Unary.ABS, x);
        Value b = asm.unary(Unary.ABS, y);
        Value most = asm.max(a, b);
        Value least = asm.min(a, b);
        Value quotient = asm.div(least, most);
        quotient = asm.select(asm.compare(Comparison.EQ, most, number(x, 0)), number(x, 0), quotient);
        quotient = asm.select(asm.compare(Comparison.EQ, least, number(x, Double.POSITIVE_INFINITY)), number(x, 1), quotient);
        Value angle = arc(quotient);
        Value steep = asm.compare(Comparison.GT, b, a);
        angle = asm.select(steep, asm.add(asm.sub(number(x, (float) (Math.PI / 2)), angle), number(x, -4.37113883e-8)), angle);
        Value behind = asm.compare(Comparison.LT, asm.reinterpret(x, INT), integer(x, 0));
        angle = asm.select(behind, asm.add(asm.sub(number(x, (float) Math.PI), angle), number(x, -8.74227766e-8)), angle);
        Value signed = withSignOf(y, angle);
        // NaN with a sign is NaN, but a NaN operand must not have been lost in a comparison.
        return asm.select(asm.compare(Comparison.NE, x, x), x, asm.select(asm.compare(Comparison.NE, y, y), y, signed));
    }

    /** The angle whose tangent is x; error below 3 ulp. */
    Value atan(Value x) {
        Value a = asm.unary(Unary.ABS, x);
        Value steep = asm.compare(Comparison.GT, a, number(x, 1));
        Value angle = arc(asm.select(steep, asm.div(number(x, 1), a), a));
        angle = asm.select(steep, asm.add(asm.sub(number(x, (float) (Math.PI / 2)), angle), number(x, -4.37113883e-8)), angle);
        return withSignOf(x, angle);
    }

    /** Of 0 to 1. The polynomial is that of Moshier's Cephes library, for up to tan(pi / 8). */
    private Value arc(Value x) {
        Value far = asm.compare(Comparison.GT, x, number(x, 0.414213562373095));
        Value t = asm.select(far, asm.div(asm.sub(x, number(x, 1)), asm.add(x, number(x, 1))), x);
        Value z = asm.mul(t, t);
        Value p = math.polynomial(z, 8.05374449538e-2, -1.38776856032E-1, 1.99777106478E-1, -3.33329491539E-1);
        Value angle = asm.fma(asm.mul(t, z), p, t);
        return asm.select(far, asm.add(number(x, (float) (Math.PI / 4)), asm.add(angle, number(x, -2.18556942e-8))), angle);
    }

    /** a % b, exactly: one by one where the quotient has more digits than a FLOAT. */
    Value remainder(Value a, Value b) {
        Value quotient = asm.div(a, b);
        Value size = asm.unary(Unary.ABS, b);
        Value many = asm.not(asm.and(asm.compare(Comparison.LT, asm.unary(Unary.ABS, quotient), number(a, 0x1p22)),
                asm.compare(Comparison.LT, size, number(a, Double.POSITIVE_INFINITY))));
        Value whole = asm.convert(asm.convert(quotient, INT), FLOAT);
        Value rest = asm.fma(asm.unary(Unary.NEG, whole), b, a);
        // A quotient that was rounded up to an integer leaves a rest of the other sign.
        Value step = withSignOf(a, size);
        Value over = asm.compare(Comparison.LT, asm.mul(sign(rest), sign(a)), number(a, 0));
        rest = asm.select(over, asm.add(rest, step), rest);
        Value result = asm.variable(withSignOf(a, asm.unary(Unary.ABS, rest)));
        asm.when(many, () -> asm.assign(result, asm.select(many, asm.call(ScalarMath.class, "remainder", a, b), result)));
        return result;
    }

    /** 1 or -1, and 0 for 0. */
    private Value sign(Value x) {
        Value one = withSignOf(x, number(x, 1));
        return asm.select(asm.compare(Comparison.EQ, x, number(x, 0)), number(x, 0), one);
    }

    private Value withSignOf(Value x, Value magnitude) {
        return asm.reinterpret(asm.binary(Binary.OR, asm.reinterpret(magnitude, INT),
                asm.binary(Binary.AND, asm.reinterpret(x, INT), integer(x, Integer.MIN_VALUE))), FLOAT);
    }

    private Value number(Value like, double value) {
        return like.form() == Value.Form.LANES ? asm.lanesOf(FLOAT, value) : asm.constant(FLOAT, value);
    }

    private Value integer(Value like, int value) {
        return like.form() == Value.Form.LANES ? asm.lanesOf(INT, value) : asm.constant(value);
    }
}
