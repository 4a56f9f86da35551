package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.stream.IntStream;

/** {@code SparseAttention} of {@code com.microsoft}: attention with a cache, where a block of queries sees some blocks of keys. */
final class SparseQueries {

    private static final double HIDDEN = -1e30;

    private SparseQueries() {}

    static void register(Registry r) {
        r.op(MICROSOFT, "SparseAttention", 1, SparseQueries::attention);
    }

    /**
     * Inputs: query, key, value (or all packed in the first), past key and value (batch, heads, room, d), where the blocks of each row of
     * blocks begin, and which columns they are in (layouts, ...), total length, total length of each example, cos and sin tables.
     */
    private static List<Value> attention(Call c) {
        int heads = c.attribute("num_heads", 1);
        int own = c.attribute("kv_num_heads", 1);
        List<Tensor> packed = GroupQueries.queryKeyValue(c, heads, own);
        int d = packed.getFirst().dim(2) / heads;
        Tensor q = Attentions.heads(packed.get(0), heads);
        Tensor k = Attentions.heads(packed.get(1), own);
        Tensor v = Attentions.heads(packed.get(2), own);
        int time = q.dim(2);
        Tensor total = c.tensor(7).cast(DType.INT32).reshape(Shape.SCALAR);
        Tensor past = c.tensor(8).cast(DType.INT32).reshape(-1, 1).sub(time).where(total.greater(time), 0);
        Tensor places = past.add(Tensor.arange(time).expandDims(0));
        if (c.flag("do_rotary", false)) {
            Tensor cos = c.tensor(9).take(0, places).expandDims(1);
            Tensor sin = c.tensor(10).take(0, places).expandDims(1);
            boolean interleaved = c.flag("rotary_interleaved", false);
            q = Attentions.rotated(q, cos, sin, 2 * cos.dim(3), interleaved);
            k = Attentions.rotated(k, cos, sin, 2 * cos.dim(3), interleaved);
        }
        Tensor keys = GroupQueries.written(c.tensor(3), k, past);
        Tensor values = GroupQueries.written(c.tensor(4), v, past);
        double scale = c.attribute("scale", 0.0) == 0 ? 1 / Math.sqrt(d) : c.attribute("scale", 0.0);
        Tensor scores = q.mul(scale).matmul((heads > own ? keys.repeat(1, heads / own) : keys).transpose());
        Tensor behind = places.reshape(-1, 1, time, 1).sub(Grid.places(Shape.of(1, 1, time, keys.dim(2)), 3));
        Tensor seen = behind.greaterEqual(0).and(blocks(c, places, keys.dim(2), heads)).broadcastTo(scores.shape());
        Tensor y = scores.where(seen, HIDDEN).softmax(-1).matmul(heads > own ? values.repeat(1, heads / own) : values);
        return List.of(Value.of(c.type(0), Attentions.joined(y)), Value.of(c.type(3), keys), Value.of(c.type(4), values));
    }

    /** Whether a query sees the block that a key is in: (batch, heads, queries, keys). Heads take the layouts in turn. */
    private static Tensor blocks(Call c, Tensor places, int keys, int heads) {
        int block = c.attribute("sparse_block_size", 1);
        int[] starts = c.ints(5);
        int[] columns = c.ints(6);
        int layouts = c.tensor(5).dim(0);
        int rows = c.tensor(5).dim(1) - 1;
        int stride = c.tensor(6).dim(1);
        if (block < 1 || (long) rows * block < places.dim(1)) {
            throw Call.unsupported("blocks for all tokens", rows + " blocks of " + block + " for " + places.dim(1) + " tokens");
        }
        c.room((double) layouts * rows * rows, Integer.BYTES);
        c.room((double) heads * places.size() * rows * block, Integer.BYTES);
        int[] shown = new int[layouts * rows * rows];
        for (int layout = 0; layout < layouts; layout++) {
            for (int row = 0; row < rows; row++) {
                for (int i = starts[layout * (rows + 1) + row]; i < starts[layout * (rows + 1) + row + 1]; i++) {
                    shown[(layout * rows + row) * rows + columns[layout * stride + i]] = 1;
                }
            }
        }
        Tensor all = Tensor.ofInts(shown).reshape(layouts, rows, rows);
        int[] turns = IntStream.range(0, heads).map(head -> head % layouts).toArray();
        Tensor taken = all.take(0, Tensor.ofInts(turns)).take(1, places.div(block));
        Tensor wide = taken.repeat(3, block);
        int more = Math.max(0, keys - wide.dim(3));
        return wide.pad(3, 0, more).slice(3, 0, keys).permute(1, 0, 2, 3).greater(0);
    }
}
