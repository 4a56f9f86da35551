package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** The smaller operators of {@code com.microsoft}: those that ONNX has too, places, windows and gates. */
final class MicrosoftMoves {

    /** Operators that ONNX has under the same name, and the version of its set that they look like. */
    private static final Map<String, Integer> SAME = Map.of("Trilu", 14, "GatherND", 13, "GridSample", 16, "Pad", 13,
            "CausalConvWithState", 26, "LinearAttention", 26);

    private MicrosoftMoves() {}

    static void register(Registry r) {
        SAME.forEach((name, version) -> r.alias(MICROSOFT, name, version));
        op(r, "Range", MicrosoftMoves::range);
        op(r, "Unique", MicrosoftMoves::unique);
        op(r, "ExpandDims", c -> Moves.first(c, x -> x.expandDims(c.integer(1) < 0 ? c.integer(1) + x.rank() + 1 : c.integer(1))));
        op(r, "UnfoldTensor", MicrosoftMoves::unfold);
        op(r, "ConvTransposeWithDynamicPads", c -> Windows.convTranspose(c, 3, c.has(2) ? Optional.of(c.ints(2)) : Optional.empty()));
        op(r, "CropAndResize", MicrosoftMoves::cropAndResize);
        op(r, "CDist", MicrosoftMoves::distances);
        op(r, "Inverse", c -> c.same(inverse(c.tensor(0))));
        op(r, "BiasSoftmax", c -> c.same(c.tensor(0).add(c.tensor(1)).softmax(c.attribute("axis", 1))));
        op(r, "WordConvEmbedding", MicrosoftMoves::words);
        op(r, "MurmurHash3", MicrosoftMoves::hash);
        op(r, "NGramRepeatBlock", MicrosoftMoves::withoutRepeats);
        op(r, "DynamicTimeWarping", MicrosoftMoves::warping);
        op(r, "GatedAdd", c -> c.same(c.tensor(0).add(c.tensor(1).mul(c.tensor(2)))));
        op(r, "GatedRMSNorm", c -> c.same(gatedNorm(c)));
        op(r, "LinearAttentionGate", MicrosoftMoves::gates);
    }

    private static void op(Registry r, String name, Operator operator) {
        r.op(MICROSOFT, name, 1, operator);
    }

    /** An operator whose first input and output have the channels last. */
    static List<Value> channelsLast(Call c, Operator operator) {
        List<Optional<Value>> inputs = new ArrayList<>();
        for (int i = 0; i < c.inputs(); i++) {
            inputs.add(c.has(i) ? Optional.of(c.value(i)) : Optional.empty());
        }
        inputs.set(0, Optional.of(c.numbers(0).with(Grid.toFirst(c.tensor(0)))));
        return operator.apply(c.with(inputs)).stream().<Value>map(value -> {
            Value.Numbers numbers = Call.numbers(value);
            return numbers.with(Grid.toLast(numbers.tensor()));
        }).toList();
    }

    /** The step may be left out. */
    private static List<Value> range(Call c) {
        Operator range = Registry.standard().find(Registry.ONNX, "Range", 11).orElseThrow();
        Value step = c.has(2) ? c.value(2) : Value.of(c.type(0), Tensor.scalar(c.type(0).carrier(), 1));
        return range.apply(c.with(List.of(Optional.of(c.value(0)), Optional.of(c.value(1)), Optional.of(step))));
    }

    /** The values in the order in which they came, where each is among them, and how often it came. */
    private static List<Value> unique(Call c) {
        List<Value> all = Uniques.unique(c, false);
        return List.of(all.get(0), all.get(2), all.get(3));
    }

    // ---- places and windows --------------------------------------------------------------------------------------------

    /** All slices of a size along an axis, their elements on a new last axis. */
    private static List<Value> unfold(Call c) {
        int size = c.attribute("size", 1);
        int step = c.attribute("step", 1);
        return Moves.first(c, x -> {
            int axis = x.shape().axis(c.attribute("dim", -1));
            int count = Math.max(0, (x.dim(axis) - size) / step + 1);
            Tensor places = Tensor.arange(count).mul(step).expandDims(1).add(Tensor.arange(size));
            return x.take(axis, places).moveAxis(axis + 1, x.rank());
        });
    }

    /** Inputs: x (batch, channels, h, w), boxes (n, 4) of corners as shares of the extents, the image of each, height and width. */
    private static List<Value> cropAndResize(Call c) {
        Tensor x = c.tensor(0).take(0, c.tensor(2));
        Tensor boxes = c.tensor(1);
        int[] size = c.ints(3);
        Tensor rows = between(boxes, 0, size[0], x.dim(2)).expandDims(2);
        Tensor columns = between(boxes, 1, size[1], x.dim(3)).expandDims(1);
        Shape shape = Shape.of(boxes.dim(0), size[0], size[1]);
        Tensor inside = rows.greaterEqual(0).and(rows.lessEqual(x.dim(2) - 1)).and(columns.greaterEqual(0))
                .and(columns.lessEqual(x.dim(3) - 1)).broadcastTo(shape);
        boolean nearest = c.attribute("mode", "bilinear").equals("nearest");
        Tensor down = nearest ? rows.add(0.5).floor() : rows;
        Tensor across = nearest ? columns.add(0.5).floor() : columns;
        Tensor y = Sampling.linear(x, down.broadcastTo(shape), across.broadcastTo(shape));
        return c.same(y.where(inside.expandDims(1), c.attribute("extrapolation_value", 0.0)));
    }

    /** (boxes, count): the places along an axis, from one corner to the other. */
    private static Tensor between(Tensor boxes, int axis, int count, int extent) {
        Tensor low = boxes.slice(1, axis, axis + 1);
        Tensor high = boxes.slice(1, axis + 2, axis + 3);
        if (count == 1) {
            return low.add(high).mul(0.5 * (extent - 1));
        }
        Tensor step = high.sub(low).mul(extent - 1).div(count - 1);
        return low.mul(extent - 1).add(step.mul(Tensor.arange(count).cast(boxes.dtype()).expandDims(0)));
    }

    /** Between all rows of two matrices. */
    private static List<Value> distances(Call c) {
        Tensor squares = c.tensor(0).expandDims(1).sub(c.tensor(1).expandDims(0)).square().sum(-1);
        return c.same(c.attribute("metric", "sqeuclidean").equals("euclidean") ? squares.sqrt() : squares);
    }

    /** By Gauss and Jordan's elimination with the largest pivot, all matrices of the batch at once. */
    static Tensor inverse(Tensor x) {
        int n = x.dim(-1);
        Shape batch = x.shape().slice(0, x.rank() - 2);
        Tensor rows = Tensors.concat(2, x.reshape(batch.length(), n, n),
                Tensor.eye(n).cast(x.dtype()).expandDims(0).broadcastTo(batch.length(), n, n));
        Tensor place = Tensor.arange(n).reshape(1, n, 1);
        for (int i = 0; i < n; i++) {
            Tensor pivot = rows.slice(1, i, n).select(2, i).abs().argmax(1).add(i).reshape(-1, 1, 1);
            Tensor isPivot = place.eq(pivot);
            Tensor chosen = rows.mul(isPivot.cast(x.dtype())).sum(Axes.keep(1));
            Tensor swapped = rows.slice(1, i, i + 1).where(isPivot, rows);
            Tensor row = chosen.div(chosen.slice(2, i, i + 1));
            Tensor others = swapped.sub(swapped.slice(2, i, i + 1).mul(row));
            rows = row.where(place.eq(i), others);
        }
        return rows.slice(2, n, 2 * n).reshape(x.shape());
    }

    // ---- words ---------------------------------------------------------------------------------------------------------

    /**
     * Inputs: characters (..., most) with zeros after the end of a word, kernel (filters, 1, window, width), bias, table of characters.
     * The largest of each filter over all windows of a word, zeros where there is no word.
     */
    private static List<Value> words(Call c) {
        Tensor given = c.tensor(0).cast(DType.INT32);
        int most = given.dim(-1);
        Tensor characters = given.reshape(-1, most);
        int filters = c.tensor(1).dim(0);
        int window = c.tensor(1).dim(2);
        Tensor embedded = c.tensor(3).take(0, characters);
        int count = most - window + 1;
        Tensor kernel = c.tensor(1).reshape(filters, -1).transpose();
        Tensor places = Tensor.arange(count).expandDims(1).add(Tensor.arange(window));
        Tensor windows = embedded.take(1, places).reshape(characters.dim(0), count, window * embedded.dim(2));
        Tensor y = windows.matmul(kernel).add(c.tensor(2)).tanh();
        Tensor real = characters.greater(0).cast(DType.INT32);
        Tensor length = real.sum(Axes.keep(1)).mul(real.slice(1, 0, 1));
        Tensor valid = Tensor.arange(count).expandDims(0).lessEqual(length.maximum(window).sub(window));
        Tensor largest = y.where(valid.expandDims(2), Double.NEGATIVE_INFINITY).max(1).where(length.greater(0), 0);
        return Call.one(c.type(1), largest.reshape(given.shape().without(-1).concat(Shape.of(filters))));
    }

    /** Hashes of 32 bits (Appleby's MurmurHash3_x86_32), of each element's bytes. */
    private static List<Value> hash(Call c) {
        int seed = (int) c.attribute("seed", 0L);
        boolean positive = c.flag("positive", true);
        Shape shape = Layouts.shapeOf(c.value(0));
        long[] hashes = IntStream.range(0, shape.length()).mapToLong(i -> {
            int hash = murmur(bytes(c, i), seed);
            return positive ? Integer.toUnsignedLong(hash) : hash;
        }).toArray();
        Tensor result = Tensor.ofLongs(hashes).reshape(shape);
        return positive ? Call.one(ElementType.UINT32, result) : Call.one(ElementType.INT32, result.cast(DType.INT32));
    }

    private static byte[] bytes(Call c, int i) {
        if (c.value(0) instanceof Value.Text text) {
            return text.strings().get(i).getBytes(StandardCharsets.UTF_8);
        }
        Data data = c.data(0);
        ByteBuffer buffer = ByteBuffer.allocate(c.type(0).bits() / 8).order(ByteOrder.LITTLE_ENDIAN);
        return switch (c.type(0)) {
            case FLOAT -> buffer.putFloat((float) data.getDouble(i)).array();
            case DOUBLE -> buffer.putDouble(data.getDouble(i)).array();
            case INT64, UINT64 -> buffer.putLong(data.getLong(i)).array();
            case INT32, UINT32 -> buffer.putInt((int) data.getLong(i)).array();
            default -> throw Call.unsupported("strings, or numbers of 32 or 64 bits", c.type(0).toString());
        };
    }

    private static int murmur(byte[] bytes, int seed) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int hash = seed;
        while (buffer.remaining() >= 4) {
            hash = Integer.rotateLeft(hash ^ scrambled(buffer.getInt()), 13) * 5 + 0xe6546b64;
        }
        int tail = 0;
        for (int i = buffer.remaining() - 1; i >= 0; i--) {
            tail = tail << 8 | bytes[buffer.position() + i] & 0xff;
        }
        hash ^= scrambled(tail) ^ bytes.length;
        hash = (hash ^ hash >>> 16) * 0x85ebca6b;
        hash = (hash ^ hash >>> 13) * 0xc2b2ae35;
        return hash ^ hash >>> 16;
    }

    private static int scrambled(int block) {
        return Integer.rotateLeft(block * 0xcc9e2d51, 15) * 0x1b873593;
    }

    /** Scores of tokens that would repeat a run of {@code ngram_size} tokens become minus infinity. */
    private static List<Value> withoutRepeats(Call c) {
        int size = c.attribute("ngram_size", 1);
        Tensor ids = c.tensor(0);
        Tensor scores = c.tensor(1);
        int count = ids.dim(1) - size + 1;
        if (count <= 0) {
            return Call.one(c.type(1), scores);
        }
        Tensor same = Tensor.ones(DType.BOOL, Shape.of(ids.dim(0), count));
        for (int i = 0; i < size - 1; i++) {
            int last = ids.dim(1) - size + 1 + i;
            same = same.and(ids.slice(1, i, i + count).eq(ids.slice(1, last, last + 1)));
        }
        Tensor next = ids.slice(1, size - 1, ids.dim(1)).cast(DType.INT32);
        Tensor hit = next.expandDims(2).eq(Tensor.arange(scores.dim(1))).and(same.expandDims(2)).any(1);
        return Call.one(c.type(1), scores.fullLike(Double.NEGATIVE_INFINITY).where(hit, scores));
    }

    /** The cheapest way through a matrix of costs, from the first element to the last: (2, steps) of rows and columns. */
    private static List<Value> warping(Call c) {
        Data costs = c.data(0);
        Shape shape = costs.shape().slice(costs.shape().rank() - 2, costs.shape().rank());
        int rows = shape.dim(0);
        int columns = shape.dim(1);
        float[][] total = new float[rows + 1][columns + 1];
        byte[][] from = new byte[rows + 1][columns + 1];
        for (float[] row : total) {
            java.util.Arrays.fill(row, Float.POSITIVE_INFINITY);
        }
        total[0][0] = 0;
        for (int j = 1; j <= columns; j++) {
            for (int i = 1; i <= rows; i++) {
                float both = total[i - 1][j - 1];
                float down = total[i - 1][j];
                float across = total[i][j - 1];
                boolean diagonal = both < down && both < across;
                boolean vertical = !diagonal && down < both && down < across;
                from[i][j] = (byte) (diagonal ? 0 : vertical ? 1 : 2);
                total[i][j] = (float) costs.getDouble((i - 1) * columns + j - 1) + (diagonal ? both : vertical ? down : across);
            }
        }
        List<int[]> path = new ArrayList<>();
        for (int i = rows, j = columns; i > 0 && j > 0;) {
            path.addFirst(new int[] {i - 1, j - 1});
            int way = from[i][j];
            i -= way == 2 ? 0 : 1;
            j -= way == 1 ? 0 : 1;
        }
        int[] result = IntStream.concat(path.stream().mapToInt(step -> step[0]), path.stream().mapToInt(step -> step[1])).toArray();
        return Call.one(ElementType.INT32, Tensor.ofInts(result).reshape(2, path.size()));
    }

    // ---- gates -----------------------------------------------------------------------------------------------------------

    /** Inputs: x (..., heads * d), scale (d), gate like x: each head normalized by itself. */
    private static Tensor gatedNorm(Call c) {
        Tensor x = c.tensor(0);
        Tensor heads = x.reshape(x.shape().without(-1).concat(Shape.of(x.dim(-1) / c.tensor(1).dim(0), c.tensor(1).dim(0))));
        Tensor inverse = heads.square().mean(Axes.keep(-1)).add(c.attribute("epsilon", 1e-5)).rsqrt();
        return heads.mul(inverse).mul(c.tensor(1)).reshape(x.shape()).mul(c.tensor(2).silu());
    }

    /** Inputs: a, its bias, a scale, b; outputs {@code scale softplus(a + bias)} and {@code sigmoid(b)}. */
    private static List<Value> gates(Call c) {
        List<Value> results = new ArrayList<>(c.same(c.tensor(0).add(c.tensor(1)).softplus().mul(c.tensor(2))));
        if (c.has(3)) {
            results.add(Value.of(c.type(3), c.tensor(3).sigmoid()));
        }
        return results;
    }
}
