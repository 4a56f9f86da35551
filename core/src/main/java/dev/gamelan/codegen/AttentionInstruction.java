package dev.gamelan.codegen;

import dev.gamelan.kernel.Attention;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import java.util.List;
import java.util.Optional;

/**
 * Attention for some queries and a block of keys at a time: scores stay in the cache, and what is known of each query (its largest
 * exponent, the sum of exponentials, the weighted values) is corrected with each block (Dao et al., FlashAttention, 2022, algorithm 1).
 * Blocks depend on extents alone, so the bits do not depend on threads.
 */
final class AttentionInstruction implements Instruction {

    /** Keys of a block. */
    private static final int KEYS = 256;
    /** Distance of their rows: a power of two would put all rows into the same few sets of the cache. */
    private static final int STRIDE = KEYS + 16;
    /** Tiles of queries in a block. */
    private static final int QUERY_TILES = 4;
    /** Numbers that are kept for each query. */
    private static final int STATE = 5;

    private final AttentionBlocks blocks;
    private final Attention attention;
    private final Optional<Slot> max;
    private final Optional<Slot> sum;
    private final int rows;
    private final int widePadded;
    // Where things are in a thread's work space, which begins with room for a tile.
    private final int stateAt;
    private final int queriesAt;
    private final int scoresAt;
    private final int maskAt;
    private final int sumsAt;
    private final int workElements;
    private final Tasks tasks = new Tasks((frame, task, _) -> part(frame, task));
    /** Queries of one task, and tasks of one head. */
    private int step;
    private int steps;

    AttentionInstruction(AttentionBlocks blocks, List<Slot> norms) {
        this.blocks = blocks;
        this.attention = blocks.attention;
        this.max = norms.stream().findFirst();
        this.sum = norms.stream().skip(1).findFirst();
        this.rows = QUERY_TILES * blocks.tile.rows();
        this.widePadded = AttentionBlocks.roundUp(attention.width(), blocks.tile.columns());
        this.stateAt = blocks.after(blocks.start(), blocks.tile.rows() * blocks.tile.columns());
        this.queriesAt = blocks.after(stateAt, STATE * rows);
        this.scoresAt = blocks.after(queriesAt, rows * attention.depth());
        this.maskAt = blocks.after(scoresAt, rows * STRIDE);
        this.sumsAt = blocks.after(maskAt, blocks.readsMask() ? rows * STRIDE : 0);
        this.workElements = blocks.after(sumsAt, rows * widePadded);
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (blocks.await()) {
            blocks.kernels.await();
        }
        int most = Math.ceilDiv(attention.queries(), rows);
        int parts = blocks.batches >= 4 * pool.workers() || blocks.batches % pool.workers() == 0 ? 1 : Math.min(most, 2 * pool.workers());
        step = Math.ceilDiv(most, parts) * rows;
        steps = Math.ceilDiv(attention.queries(), step);
        tasks.run(frame, pool, blocks.batches * steps);
    }

    private void part(Frame frame, int task) {
        int from = task % steps * step;
        part(frame, task / steps, from, Math.min(attention.queries(), from + step));
    }

    /** Some queries of one head. */
    private void part(Frame frame, int batch, int from, int to) {
        ElementType type = blocks.type;
        int keys = visible(to);
        int depth = attention.depth();
        int valuesAt = valuesAt(keys);
        Object panels = Scratch.borrow(type, valuesAt + widePadded * keys);
        Object work = Scratch.borrow(type, workElements);
        blocks.pack(blocks.key.array(frame), blocks.key.at(frame, batch, 0, 0), blocks.key.columnStride, blocks.key.rowStride, depth, keys,
                panels, blocks.start());
        blocks.pack(blocks.value.array(frame), blocks.value.at(frame, batch, 0, 0), blocks.value.rowStride, blocks.value.columnStride, keys,
                attention.width(), panels,
                valuesAt);
        for (int first = from; first < to; first += rows) {
            block(frame, batch, first, Math.min(rows, to - first), panels, keys, work);
        }
        Scratch.giveBack(type, work);
        Scratch.giveBack(type, panels);
    }

    /** Where the values are, behind so many keys. */
    private int valuesAt(int keys) {
        return blocks.after(blocks.start(), blocks.panelElements(keys, attention.depth()));
    }

    /** How many keys the queries before this one see. */
    private int visible(int queriesEnd) {
        return blocks.isCausal() ? Math.min(attention.keys(), queriesEnd + blocks.ahead()) : attention.keys();
    }

    private void block(Frame frame, int batch, int first, int count, Object panels, int packedKeys, Object work) {
        int depth = attention.depth();
        blocks.copy(blocks.query.array(frame), blocks.query.at(frame, batch, first, 0), blocks.query.rowStride, blocks.query.columnStride,
                work, queriesAt, depth, 1,
                count, depth);
        AttentionBlocks.fill(work, stateAt, stateAt + rows, Double.NEGATIVE_INFINITY);
        AttentionBlocks.fill(work, stateAt + 3 * rows, stateAt + 4 * rows, 0);
        int end = visible(first + count);
        for (int from = 0; from < end; from += KEYS) {
            int keys = Math.min(KEYS, end - from);
            blocks.multiply(work, queriesAt, depth, count, panels, blocks.start() + from * depth, depth, 0, depth, keys, work, scoresAt,
                    STRIDE, false, work);
            weigh(frame, batch, first, count, from, keys, work);
            if (from > 0) {
                blocks.kernels.scale().now().run(work, sumsAt, widePadded, count, widePadded, work, stateAt + 4 * rows);
            }
            blocks.multiply(work, scoresAt, STRIDE, count, panels, valuesAt(packedKeys), packedKeys, from, keys, attention.width(), work,
                    sumsAt,
                    widePadded, from > 0, work);
        }
        finish(frame, batch, first, count, work);
    }

    private void weigh(Frame frame, int batch, int first, int count, int from, int keys, Object work) {
        blocks.mask(frame, batch, first, from, false, count, keys, work, maskAt, STRIDE);
        int visible = blocks.isCausal() ? first + blocks.ahead() + 1 - from : keys;
        blocks.kernels.weights().now().run(work, scoresAt, STRIDE, count, keys, visible, work, maskAt, STRIDE,
                attention.scores().scale(), work,
                stateAt, rows);
        blocks.kernels.merge().now().run(work, stateAt, rows, count);
    }

    private void finish(Frame frame, int batch, int first, int count, Object work) {
        int sums = stateAt + 3 * rows;
        int line = batch * attention.queries() + first;
        max.ifPresent(slot -> System.arraycopy(work, stateAt, slot.array(frame), slot.offset(frame) + line, count));
        sum.ifPresent(slot -> System.arraycopy(work, sums, slot.array(frame), slot.offset(frame) + line, count));
        if (attention.guarded()) {
            guard(work, sums, count);
        }
        AttentionBlocks.invert(work, sums, work, sums, count);
        blocks.kernels.scale().now().run(work, sumsAt, widePadded, count, attention.width(), work, sums);
        blocks.copy(work, sumsAt, widePadded, 1, blocks.output.array(frame), blocks.output.at(frame, batch, first, 0),
                blocks.output.rowStride,
                blocks.output.columnStride, count, attention.width());
    }

    /** Makes zeros of what would be no numbers, as the sum of the weights is none or 0. */
    private void guard(Object work, int sums, int count) {
        for (int i = 0; i < count; i++) {
            boolean sound = work instanceof float[] floats ? floats[sums + i] > 0 : ((double[]) work)[sums + i] > 0;
            if (!sound) {
                AttentionBlocks.fill(work, sums + i, sums + i + 1, 1);
                AttentionBlocks.fill(work, sumsAt + i * widePadded, sumsAt + i * widePadded + attention.width(), 0);
            }
        }
    }
}
