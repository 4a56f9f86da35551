package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.Optional;

/**
 * Multi-head attention (Vaswani et al., 2017): linear maps named query, key and value, scaled dot products in heads of
 * {@code features / heads} each, and a linear map named output. The maps start as {@link Dense} does.
 *
 * <p>In a {@link Session}, self-attention remembers the keys and values of all earlier calls, so a sequence may come in
 * pieces: generating a text computes each position once.
 *
 * @param ordered  whether a position sees only itself and what is before it
 * @param rotating whether positions turn queries and keys (rotary embedding; Su et al., 2021)
 * @param rate     of dropout on the weights of attention, in training
 * @param bias     whether the linear maps have one
 * @param init     of the linear maps
 */
public record Attention(int heads, boolean ordered, boolean rotating, double rate, boolean bias, Initializer init)
        implements SequenceLayer {

    public Attention {
        Checks.positive("attention", "heads", heads);
        Checks.between("attention", "dropout", 0, 1, rate);
    }

    static Attention of(int heads) {
        return new Attention(heads, false, false, 0, true, Initializer.glorotUniform());
    }

    /** A position sees only itself and what is before it. */
    public Attention causal() {
        return new Attention(heads, true, rotating, rate, bias, init);
    }

    /** Positions turn queries and keys: for self-attention without other position embeddings. Heads need even widths. */
    public Attention rotary() {
        return new Attention(heads, ordered, true, rate, bias, init);
    }

    /** In training, drops this share of the weights of attention. */
    public Attention dropout(double value) {
        return new Attention(heads, ordered, rotating, value, bias, init);
    }

    public Attention noBias() {
        return new Attention(heads, ordered, rotating, rate, false, init);
    }

    public Attention init(Initializer initializer) {
        return new Attention(heads, ordered, rotating, rate, bias, initializer);
    }

    /** Self-attention. x: (B, T, features) -> the same shape. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Parts parts = parts(scope, x, x);
        if (!scope.inSession()) {
            return output(scope, parts.turned(rotating), ordered ? Optional.of(Tensors.causalMask(x.dim(1), x.dim(1))) : Optional.empty());
        }
        Scope.Cache values = scope.cache("values", 2, parts.value);
        Tensor start = values.start();
        Parts turned = rotating ? new Parts(Rotary.rotate(parts.query, start), Rotary.rotate(parts.key, start), parts.value) : parts;
        Scope.Cache keys = scope.cache("keys", 2, turned.key);
        Tensor place = Tensor.arange(keys.values().dim(2));
        Tensor seen = ordered ? place.lessEqual(Tensor.arange(x.dim(1)).add(start).expandDims(1)) : place.less(start.add(x.dim(1)));
        return output(scope, new Parts(turned.query, keys.values(), values.values()), Optional.of(seen));
    }

    /** Self-attention of sequences of different lengths. x: (B, T, features) -> the same shape. */
    @Override
    public Padded apply(Scope scope, Padded x) {
        return x.map(values -> apply(scope, values, values, x.mask().expandDims(1)));
    }

    /** Cross-attention. x: (B, T, features), memory: (B, S, any) -> (B, T, features). */
    public Tensor apply(Scope scope, Tensor x, Tensor memory) {
        return attend(scope, x, memory, ordered ? Optional.of(Tensors.causalMask(x.dim(1), memory.dim(1))) : Optional.empty());
    }

    /** Cross-attention to sequences of different lengths. */
    public Tensor apply(Scope scope, Tensor x, Padded memory) {
        return apply(scope, x, memory.values(), memory.mask().expandDims(1));
    }

    /**
     * Cross-attention, or with x as memory self-attention, with a mask. Nothing is remembered between calls.
     *
     * @param mask BOOL that broadcasts to (B, T, S), or (B, heads, T, S): true where x may see memory; a position that may
     *             see nothing gets the mean of all
     */
    public Tensor apply(Scope scope, Tensor x, Tensor memory, Tensor mask) {
        Tensor perHead = mask.rank() == 3 ? mask.expandDims(1) : mask;
        return attend(scope, x, memory, Optional.of(ordered ? perHead.and(Tensors.causalMask(x.dim(1), memory.dim(1))) : perHead));
    }

    /** Query, key and value of all heads: (B, heads, T or S, width of a head). */
    private record Parts(Tensor query, Tensor key, Tensor value) {

        /** From position 0 on. */
        Parts turned(boolean rotating) {
            Tensor zero = Tensor.ofInts(0).reshape(Shape.SCALAR);
            return rotating ? new Parts(Rotary.rotate(query, zero), Rotary.rotate(key, zero), value) : this;
        }
    }

    private Tensor attend(Scope scope, Tensor x, Tensor memory, Optional<Tensor> mask) {
        return output(scope, parts(scope, x, memory).turned(rotating), mask);
    }

    private Parts parts(Scope scope, Tensor x, Tensor memory) {
        check(x);
        Checks.rank("attention", "a memory (batch, steps, features)", 3, memory);
        int width = x.dim(-1);
        return new Parts(split(scope.call("query", map(width), x)), split(scope.call("key", map(width), memory)),
                split(scope.call("value", map(width), memory)));
    }

    private Tensor output(Scope scope, Parts parts, Optional<Tensor> mask) {
        Tensor weights = mask.map(seen -> Tensors.attentionWeights(parts.query, parts.key, seen))
                .orElseGet(() -> Tensors.attentionWeights(parts.query, parts.key));
        Tensor kept = rate == 0 ? weights : new Dropout(rate).apply(scope, weights);
        Tensor heard = kept.matmul(parts.value).permute(0, 2, 1, 3);
        return scope.call("output", map(heads * heard.dim(3)), heard.reshape(Shape.of(heard.dim(0), heard.dim(1), heads * heard.dim(3))));
    }

    private Dense map(int width) {
        return new Dense(width, bias, init);
    }

    /** (B, T, features) -> (B, heads, T, features / heads). */
    private Tensor split(Tensor x) {
        return x.reshape(Shape.of(x.dim(0), x.dim(1), heads, x.dim(2) / heads)).permute(0, 2, 1, 3);
    }

    private void check(Tensor x) {
        Checks.rank("attention", "(batch, steps, features)", 3, x);
        if (x.dim(-1) % heads != 0) {
            throw ShapeException.of("attention: features do not divide into heads", "a multiple of " + heads + " features",
                    x.shape().toString());
        }
    }
}
