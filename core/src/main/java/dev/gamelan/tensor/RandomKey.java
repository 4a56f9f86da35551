package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.nio.charset.StandardCharsets;

/**
 * The source of random numbers: a value. The same key gives the same numbers, on every machine and for every number of
 * threads. There is one way on: {@link #at(long)} and its like give other keys, whose numbers are independent. Drawing
 * twice from one key gives the same numbers twice.
 *
 * <p>Bits come from Threefry-2x32 (Salmon et al., 2011). A new key is two words drawn from the key exclusive-or a
 * constant and the number that is folded in.
 */
@CheckReturnValue
public final class RandomKey implements Tree {

    /** Tell keys from which keys are made apart from keys from which numbers are drawn: digits of the golden ratio. */
    private static final int FOLD_LOW = 0x9E3779B9;
    private static final int FOLD_HIGH = 0x7F4A7C15;
    private static final long FNV_OFFSET = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;

    private final Tensor bits;

    RandomKey(Tensor bits) {
        this.bits = bits;
    }

    public static RandomKey of(long seed) {
        return of((int) seed, (int) (seed >>> 32));
    }

    /** @param bits INT32 (2,), as {@link #bits()} gives */
    public static RandomKey of(Tensor bits) {
        if (bits.dtype() != DType.INT32 || !bits.shape().equals(Shape.of(2))) {
            throw ShapeException.of("not the bits of a key", "INT32(2,)", bits.node().type().toString());
        }
        return new RandomKey(bits);
    }

    private static RandomKey of(int low, int high) {
        return new RandomKey(Tensor.of(Data.of(DType.INT32, Shape.of(2), new int[] {low, high})));
    }

    /** The key itself as INT32 (2,), to be kept with a training run. */
    public Tensor bits() {
        return bits;
    }

    // ---- other keys ----------------------------------------------------------------------------------------------

    /** The key for this number, such as a step or an index. */
    public RandomKey at(long number) {
        int low = FOLD_LOW ^ (int) number;
        int high = FOLD_HIGH ^ (int) (number >>> 32);
        if (bits.node().op() instanceof Op.Constant constant) {
            return folded((int[]) constant.data().array(), low, high);
        }
        return folded(Tensor.ofInts(low, high));
    }

    private static RandomKey folded(int[] key, int low, int high) {
        return of(Threefry.bits(key[0] ^ low, key[1] ^ high, 0), Threefry.bits(key[0] ^ low, key[1] ^ high, 1));
    }

    private RandomKey folded(Tensor words) {
        return new RandomKey(new RandomKey(bits.xor(words)).draw(Shape.of(2)));
    }

    /** The key for this name, such as a layer's path. */
    public RandomKey at(String name) {
        long hash = FNV_OFFSET;
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
        }
        return at(hash);
    }

    /**
     * The key for a number that is computed: an integer of one element; the same key as {@link #at(long)} of its value.
     */
    public RandomKey at(Tensor number) {
        Checks.indices("RandomKey.at", number.node());
        if (number.size() != 1) {
            throw ShapeException.of("RandomKey.at: not one number", "()", number.node().type().toString());
        }
        Tensor wide = number.cast(DType.INT64).reshape(1);
        Tensor words = Tensors.concat(0, wide.cast(DType.INT32), wide.shiftRight(32).cast(DType.INT32));
        return folded(words.xor(Tensor.ofInts(FOLD_LOW, FOLD_HIGH)));
    }

    // ---- numbers -------------------------------------------------------------------------------------------------

    private Tensor draw(Shape shape) {
        return Tensor.of(Node.of(new Op.RandomBits(shape), bits.node()));
    }

    /** 32 random bits per element, as INT32. */
    public Tensor randomBits(Shape shape) {
        return draw(shape);
    }

    /** FLOAT32 in [0, 1): multiples of 2^-24. */
    public Tensor uniform(int... dims) {
        return uniform(Shape.of(dims));
    }

    /** FLOAT32 in [0, 1): multiples of 2^-24. */
    public Tensor uniform(Shape shape) {
        return draw(shape).shiftRightUnsigned(8).cast(DType.FLOAT32).mul(0x1p-24);
    }

    /** FLOAT32 in [low, high), up to rounding. */
    public Tensor uniform(double low, double high, Shape shape) {
        return uniform(shape).mul(high - low).add(low);
    }

    /** FLOAT32 from the normal distribution with mean 0 and variance 1. */
    public Tensor normal(int... dims) {
        return normal(Shape.of(dims));
    }

    /** FLOAT32 from the normal distribution with mean 0 and variance 1; up to 6.2 away from 0. */
    public Tensor normal(Shape shape) {
        Tensor words = draw(shape);
        return withSign(InverseErf.ofOneMinus(tail(words)), words).mul(Math.sqrt(2));
    }

    /** FLOAT32 from the normal distribution, cut off at 2 on both sides. */
    public Tensor truncatedNormal(Shape shape) {
        Tensor words = draw(shape);
        Tensor oneMinus = tail(words).mul(InverseErf.ERF_SQRT_2).add(1 - InverseErf.ERF_SQRT_2);
        return withSign(InverseErf.ofOneMinus(oneMinus), words).mul(Math.sqrt(2)).clamp(-2, 2);
    }

    /** FLOAT32 in (0, 1], from all bits but the sign: fine near 0. */
    private static Tensor tail(Tensor words) {
        return words.and(words.fullLike(Integer.MAX_VALUE)).cast(DType.FLOAT32).add(0.5).mul(0x1p-31);
    }

    private static Tensor withSign(Tensor magnitude, Tensor words) {
        return magnitude.neg().where(words.less(0), magnitude);
    }

    /** FLOAT32 from the exponential distribution with mean 1. */
    public Tensor exponential(Shape shape) {
        return tail(draw(shape)).neg().log1p().neg();
    }

    /** FLOAT32 from the standard Gumbel distribution. */
    public Tensor gumbel(Shape shape) {
        return exponential(shape).log().neg();
    }

    /** BOOL, true with probability p. */
    public Tensor bernoulli(double p, Shape shape) {
        return uniform(shape).less(p);
    }

    /** BOOL of p's shape, true with the probability that stands there. */
    public Tensor bernoulli(Tensor p) {
        return uniform(p.shape()).less(p);
    }

    /** INT32 in [0, bound), each equally likely up to 2^-33. */
    public Tensor integers(int bound, Shape shape) {
        return integers(0, bound, shape);
    }

    /** INT32 in [low, high), each equally likely up to 2^-33. */
    public Tensor integers(int low, int high, Shape shape) {
        long range = (long) high - low;
        if (range < 1 || range > Integer.MAX_VALUE) {
            throw ShapeException.of("integers: no such range", "low < high, at most 2^31 - 1 apart", low + " to "
                    + high);
        }
        Tensor words = draw(shape.insert(0, 2)).cast(DType.INT64);
        Tensor unsigned = words.and(words.fullLike(0xFFFFFFFFL));
        Tensor carry = unsigned.get(1).mul(range).shiftRightUnsigned(32);
        return unsigned.get(0).mul(range).add(carry).shiftRightUnsigned(32).cast(DType.INT32).add(low);
    }

    /**
     * One INT32 index per row of the last axis, with probability {@code softmax(logits)}: by the Gumbel maximum
     * (Gumbel, 1954), which needs no normalization.
     */
    public Tensor categorical(Tensor logits) {
        return logits.add(gumbel(logits.shape()).cast(logits.dtype())).argmax(-1);
    }

    /** The INT32 numbers from 0 to n - 1 in random order. */
    public Tensor permutation(int n) {
        return draw(Shape.of(n)).argsort(0);
    }

    /** The parts along an axis in random order. */
    public Tensor shuffle(Tensor x, int axis) {
        return x.take(axis, permutation(x.dim(axis)));
    }

    /** With the bits in hexadecimal, if they are known. */
    @Override
    public String toString() {
        return bits.node().op() instanceof Op.Constant constant
                ? "RandomKey[%08x%08x]".formatted(((int[]) constant.data().array())[1],
                        ((int[]) constant.data().array())[0])
                : "RandomKey";
    }
}
