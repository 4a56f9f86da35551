package dev.gamelan.codegen;

import dev.gamelan.codegen.AttentionBlocks.Matrices;
import dev.gamelan.kernel.Attention;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import java.util.List;

/**
 * The gradients of attention. Weights are computed again, block by block, from the largest exponent and the sum that the forward
 * direction kept for each query (Dao et al., FlashAttention, 2022, algorithm 4). Blocks are transposed, keys in rows, so that what is
 * known of queries lies along the lanes. Where there are few heads, their keys are divided, by extents alone, and the gradients of queries
 * added up in the end.
 */
final class AttentionGradientInstruction implements Instruction {

    /** Queries of a block. */
    private static final int QUERIES = 256;
    /** Distance of rows of them: a power of two would put all rows into the same few sets of the cache. */
    private static final int STRIDE = QUERIES + 16;
    /** Tiles of keys in a block. */
    private static final int KEY_TILES = 4;
    /** With so many heads each is one task. */
    private static final int MANY_HEADS = 8;
    /** Keys that are worth a task. */
    private static final int TASK_KEYS = 512;

    private final AttentionBlocks blocks;
    private final AttentionKernels.Gradients kernels;
    private final Attention attention;
    private final Matrices outputGradient;
    private final Matrices queryGradient;
    private final Matrices keyGradient;
    private final Matrices valueGradient;
    private final Slot max;
    private final Slot sum;
    private final int rows;
    private final int deepPadded;
    private final int widePadded;
    private final int parts;
    private final int keysPerPart;
    private final Packed packed;
    private final Work place;

    AttentionGradientInstruction(AttentionBlocks blocks, Attention.Gradient gradient, List<Slot> norms) {
        this.blocks = blocks;
        this.attention = blocks.attention;
        this.kernels = AttentionKernels.gradients(blocks.tile.lanes(), blocks.type, attention.scores().kind());
        this.outputGradient = blocks.matrices(gradient.outputGradient());
        this.queryGradient = blocks.matrices(gradient.query());
        this.keyGradient = blocks.matrices(gradient.key());
        this.valueGradient = blocks.matrices(gradient.value());
        this.max = norms.get(0);
        this.sum = norms.get(1);
        this.rows = KEY_TILES * blocks.tile.rows();
        this.deepPadded = AttentionBlocks.roundUp(attention.depth(), blocks.tile.columns());
        this.widePadded = AttentionBlocks.roundUp(attention.width(), blocks.tile.columns());
        int most = blocks.batches >= MANY_HEADS ? 1 : Math.min(MANY_HEADS, Math.ceilDiv(attention.keys(), TASK_KEYS));
        this.keysPerPart = AttentionBlocks.roundUp(Math.ceilDiv(attention.keys(), most), rows);
        this.parts = Math.ceilDiv(attention.keys(), keysPerPart);
        this.packed = new Packed();
        this.place = new Work();
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (blocks.await()) {
            kernels.await();
        }
        if (parts == 1) {
            pool.run(blocks.batches, (batch, _) -> {
                Object sums = Scratch.borrow(blocks.type, queryElements());
                part(frame, batch, 0, sums, 0);
                store(frame, batch, sums, 0);
                Scratch.giveBack(blocks.type, sums);
            });
            return;
        }
        Object sums = Scratch.borrow(blocks.type, Math.multiplyExact(blocks.batches * parts, queryElements()));
        pool.run(blocks.batches * parts, (task, _) -> part(frame, task / parts, task % parts, sums, task * queryElements()));
        pool.run(blocks.batches, (batch, _) -> {
            int at = batch * parts * queryElements();
            for (int part = 1; part < parts; part++) {
                add(sums, at + part * queryElements(), at);
            }
            store(frame, batch, sums, at);
        });
        Scratch.giveBack(blocks.type, sums);
    }

    private int queryElements() {
        return attention.queries() * deepPadded;
    }

    private void add(Object sums, int from, int to) {
        if (sums instanceof float[] floats) {
            AttentionBlocks.add(floats, from, floats, to, queryElements());
        } else {
            AttentionBlocks.add((double[]) sums, from, (double[]) sums, to, queryElements());
        }
    }

    private void store(Frame frame, int batch, Object sums, int at) {
        blocks.copy(sums, at, deepPadded, 1, queryGradient.array(frame), queryGradient.at(frame, batch, 0, 0), queryGradient.rowStride,
                queryGradient.columnStride, attention.queries(), attention.depth());
    }

    /** Where things are in a thread's work space, which begins with room for a tile. */
    private final class Work {
        final int keys = blocks.after(blocks.start(), blocks.tile.rows() * blocks.tile.columns());
        final int values = blocks.after(keys, rows * attention.depth());
        final int keyPanel = blocks.after(values, rows * attention.width());
        /** Transposed scores, then weights. */
        final int scores = blocks.after(keyPanel, rows * deepPadded);
        /** Gradients of the transposed weights, then of the scores. */
        final int gradients = blocks.after(scores, rows * STRIDE);
        /** The latter with queries in rows. */
        final int turned = blocks.after(gradients, rows * STRIDE);
        final int mask = blocks.after(turned, rows * AttentionBlocks.roundUp(QUERIES, blocks.tile.rows()));
        final int keySums = blocks.after(mask, blocks.readsMask() ? rows * STRIDE : 0);
        final int valueSums = blocks.after(keySums, rows * deepPadded);
        final int elements = blocks.after(valueSums, rows * widePadded);
    }

    /** What is packed of the queries of one head: as columns for products over the width, as rows for sums over queries, and three numbers each. */
    private final class Packed {
        final int queries = attention.queries();
        final int queryColumns = blocks.start();
        final int gradientColumns = blocks.after(queryColumns, blocks.panelElements(queries, attention.depth()));
        final int queryRows = blocks.after(gradientColumns, blocks.panelElements(queries, attention.width()));
        final int gradientRows = blocks.after(queryRows, queries * deepPadded);
        final int state = blocks.after(gradientRows, queries * widePadded);
        final int elements = state + 3 * queries;
    }

    private void part(Frame frame, int batch, int part, Object sums, int sumsAt) {
        ElementType type = blocks.type;
        Object panels = Scratch.borrow(type, packed.elements);
        Object work = Scratch.borrow(type, place.elements);
        pack(frame, batch, panels);
        Scratch.zero(sums, sumsAt, sumsAt + queryElements());
        int end = Math.min(attention.keys(), (part + 1) * keysPerPart);
        for (int first = part * keysPerPart; first < end; first += rows) {
            keys(frame, batch, first, Math.min(rows, end - first), panels, work, sums, sumsAt);
        }
        Scratch.giveBack(type, work);
        Scratch.giveBack(type, panels);
    }

    private void pack(Frame frame, int batch, Object panels) {
        int queries = packed.queries;
        Object q = blocks.query.array(frame);
        int qAt = blocks.query.at(frame, batch, 0, 0);
        Object g = outputGradient.array(frame);
        int gAt = outputGradient.at(frame, batch, 0, 0);
        blocks.pack(q, qAt, blocks.query.columnStride, blocks.query.rowStride, attention.depth(), queries, panels, packed.queryColumns);
        blocks.pack(g, gAt, outputGradient.columnStride, outputGradient.rowStride, attention.width(), queries, panels,
                packed.gradientColumns);
        blocks.pack(q, qAt, blocks.query.rowStride, blocks.query.columnStride, queries, attention.depth(), panels, packed.queryRows);
        blocks.pack(g, gAt, outputGradient.rowStride, outputGradient.columnStride, queries, attention.width(), panels, packed.gradientRows);
        int line = batch * queries;
        System.arraycopy(max.array(frame), max.offset(frame) + line, panels, packed.state, queries);
        AttentionBlocks.invert(sum.array(frame), sum.offset(frame) + line, panels, packed.state + queries, queries);
        kernels.dot().now().run(blocks.output.array(frame), blocks.output.at(frame, batch, 0, 0), blocks.output.rowStride, g, gAt,
                outputGradient.rowStride,
                queries, attention.width(), panels, packed.state + 2 * queries);
    }

    /** Some keys, with all queries that see them. */
    private void keys(Frame frame, int batch, int first, int count, Object panels, Object work, Object sums, int sumsAt) {
        int depth = attention.depth();
        int width = attention.width();
        blocks.copy(blocks.key.array(frame), blocks.key.at(frame, batch, first, 0), blocks.key.rowStride, blocks.key.columnStride, work,
                place.keys, depth, 1, count,
                depth);
        blocks.copy(blocks.value.array(frame), blocks.value.at(frame, batch, first, 0), blocks.value.rowStride, blocks.value.columnStride,
                work, place.values, width, 1,
                count, width);
        blocks.pack(work, place.keys, depth, 1, count, depth, work, place.keyPanel);
        int firstQuery = blocks.isCausal() ? Math.max(0, first - blocks.ahead()) : 0;
        boolean known = false;
        for (int from = firstQuery / QUERIES * QUERIES; from < packed.queries; from += QUERIES) {
            int begin = Math.max(from, firstQuery / blocks.tile.columns() * blocks.tile.columns());
            queries(frame, batch, first, count, begin, Math.min(packed.queries, from + QUERIES) - begin, panels, work, known);
            blocks.multiply(work, place.turned, rows, Math.min(packed.queries, from + QUERIES) - begin, work, place.keyPanel, count, 0,
                    count,
                    depth, sums, sumsAt + begin * deepPadded, deepPadded, true, work);
            known = true;
        }
        if (!known) {
            Scratch.zero(work, place.keySums, place.elements);
        }
        blocks.copy(work, place.keySums, deepPadded, 1, keyGradient.array(frame), keyGradient.at(frame, batch, first, 0),
                keyGradient.rowStride, keyGradient.columnStride, count, depth);
        blocks.copy(work, place.valueSums, widePadded, 1, valueGradient.array(frame), valueGradient.at(frame, batch, first, 0),
                valueGradient.rowStride, valueGradient.columnStride, count, width);
    }

    /** Some keys with some queries: leaves the gradient of the scores turned around, queries in rows. */
    private void queries(Frame frame, int batch, int firstKey, int count, int first, int queries, Object panels, Object work,
            boolean accumulate) {
        int depth = attention.depth();
        int width = attention.width();
        blocks.multiply(work, place.keys, depth, count, panels, packed.queryColumns + first * depth, depth, 0, depth, queries, work,
                place.scores,
                STRIDE, false, work);
        blocks.multiply(work, place.values, width, count, panels, packed.gradientColumns + first * width, width, 0, width, queries, work,
                place.gradients, STRIDE, false, work);
        blocks.mask(frame, batch, first, firstKey, true, count, queries, work, place.mask, STRIDE);
        int seenFrom = blocks.isCausal() ? firstKey - blocks.ahead() - first : -rows;
        kernels.rows().now().run(work, place.scores, work, place.gradients, STRIDE, count, queries, seenFrom, work,
                place.mask,
                STRIDE,
                attention.scores().scale(), panels, packed.state + first, packed.queries);
        blocks.multiply(work, place.scores, STRIDE, count, panels, packed.gradientRows, packed.queries, first, queries, width, work,
                place.valueSums, widePadded, accumulate, work);
        blocks.multiply(work, place.gradients, STRIDE, count, panels, packed.queryRows, packed.queries, first, queries, depth, work,
                place.keySums, deepPadded, accumulate, work);
        blocks.copy(work, place.gradients, 1, STRIDE, work, place.turned, rows, 1, queries, count);
    }
}
