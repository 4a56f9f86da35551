package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import dev.gamelan.ir.Op;
import dev.gamelan.kernel.Attention.MaskKind;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Emitted kernels that turn blocks of scores into weights and gradients, row by row. Arrays are all of one floating type.
 *
 * @param weights what becomes of scores in the forward direction
 * @param merge joins what is known of some queries with what a block of keys adds
 */
record AttentionKernels(Kernel<Weights> weights, Kernel<Merge> merge, Kernel<Scale> scale) {
    /** A kernel and, where there is such, what does its work until it is compiled. */
    record Kernel<K>(Warm<K> compiled, @Nullable K plain) {
        K now() {
            return plain == null ? compiled.kernel() : compiled.kernelOr(plain);
        }

        private void await() {
            if (plain == null) {
                compiled.await();
            }
        }

        static <K> Kernel<K> of(Supplier<K> definition, Warm.Call<K> call, @Nullable K plain) {
            return new Kernel<>(plain == null ? Warm.start(definition, call) : Warm.later(definition, call), plain);
        }
    }

    /**
     * What only the gradient needs.
     *
     * @param dot the sums over products of outputs and their gradients
     * @param rows weights and gradients of transposed scores
     */
    record Gradients(Kernel<Dot> dot, Kernel<GradientRows> rows) {
        void await() {
            rows.await();
            dot.await();
        }
    }

    /** Rows and columns while warming up. */
    private static final int WARM = 4;
    private static final int WARM_COLUMNS = 64;

    /** Scores of some queries, in rows, and a block of keys. */
    interface Weights {
        /**
         * Scores become exp(exponent - largest so far).
         *
         * @param visible how many keys of the block the first query sees; each further query sees one more
         * @param mask as the kind of mask says: negative numbers instead of hidden scores, or what is added
         * @param state largest exponent before ({@code queries} numbers), room for that after, and for the sum of this block
         */
        void run(Object scores, int at, int stride, int rows, int columns, int visible, Object mask, int maskAt, int maskStride,
                double scale, Object state, int stateAt, int queries);
    }

    /** After {@link Weights}. */
    interface Merge {
        /** {@code state}: largest before, largest after, sum of the block, sum so far, and room for the factors of what was so far. */
        void run(Object state, int at, int queries, int rows);
    }

    /** Rows times one number each. */
    interface Scale {
        void run(Object x, int at, int stride, int rows, int columns, Object factors, int factorsAt);
    }

    /** The products of rows with rows. */
    interface Dot {
        void run(Object a, int aAt, int aStride, Object b, int bAt, int bStride, int rows, int columns, Object to, int toAt);
    }

    /** Transposed scores: keys in rows, queries in columns. */
    interface GradientRows {
        /**
         * Scores become weights, and the gradients of weights become those of scores.
         *
         * @param first the first query that sees the first key; each further key is seen from one query later on
         * @param state for each query of the columns: the largest exponent, at {@code queries} from there one over the sum, and after that
         *              the mean gradient
         */
        void run(Object scores, int at, Object gradients, int gradientsAt, int stride, int rows, int columns, int first, Object mask,
                int maskAt, int maskStride, double scale, Object state, int stateAt, int queries);
    }

    private record Key(Lanes lanes, ElementType type, MaskKind kind) {
        String name() {
            return type + "" + kind;
        }

        /** Nothing for doubles, nor where what does not fill a vector is summed in another order. */
        @Nullable PlainAttention plain() {
            return type == ElementType.FLOAT && (lanes.maskedMemory() || !lanes.isVector()) ? new PlainAttention(kind, lanes.count())
                    : null;
        }
    }

    private static final Map<Key, AttentionKernels> KERNELS = new ConcurrentHashMap<>();
    private static final Map<Key, Gradients> GRADIENTS = new ConcurrentHashMap<>();

    static AttentionKernels of(Lanes lanes, ElementType type, MaskKind kind) {
        return KERNELS.computeIfAbsent(key(lanes, type, kind), AttentionKernels::emit);
    }

    static Gradients gradients(Lanes lanes, ElementType type, MaskKind kind) {
        return GRADIENTS.computeIfAbsent(key(lanes, type, kind), AttentionKernels::emitGradients);
    }

    /** Causal kernels without a mask serve both. */
    private static Key key(Lanes lanes, ElementType type, MaskKind kind) {
        return new Key(lanes, type, kind == MaskKind.CAUSAL ? MaskKind.NONE : kind);
    }

    void await() {
        weights.await();
        merge.await();
        scale.await();
    }

    /** What kernels are warmed up on. */
    private static final class Meaningless {
        private final Object block;
        private final Object other;
        private final Object mask;
        private final Object state;

        Meaningless(ElementType type) {
            block = type.newArray(WARM * WARM_COLUMNS);
            other = type.newArray(WARM * WARM_COLUMNS);
            mask = type.newArray(WARM * WARM_COLUMNS);
            state = type.newArray(5 * WARM_COLUMNS);
        }
    }

    private static AttentionKernels emit(Key key) {
        String name = key.name();
        Lanes lanes = key.lanes();
        Meaningless on = new Meaningless(key.type());
        PlainAttention plain = key.plain();
        int columns = WARM_COLUMNS;
        return new AttentionKernels(
                Kernel.of(() -> Warm.define(Weights.class, "AttentionWeights" + name, lanes, k -> new Emitter(k, key).weights()),
                        (kernel, number) -> kernel.run(on.block, 0, columns, rows(number), columns, visible(number), on.mask, 0, columns, 1,
                                on.state, 0,
                                WARM),
                        plain),
                Kernel.of(() -> Warm.define(Merge.class, "AttentionMerge" + name, lanes, k -> new Emitter(k, key).merge()),
                        (kernel, number) -> kernel.run(on.state, 0, columns, queries(number)), plain),
                Kernel.of(() -> Warm.define(Scale.class, "AttentionScale" + name, lanes, k -> new Emitter(k, key).scale()),
                        (kernel, number) -> kernel.run(on.other, 0, columns, rows(number), columns, on.state, 0), plain));
    }

    private static Gradients emitGradients(Key key) {
        String name = key.name();
        Lanes lanes = key.lanes();
        Meaningless on = new Meaningless(key.type());
        PlainAttention plain = key.plain();
        int columns = WARM_COLUMNS;
        return new Gradients(
                Kernel.of(() -> Warm.define(Dot.class, "AttentionDot" + name, lanes, k -> new Emitter(k, key).dot()),
                        (kernel, number) -> kernel.run(on.block, 0, columns, on.other, 0, columns, rows(number), columns, on.state, 0),
                        plain),
                Kernel.of(
                        () -> Warm.define(GradientRows.class, "AttentionGradients" + name, lanes,
                                k -> new Emitter(k, key).gradients()),
                        (kernel, number) -> kernel.run(on.block, 0, on.other, 0, columns, rows(number), columns, visible(number), on.mask,
                                0, columns, 1,
                                on.state, 0,
                                columns),
                        plain));
    }

    /** Keys that the first query sees while warming up: none, some, nearly all. */
    private static int visible(int number) {
        return number % 4 * (WARM_COLUMNS / 3);
    }

    /** Queries in a row while warming up: whole vectors, or a part of one as well. */
    private static int queries(int number) {
        return Warm.isInterpreted(number) ? 1 : WARM_COLUMNS - number % 2;
    }

    /** Rows that are handled while warming up. */
    private static int rows(int number) {
        return Warm.isInterpreted(number) ? 1 : WARM;
    }

    private static final class Emitter {
        private final Assembler k;
        private final ElementType type;
        private final MaskKind kind;
        private final VectorMath math;

        Emitter(Assembler asm, Key key) {
            k = asm;
            type = key.type();
            kind = key.kind();
            math = new VectorMath(asm);
        }

        private Value array(int parameter) {
            return k.memory().array(k.parameter(parameter, Form.OBJECTS, type), type);
        }

        private Value number(double value) {
            return k.lanesOf(type, value);
        }

        private Value infinite() {
            return number(Double.NEGATIVE_INFINITY);
        }

        private Accumulator largest() {
            return type == ElementType.FLOAT && k.lanes().isVector() ? new FloatExtreme(k, Op.ReduceKind.MAX)
                    : new PartialResults(k, Binary.MAX, new Value[] {k.variable(infinite())});
        }

        /** The exponent of a score. */
        private Value exponent(Value score, Value scale, Value mask, Value maskAt) {
            Value scaled = k.mul(score, scale);
            return switch (kind) {
                case NONE, CAUSAL -> scaled;
                case SELECT -> {
                    Value hidden = k.memory().load(mask, maskAt);
                    yield k.select(k.compare(Comparison.LT, hidden, number(0)), hidden, scaled);
                }
                case BIAS -> k.add(scaled, k.memory().load(mask, maskAt));
            };
        }

        /** An infinite maximum would make NaN of what is as small as it. */
        private Value shift(Value max) {
            return k.select(k.compare(Comparison.EQ, max, infinite()), number(0), max);
        }

        void weights() {
            Value scores = array(0);
            Value mask = array(6);
            Value state = array(10);
            Value scale = k.broadcast(k.convert(k.parameter(9, Form.SCALAR, ElementType.DOUBLE), type));
            Value queries = k.intParameter(12);
            k.forRange(k.intParameter(3), r -> {
                Value row = k.add(k.intParameter(1), k.mul(r, k.intParameter(2)));
                Value maskRow = k.add(k.intParameter(7), k.mul(r, k.intParameter(8)));
                Value end = k.max(k.constant(0), k.min(k.intParameter(4), k.add(k.intParameter(5), r)));
                Value before = k.add(k.intParameter(11), r);
                Accumulator max = largest();
                k.forLanes(k.constant(0), end, i -> {
                    Value exponent = exponent(k.memory().load(scores, k.add(row, i)), scale, mask, k.add(maskRow, i));
                    k.memory().store(scores, k.add(row, i), exponent);
                    max.add(0, k.inUse(exponent, infinite()));
                });
                Value largest = k.max(max.result(), k.memory().loadScalar(state, before));
                k.memory().store(state, k.add(before, queries), largest);
                Value shift = shift(k.broadcast(largest));
                Value sum = k.variable(number(0));
                k.forLanes(k.constant(0), end, i -> {
                    Value weight = math.expOfSmall(k.sub(k.memory().load(scores, k.add(row, i)), shift));
                    k.memory().store(scores, k.add(row, i), weight);
                    k.assign(sum, k.add(k.inUse(weight, number(0)), sum));
                });
                k.memory().store(state, k.add(k.add(before, queries), queries), k.reduce(Binary.ADD, sum));
                k.forLanes(end, k.intParameter(4), i -> k.memory().store(scores, k.add(row, i), number(0)));
            });
        }

        void merge() {
            Value state = array(0);
            Value queries = k.intParameter(2);
            k.forMaskedLanes(k.constant(0), k.intParameter(3), i -> {
                Value before = k.add(k.intParameter(1), i);
                Value after = k.add(before, queries);
                Value block = k.add(after, queries);
                Value sum = k.add(block, queries);
                Value factor = k.add(sum, queries);
                Value max = k.memory().load(state, after);
                Value shrunk = math.expOfSmall(k.sub(k.memory().load(state, before), shift(max)));
                k.memory().store(state, factor, shrunk);
                k.memory().store(state, sum, k.fma(shrunk, k.memory().load(state, sum), k.memory().load(state, block)));
                k.memory().store(state, before, max);
            });
        }

        void scale() {
            Value x = array(0);
            Value factors = array(5);
            k.forRange(k.intParameter(3), r -> {
                Value row = k.add(k.intParameter(1), k.mul(r, k.intParameter(2)));
                Value factor = k.broadcast(k.memory().loadScalar(factors, k.add(k.intParameter(6), r)));
                k.forLanes(k.constant(0), k.intParameter(4),
                        i -> k.memory().store(x, k.add(row, i), k.mul(k.memory().load(x, k.add(row, i)), factor)));
            });
        }

        void dot() {
            Value a = array(0);
            Value b = array(3);
            Value to = array(8);
            k.forRange(k.intParameter(6), r -> {
                Value left = k.add(k.intParameter(1), k.mul(r, k.intParameter(2)));
                Value right = k.add(k.intParameter(4), k.mul(r, k.intParameter(5)));
                Value sum = k.variable(number(0));
                k.forLanes(k.constant(0), k.intParameter(7), i -> {
                    Value product = k.mul(k.memory().load(a, k.add(left, i)), k.memory().load(b, k.add(right, i)));
                    k.assign(sum, k.add(product, sum));
                });
                k.memory().store(to, k.add(k.intParameter(9), r), k.reduce(Binary.ADD, sum));
            });
        }

        void gradients() {
            Value scores = array(0);
            Value gradients = array(2);
            Value mask = array(8);
            Value state = array(12);
            Value scale = k.broadcast(k.convert(k.parameter(11, Form.SCALAR, ElementType.DOUBLE), type));
            Value queries = k.intParameter(14);
            k.forRange(k.intParameter(5), r -> {
                Value row = k.add(k.intParameter(1), k.mul(r, k.intParameter(4)));
                Value gradientRow = k.add(k.intParameter(3), k.mul(r, k.intParameter(4)));
                Value maskRow = k.add(k.intParameter(9), k.mul(r, k.intParameter(10)));
                Value start = k.max(k.constant(0), k.min(k.intParameter(6), k.add(k.intParameter(7), r)));
                k.forLanes(k.constant(0), start, i -> {
                    k.memory().store(scores, k.add(row, i), number(0));
                    k.memory().store(gradients, k.add(gradientRow, i), number(0));
                });
                k.forMaskedLanes(start, k.intParameter(6), i -> {
                    Value max = k.add(k.intParameter(13), i);
                    Value inverse = k.add(max, queries);
                    Value maskAt = k.add(maskRow, i);
                    Value exponent = exponent(k.memory().load(scores, k.add(row, i)), scale, mask, maskAt);
                    Value weight = k.mul(math.expOfSmall(k.sub(exponent, k.memory().load(state, max))), k.memory().load(state, inverse));
                    Value gradient = k.sub(k.memory().load(gradients, k.add(gradientRow, i)),
                            k.memory().load(state, k.add(inverse, queries)));
                    Value passed = k.mul(k.mul(weight, gradient), scale);
                    if (kind == MaskKind.SELECT) {
                        passed = k.select(k.compare(Comparison.LT, k.memory().load(mask, maskAt), number(0)), number(0), passed);
                    }
                    k.memory().store(scores, k.add(row, i), weight);
                    k.memory().store(gradients, k.add(gradientRow, i), passed);
                });
            });
        }
    }
}
