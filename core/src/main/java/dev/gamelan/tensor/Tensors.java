package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Operations of several tensors that have no one receiver. */
@CheckReturnValue
public final class Tensors {

    private Tensors() {}

    // ---- joining -------------------------------------------------------------------------------------------------

    /** One behind the other along an axis; other extents are equal. */
    public static Tensor concat(int axis, Tensor... parts) {
        return concat(axis, List.of(parts));
    }

    /** As {@link #concat(int, Tensor...)}. */
    public static Tensor concat(int axis, List<Tensor> parts) {
        checkParts("concat", parts);
        return Tensor.of(Ops.concat(axis, parts.stream().map(Tensor::node).toList()));
    }

    /** Along a new axis; shapes are equal. */
    public static Tensor stack(int axis, Tensor... parts) {
        return stack(axis, List.of(parts));
    }

    /** As {@link #stack(int, Tensor...)}. */
    public static Tensor stack(int axis, List<Tensor> parts) {
        checkParts("stack", parts);
        Shape first = parts.getFirst().shape();
        for (Tensor part : parts) {
            if (!part.shape().equals(first)) {
                throw ShapeException.of("stack: shapes differ", "equal shapes",
                        parts.stream().map(Tensor::shape).toList().toString());
            }
        }
        int at = axis < 0 ? axis + first.rank() + 1 : axis;
        return concat(at, parts.stream().map(part -> part.expandDims(at)).toList());
    }

    private static void checkParts(String op, List<Tensor> parts) {
        if (parts.isEmpty()) {
            throw ShapeException.of(op + ": no tensors", "one tensor or more", "none");
        }
    }

    /** a where the BOOL condition is true, else b; all three broadcast. */
    public static Tensor where(Tensor condition, Tensor a, Tensor b) {
        Checks.bool("where", condition.node());
        return Tensor.of(Ops.select(condition.node(), a.node(), b.node()));
    }

    /** For vectors of n, m, ... elements: each laid along its own axis of the shape (n, m, ...). */
    public static List<Tensor> meshgrid(Tensor... vectors) {
        Shape shape = Shape.of(Arrays.stream(vectors).mapToInt(vector -> Math.toIntExact(vector.size())).toArray());
        List<Tensor> grids = new ArrayList<>();
        for (int i = 0; i < vectors.length; i++) {
            int[] dims = new int[vectors.length];
            Arrays.fill(dims, 1);
            dims[i] = shape.dim(i);
            grids.add(vectors[i].reshape(dims).broadcastTo(shape));
        }
        return List.copyOf(grids);
    }

    // ---- contractions --------------------------------------------------------------------------------------------

    /**
     * Einstein's summation, as NumPy's: {@code einsum("bij,bjk->bik", a, b)}. A letter names an axis; a letter that the
     * output lacks is summed over, one that is repeated in an operand takes its diagonal, {@code ...} stands for axes
     * that broadcast. Without {@code ->} the output has the letters that occur once, in alphabetical order.
     */
    public static Tensor einsum(String equation, Tensor... operands) {
        return Tensor.of(Einsum.of(equation, Arrays.stream(operands).map(Tensor::node).toList()));
    }

    /** Scaled dot-product attention: {@link #attention(Tensor, Tensor, Tensor, Tensor)} without a mask. */
    public static Tensor attention(Tensor query, Tensor key, Tensor value) {
        return attentionWeights(query, key).matmul(value);
    }

    /**
     * Scaled dot-product attention (Vaswani et al., 2017).
     *
     * @param query (..., t, d)
     * @param key (..., s, d)
     * @param value (..., s, e)
     * @param mask BOOL that broadcasts to (..., t, s): true where the query may see the key; a query that may see none
     *             gets the mean of all values
     * @return (..., t, e)
     */
    public static Tensor attention(Tensor query, Tensor key, Tensor value, Tensor mask) {
        return attentionWeights(query, key, mask).matmul(value);
    }

    /**
     * As {@link #attention}, where each query sees the keys up to its own place; the last query stands at the last key.
     */
    public static Tensor causalAttention(Tensor query, Tensor key, Tensor value) {
        return attention(query, key, value, causalMask(query.dim(-2), key.dim(-2)));
    }

    /** How much each query sees of each key, (..., t, s): what {@link #attention} multiplies with the values. */
    public static Tensor attentionWeights(Tensor query, Tensor key) {
        return scores(query, key).softmax(-1);
    }

    /** As {@link #attentionWeights(Tensor, Tensor)}, with the mask of {@link #attention}. */
    public static Tensor attentionWeights(Tensor query, Tensor key, Tensor mask) {
        return scores(query, key).where(mask, -1e30).softmax(-1);
    }

    /** BOOL (queries, keys): true up to the query's own place; the last query stands at the last key. */
    public static Tensor causalMask(int queries, int keys) {
        return Tensor.of(Creation.band(Shape.of(queries, keys), keys - queries, true));
    }

    private static Tensor scores(Tensor query, Tensor key) {
        return query.mul(1 / Math.sqrt(query.dim(-1))).matmul(key.transpose());
    }

    // ---- windows: channels last ----------------------------------------------------------------------------------

    /** Convolution with stride 1 and no padding: see {@link #conv(Tensor, Tensor, Window, int)}. */
    public static Tensor conv(Tensor x, Tensor w) {
        return conv(x, w, Windows.of(x.rank() - 2), 1);
    }

    /** With one entry per spatial axis in each array, and the same padding on both sides. */
    public static Tensor conv(Tensor x, Tensor w, int[] stride, int[] padding, int[] dilation, int groups) {
        return conv(x, w, Windows.of(stride, padding, padding, dilation), groups);
    }

    /**
     * Convolution over 1 to 3 spatial axes (a cross-correlation: the kernel is not turned around).
     *
     * @param x (batch, spatial..., in)
     * @param w (spatial..., in / groups, out)
     * @return (batch, spatial..., out)
     */
    public static Tensor conv(Tensor x, Tensor w, Window window, int groups) {
        return Tensor.of(Node.of(new Op.Conv(window, groups), x.node(), w.node()));
    }

    /**
     * Transposed convolution: each element of x paints the kernel into the output.
     *
     * @param x (batch, spatial..., in)
     * @param w (spatial..., in / groups, out)
     * @param outputPadding for each spatial axis, how many elements the output has beyond the least extent, less than
     *             the stride
     * @return (batch, spatial..., out), extents {@code (x - 1) * stride + (w - 1) * dilation + 1 + outputPadding -
     *             padding}
     */
    public static Tensor convTranspose(Tensor x, Tensor w, Window window, int groups, int... outputPadding) {
        return Tensor.of(Windows.convTranspose(x.node(), w.node(), window, groups, outputPadding));
    }

    /** The largest element of each window, per channel, in steps of the window's size. */
    public static Tensor maxPool(Tensor x, int... size) {
        return maxPool(x, Shape.of(size), Windows.tiling(size));
    }

    /** The largest element of each window, per channel; x: (batch, spatial..., channels). Padding never wins. */
    public static Tensor maxPool(Tensor x, Shape size, Window window) {
        return Tensor.of(Node.of(new Op.MaxPool(size, window), x.node()));
    }

    /** The mean of each window, per channel, in steps of the window's size. */
    public static Tensor avgPool(Tensor x, int... size) {
        return avgPool(x, Shape.of(size), Windows.tiling(size), false);
    }

    /**
     * The mean of each window, per channel; x: (batch, spatial..., channels).
     *
     * @param countPadding whether padding counts as zeros; else the mean is over what lies inside
     */
    public static Tensor avgPool(Tensor x, Shape size, Window window, boolean countPadding) {
        return Tensor.of(Windows.avgPool(x.node(), size, window, countPadding));
    }

    // ---- evaluation ----------------------------------------------------------------------------------------------

    /** Computes all tensors of these trees now, in one program. */
    public static void eval(Tree... trees) {
        Evaluator.evaluate(nodes(trees));
    }

    /** Computes all tensors of these trees in one program and gives their values, which are to be read only. */
    public static List<Data> host(Tree... trees) {
        List<Node> nodes = nodes(trees);
        Evaluator.evaluate(nodes);
        return nodes.stream().map(Evaluator::data).toList();
    }

    private static List<Node> nodes(Tree... trees) {
        List<Node> nodes = new ArrayList<>();
        for (Tree tree : trees) {
            Trees.leaves(tree).forEach(leaf -> nodes.add(leaf.node()));
        }
        return nodes;
    }
}
