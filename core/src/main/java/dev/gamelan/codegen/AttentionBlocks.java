package dev.gamelan.codegen;

import dev.gamelan.kernel.Attention;
import dev.gamelan.kernel.Attention.Mask;
import dev.gamelan.kernel.Attention.MaskKind;
import dev.gamelan.kernel.Step;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Slot;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What both directions of attention do with blocks: bring operands into panels, multiply, mask, and write results. */
final class AttentionBlocks {

    private static final int ALIGNED_START_BYTES = 48;
    private static final int LINE_BYTES = 64;
    /** Multiply-adds that take longer without compiled kernels than compiling takes. */
    private static final long WORTH_WAITING = 2_000_000;

    /** A batch of matrices in a buffer. */
    static final class Matrices {
        private final Slot slot;
        private final int[] starts;
        final int rowStride;
        final int columnStride;

        private Matrices(Slot slot, int[] starts, int rowStride, int columnStride) {
            this.slot = slot;
            this.starts = starts;
            this.rowStride = rowStride;
            this.columnStride = columnStride;
        }

        Object array(Frame frame) {
            return slot.array(frame);
        }

        /** Where an element of a matrix is. */
        int at(Frame frame, int batch, int row, int column) {
            return slot.offset(frame) + starts[batch] + row * rowStride + column * columnStride;
        }
    }

    final Attention attention;
    final ElementType type;
    final Tile tile;
    final AttentionKernels kernels;
    final int batches;
    final Matrices query;
    final Matrices key;
    final Matrices value;
    final Matrices output;
    private final List<Matrices> masks;
    private final Function<Step.Binding, Slot> slots;
    private final Warm<MicroKernel> product;
    private final MicroKernel plain;
    /** Asked for by whoever adds first. */
    private volatile @Nullable Warm<MicroKernel> adding;
    private final PackKernels packing;

    /** @param slots where a binding begins */
    AttentionBlocks(Attention attention, ElementType type, Lanes lanes, Function<Step.Binding, Slot> slots) {
        this.attention = attention;
        this.type = type;
        this.tile = Tile.largest(lanes);
        this.kernels = AttentionKernels.of(lanes, type, attention.scores().kind());
        this.product = MicroKernels.warmPanel(type, tile);
        this.plain = new PlainKernel(tile.rows(), tile.columns(), tile.columns());
        this.packing = PackKernels.of(type, tile);
        this.batches = attention.batch().length();
        this.slots = slots;
        this.query = matrices(attention.query());
        this.key = matrices(attention.key());
        this.value = matrices(attention.value());
        this.output = matrices(attention.output());
        this.masks = attention.scores().masks().stream().map(mask -> matrices(mask.binding())).toList();
    }

    /**
     * Waits for the kernels of both directions that are being compiled, if there is so much to do that this saves time.
     *
     * @return whether there is so much, and one direction had better wait for its own kernels too
     */
    boolean await() {
        long work = (long) batches * attention.queries() * attention.keys() * (attention.depth() + attention.width());
        if (work < WORTH_WAITING) {
            return false;
        }
        if (!EarlyTile.await(type)) {
            product.await();
            packing.await(true);
        }
        return true;
    }

    Matrices matrices(Step.Binding binding) {
        List<Integer> strides = binding.strides();
        int rank = attention.batch().rank();
        int[] starts = new int[batches];
        for (int b = 0; b < batches; b++) {
            int rest = b;
            for (int axis = rank - 1; axis >= 0; axis--) {
                starts[b] += rest % attention.batch().dim(axis) * strides.get(axis);
                rest /= attention.batch().dim(axis);
            }
        }
        return new Matrices(slots.apply(binding), starts, strides.get(rank), strides.get(rank + 1));
    }

    /** Where the first of several areas of an array begins, so that vectors do not cross cache lines: large arrays begin 16 bytes after one. */
    int start() {
        return ALIGNED_START_BYTES * 8 / type.bits();
    }

    /** The place behind an area of so many elements, at the start of a cache line. */
    int after(int at, int elements) {
        return at + roundUp(elements, LINE_BYTES * 8 / type.bits());
    }

    /** Elements of the panels of so many columns. */
    int panelElements(int columns, int depth) {
        return Math.ceilDiv(columns, tile.columns()) * tile.columns() * depth;
    }

    /**
     * Packs a matrix into panels.
     *
     * @param row    distance of its rows in {@code from}, and {@code column} of its columns
     * @param depth  its rows
     */
    void pack(Object from, int offset, int row, int column, int depth, int columns, Object panels, int at) {
        int width = tile.columns();
        int to = at;
        for (int j = 0; j < columns; j += width) {
            int count = Math.min(width, columns - j);
            if (count < width) {
                Scratch.zero(panels, to, to + width * depth);
            }
            packing.copy(from, offset + j * column, row, column, panels, to, width, depth, count);
            to += width * depth;
        }
    }

    /** Copies a matrix to contiguous rows, {@code stride} apart, or from there; one of the strides of either side is 1. */
    void copy(Object from, int offset, int row, int column, Object to, int at, int toRow, int toColumn, int rows, int columns) {
        if (toColumn == 1 || columns == 1) {
            packing.copy(from, offset, row, column, to, at, toRow, rows, columns);
        } else {
            packing.copy(from, offset, column, row, to, at, toColumn, columns, rows);
        }
    }

    /**
     * C = A B or C += A B.
     *
     * @param a        rows in scratch, with room for a tile behind them
     * @param panels   of B; {@code panelDepth} rows each, of which those from {@code inner} to {@code inner + depth} are multiplied
     * @param columns  from the first panel on
     * @param c        has room for whole panels of columns
     * @param edge     room for a tile
     */
    void multiply(Object a, int aAt, int aRow, int rows, Object panels, int panelsAt, int panelDepth, int inner, int depth, int columns,
            Object c, int cAt, int cRow, boolean accumulate, Object edge) {
        MicroKernel kernel = product.kernelOr(plain);
        MicroKernel direct = accumulate ? adding() : kernel;
        int width = tile.columns();
        int whole = rows / tile.rows() * tile.rows();
        for (int j = 0; j < columns; j += width) {
            int panel = panelsAt + j * panelDepth + inner * width;
            for (int i = 0; i < whole; i += tile.rows()) {
                if (direct == null) {
                    kernel.run(a, aAt + i * aRow, aRow, panels, panel, 0, edge, 0, width, depth, 0);
                    move(edge, tile.rows(), c, cAt + i * cRow + j, cRow, true);
                } else {
                    direct.run(a, aAt + i * aRow, aRow, panels, panel, 0, c, cAt + i * cRow + j, cRow, depth, 0);
                }
            }
            if (whole < rows) {
                kernel.run(a, aAt + whole * aRow, aRow, panels, panel, 0, edge, 0, width, depth, 0);
                move(edge, rows - whole, c, cAt + whole * cRow + j, cRow, accumulate);
            }
        }
    }

    /** The kernel that adds; null as long as it is not ready, while products are added one tile after another. */
    private @Nullable MicroKernel adding() {
        Warm<MicroKernel> warm = adding;
        if (warm == null) {
            warm = MicroKernels.warm(type, tile, MicroKernels.Kind.PANEL_ADDING);
            adding = warm;
        }
        return warm.isReady() ? warm.kernel() : null;
    }

    private void move(Object edge, int rows, Object c, int cAt, int cRow, boolean accumulate) {
        int width = tile.columns();
        for (int i = 0; i < rows; i++) {
            if (!accumulate) {
                System.arraycopy(edge, i * width, c, cAt + i * cRow, width);
            } else if (c instanceof float[] floats) {
                add((float[]) edge, i * width, floats, cAt + i * cRow, width);
            } else {
                add((double[]) edge, i * width, (double[]) c, cAt + i * cRow, width);
            }
        }
    }

    static void add(float[] from, int at, float[] to, int toAt, int count) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] += from[at + i];
        }
    }

    static void add(double[] from, int at, double[] to, int toAt, int count) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] += from[at + i];
        }
    }

    /**
     * Brings a block of the masks into numbers that {@link AttentionKernels} take, if there are any.
     *
     * @param turned whether rows are keys, not queries
     */
    void mask(Frame frame, int batch, int query, int key, boolean turned, int rows, int columns, Object to, int at, int stride) {
        for (int i = 0; i < masks.size(); i++) {
            Matrices from = masks.get(i);
            boolean first = i == 0;
            int row = turned ? from.columnStride : from.rowStride;
            int column = turned ? from.rowStride : from.columnStride;
            int offset = from.at(frame, batch, query, key);
            switch (attention.scores().masks().get(i)) {
                case Mask.Bias bias when first && bias.factor() == 1 ->
                        copy(from.array(frame), offset, row, column, to, at, stride, 1, rows, columns);
                case Mask.Bias bias -> add(from.array(frame), offset, row, column, bias.factor(), first, to, at, stride, rows, columns);
                case Mask.Select select -> select(select, first, (boolean[]) from.array(frame), offset, row, column, to, at, stride, rows,
                        columns);
            }
        }
    }

    /** @param first whether there is nothing yet */
    private static void add(Object from, int offset, int row, int column, double factor, boolean first, Object to, int at, int stride,
            int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            int toRow = at + i * stride;
            if (first) {
                fill(to, toRow, toRow + columns, 0);
            }
            if (to instanceof float[] floats) {
                add((float[]) from, offset + i * row, column, (float) factor, floats, toRow, columns);
            } else {
                add((double[]) from, offset + i * row, column, factor, (double[]) to, toRow, columns);
            }
        }
    }

    private static void add(float[] from, int at, int step, float factor, float[] to, int toAt, int count) {
        if (step == 1) {
            for (int i = 0; i < count; i++) {
                to[toAt + i] += factor * from[at + i];
            }
            return;
        }
        for (int i = 0; i < count; i++) {
            to[toAt + i] += factor * from[at + i * step];
        }
    }

    private static void add(double[] from, int at, int step, double factor, double[] to, int toAt, int count) {
        for (int i = 0; i < count; i++) {
            to[toAt + i] += factor * from[at + i * step];
        }
    }

    /** @param first whether there is nothing yet */
    private static void select(Mask.Select select, boolean first, boolean[] flags, int offset, int row, int column, Object to, int at,
            int stride, int rows, int columns) {
        for (int i = 0; i < rows; i++) {
            int from = offset + i * row;
            int toRow = at + i * stride;
            if (!first) {
                hide(select, flags, from, column, to, toRow, columns);
            } else if (i > 0 && row == 0) {
                System.arraycopy(to, at, to, toRow, columns);
            } else if (column == 0) {
                fill(to, toRow, toRow + columns, flags[from] == select.shows() ? 0 : select.fill());
            } else if (to instanceof float[] floats) {
                numbers(flags, from, column, select.shows() ? 1 : 0, floats, toRow, columns, (float) select.fill());
            } else {
                numbers(flags, from, column, select.shows() ? 1 : 0, (double[]) to, toRow, columns, select.fill());
            }
        }
    }

    private static void hide(Mask.Select select, boolean[] flags, int from, int step, Object to, int at, int count) {
        for (int i = 0; i < count; i++) {
            if (flags[from + i * step] != select.shows()) {
                fill(to, at + i, at + i + 1, select.fill());
            }
        }
    }

    /**
     * Without branches, whose way nobody could foresee.
     *
     * @param shown 1 if true shows a score, else 0
     */
    private static void numbers(boolean[] flags, int from, int step, int shown, float[] to, int at, int count, float hidden) {
        int bits = Float.floatToRawIntBits(hidden);
        for (int i = 0; i < count; i++) {
            to[at + i] = Float.intBitsToFloat(bits & -((flags[from + i * step] ? 1 : 0) ^ shown));
        }
    }

    private static void numbers(boolean[] flags, int from, int step, int shown, double[] to, int at, int count, double hidden) {
        long bits = Double.doubleToRawLongBits(hidden);
        for (int i = 0; i < count; i++) {
            to[at + i] = Double.longBitsToDouble(bits & -(long) ((flags[from + i * step] ? 1 : 0) ^ shown));
        }
    }

    boolean readsMask() {
        return !masks.isEmpty();
    }

    boolean isCausal() {
        return attention.scores().kind() == MaskKind.CAUSAL;
    }

    /** By how much a query's place among the keys is beyond its place among the queries. */
    int ahead() {
        return attention.keys() - attention.queries();
    }

    static void fill(Object array, int from, int to, double value) {
        if (array instanceof float[] floats) {
            Arrays.fill(floats, from, to, (float) value);
        } else {
            Arrays.fill((double[]) array, from, to, value);
        }
    }

    /** {@code to[i] = 1 / from[i]}. */
    static void invert(Object from, int at, Object to, int toAt, int count) {
        if (from instanceof float[] floats) {
            for (int i = 0; i < count; i++) {
                ((float[]) to)[toAt + i] = 1 / floats[at + i];
            }
        } else {
            for (int i = 0; i < count; i++) {
                ((double[]) to)[toAt + i] = 1 / ((double[]) from)[at + i];
            }
        }
    }

    static int roundUp(int n, int unit) {
        return Math.ceilDiv(n, unit) * unit;
    }
}
