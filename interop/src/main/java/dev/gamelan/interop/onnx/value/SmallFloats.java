package dev.gamelan.interop.onnx.value;

import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;

/**
 * Floating types of 4, 6 and 8 bits, as ONNX defines them ("Float stored in 8 bits" and its like in its documentation).
 * Values are carried in FLOAT32; this decodes, encodes and rounds them.
 */
public final class SmallFloats {

    private SmallFloats() {}

    /**
     * @param exponent bits of the exponent
     * @param mantissa bits of the mantissa
     * @param bias of the exponent
     * @param most the largest finite value
     * @param infinite whether there are infinities
     */
    private record Layout(int exponent, int mantissa, int bias, float most, boolean infinite) {

        /** The exponent of the smallest normal number. */
        int leastExponent() {
            return 1 - bias;
        }
    }

    private static Layout layout(ElementType type) {
        return switch (type) {
            case FLOAT8E4M3FN -> new Layout(4, 3, 7, 448, false);
            case FLOAT8E4M3FNUZ -> new Layout(4, 3, 8, 240, false);
            case FLOAT8E5M2 -> new Layout(5, 2, 15, 57344, true);
            case FLOAT8E5M2FNUZ -> new Layout(5, 2, 16, 57344, false);
            case FLOAT4E2M1 -> new Layout(2, 1, 1, 6, false);
            case FLOAT6E2M3 -> new Layout(2, 3, 1, 7.5f, false);
            case FLOAT6E3M2 -> new Layout(3, 2, 3, 28, false);
            case FLOAT8E8M0 -> new Layout(8, 0, 127, 0x1p127f, false);
            default -> throw new IllegalArgumentException(type + " is not a floating type of at most 8 bits");
        };
    }

    /** The value that some bits stand for. */
    public static float decode(ElementType type, int bits) {
        if (type == ElementType.FLOAT8E8M0) {
            return bits == 0xFF ? Float.NaN : (float) Math.scalb(1.0, bits - 127);
        }
        Layout layout = layout(type);
        int width = layout.exponent + layout.mantissa;
        int magnitude = bits & (1 << width) - 1;
        boolean negative = bits >> width != 0;
        if (isNaN(type, magnitude, negative)) {
            return Float.NaN;
        }
        int exponent = magnitude >> layout.mantissa;
        int fraction = magnitude & (1 << layout.mantissa) - 1;
        if (layout.infinite && exponent == (1 << layout.exponent) - 1) {
            return negative ? Float.NEGATIVE_INFINITY : Float.POSITIVE_INFINITY;
        }
        double value = exponent == 0 ? Math.scalb((double) fraction, layout.leastExponent() - layout.mantissa)
                : Math.scalb((double) (fraction + (1 << layout.mantissa)), exponent - layout.bias - layout.mantissa);
        return (float) (negative ? -value : value);
    }

    private static boolean isNaN(ElementType type, int magnitude, boolean negative) {
        return switch (type) {
            case FLOAT8E4M3FN -> magnitude == 0x7F;
            case FLOAT8E5M2 -> magnitude > 0x7C;
            case FLOAT8E4M3FNUZ, FLOAT8E5M2FNUZ -> magnitude == 0 && negative;
            default -> false;
        };
    }

    /** The bits of a value that the type can hold. */
    static int encode(ElementType type, float value) {
        int count = 1 << type.bits();
        for (int bits = 0; bits < count; bits++) {
            float candidate = decode(type, bits);
            if (Float.compare(candidate, value) == 0) {
                return bits;
            }
        }
        return value == 0 ? 0 : encode(type, Float.NaN);
    }

    /**
     * FLOAT32 rounded to the nearest value of the type, ties to even. What is too large becomes the largest value if
     * {@code saturate}, else infinity or NaN.
     */
    static Tensor round(ElementType type, Tensor x, boolean saturate) {
        if (type == ElementType.FLOAT8E8M0) {
            return scale(x, "up", saturate);
        }
        Layout layout = layout(type);
        Tensor size = x.abs().minimum(4.0 * layout.most).cast(DType.FLOAT64);
        // The distance between neighbors is a power of two, at least that of the subnormal numbers.
        Tensor step = power(size.maximum(Math.scalb(1.0, layout.leastExponent()))).mul(Math.scalb(1.0, -layout.mantissa));
        Tensor rounded = size.div(step).round().mul(step).cast(DType.FLOAT32);
        double beyond = layout.infinite ? Double.POSITIVE_INFINITY : Double.NaN;
        double top = !hasNaN(type) || saturate ? layout.most : beyond;
        rounded = rounded.fullLike(top).where(rounded.greater(layout.most), rounded);
        Tensor signed = rounded.neg().where(x.less(0), rounded);
        Tensor zero = hasNegativeZero(type) ? x : x.zerosLike();
        Tensor none = hasNaN(type) ? x : x.fullLike(-0.0);
        return none.where(x.isNaN(), zero.where(x.eq(0), signed));
    }

    private static boolean hasNaN(ElementType type) {
        return type.bits() == 8;
    }

    private static boolean hasNegativeZero(ElementType type) {
        return type != ElementType.FLOAT8E4M3FNUZ && type != ElementType.FLOAT8E5M2FNUZ;
    }

    /** The largest power of two that is not larger, for positive FLOAT64; the logarithm may be off by one place. */
    private static Tensor power(Tensor x) {
        Tensor exponent = x.log2().floor();
        Tensor guess = exponent.fullLike(2).pow(exponent);
        Tensor lower = guess.mul(0.5).where(guess.greater(x), guess);
        return lower.mul(2).where(lower.mul(2).lessEqual(x), lower);
    }

    /**
     * FLOAT32 as FLOAT8E8M0, powers of two alone.
     *
     * @param mode     up, down or nearest
     * @param saturate whether what is too large or small becomes the last power, and not NaN
     */
    public static Tensor scale(Tensor x, String mode, boolean saturate) {
        Tensor size = x.abs().cast(DType.FLOAT64).clamp(0x1p-127, 0x1p127);
        Tensor below = power(size);
        Tensor up = switch (mode) {
            case "down" -> Tensor.zeros(DType.BOOL, x.shape());
            case "nearest" -> size.greaterEqual(below.mul(1.5));
            default -> size.greater(below);
        };
        Tensor rounded = below.mul(2).where(up, below).minimum(0x1p127).cast(DType.FLOAT32);
        Tensor inside = x.abs().greaterEqual(0x1p-127).and(x.abs().lessEqual(0x1p127));
        return rounded.where(saturate ? x.isNaN().not() : inside, Double.NaN);
    }
}
