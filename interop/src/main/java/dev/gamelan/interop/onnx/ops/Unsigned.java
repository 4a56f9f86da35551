package dev.gamelan.interop.onnx.ops;

import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;

/** Arithmetic on UINT64, which INT64 carries by its bits. */
final class Unsigned {

    private Unsigned() {}

    /** Half the dividend fits the signed range; the quotient that this gives is corrected by one step (Hacker's Delight, 9-3). */
    static Tensor divide(Tensor a, Tensor b) {
        Tensor huge = b.less(0);
        Tensor divisor = b.onesLike().where(huge, b);
        Tensor quotient = a.shiftRightUnsigned(1).div(divisor).shiftLeft(1);
        Tensor rest = a.sub(quotient.mul(divisor));
        Tensor exact = quotient.add(atLeast(rest, divisor).cast(DType.INT64));
        return atLeast(a.add(b.zerosLike()), b).cast(DType.INT64).where(huge, exact);
    }

    /** The nearest number with a fraction: the lowest bit is kept in the one above it, so that rounding sees it. */
    static Tensor toFloating(Tensor x, DType dtype) {
        Tensor half = x.shiftRightUnsigned(1).or(x.and(x.onesLike()));
        return half.cast(dtype).mul(2).where(x.less(0), x.cast(dtype));
    }

    /** From 0 to 2^64, cut towards zero. */
    static Tensor fromFloating(Tensor x) {
        Tensor wide = x.cast(DType.FLOAT64);
        Tensor low = wide.cast(DType.INT64);
        Tensor high = wide.sub(0x1p63).cast(DType.INT64).xor(low.fullLike(Long.MIN_VALUE));
        return high.where(wide.greaterEqual(0x1p63), low);
    }

    private static Tensor atLeast(Tensor a, Tensor b) {
        Tensor flip = Tensor.scalar(DType.INT64, Long.MIN_VALUE);
        return a.xor(flip).greaterEqual(b.xor(flip));
    }
}
