package dev.gamelan.codegen;

import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.Step;
import dev.gamelan.runtime.Allocation;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs a loop kernel: as blocks, or in slices where there are no loops for that, until it is compiled; then in parts of about equal work side
 * by side.
 */
final class LoopInstruction implements Instruction {

    /** Elements below which splitting costs more than it gains, where little is done with each. */
    private static final int GRAIN = 16_384;
    /** The fewest elements of a part, and operations for each from which on parts are smaller. */
    private static final int LEAST_GRAIN = 2048;
    private static final int COSTLY = 12;
    /** Enough for many threads, where larger tasks would be better. */
    private static final int FEW_TASKS = 64;
    /** Elements in one call of a kernel that is not compiled yet. */
    private static final int SLICE = 512;
    /** Parts of a line begin at multiples of this, so that parts do not share cache lines. */
    private static final int BLOCK = 64;

    private static final Object RELEASED = new Object();

    private final Kernels.Loaded loaded;
    private final @Nullable BlockLoop blocks;
    private final @Nullable ReadAhead ahead;
    private final Slot[] slots;
    private final Object[] arrays;
    private final int[] offsets;
    private final int[] shape;
    private final double[] scalars;
    private final int rows;
    private final int columns;
    private final boolean columnsSplit;
    /** Elements behind one row and column. */
    private final int depth;
    private final int rowsPerTask;
    private final int columnsPerTask;
    private final int columnTasks;
    private final int tasks;
    private final Pool.Task body = this::task;
    /** Runs before this one. */
    private int runs = -1;
    /** The first task that all threads may run; those before it warmed the kernel up. */
    private int first;

    /** @param blocks the same loop, as which parts run while the kernel is not compiled */
    LoopInstruction(Step.Loop loop, Kernels.Loaded loaded, List<Slot> slots, Optional<BlockLoop> blocks) {
        LoopKernel kernel = loop.kernel();
        this.loaded = loaded;
        this.ahead = ReadAhead.of(loop);
        this.slots = slots.toArray(Slot[]::new);
        this.arrays = new Object[slots.size()];
        this.offsets = new int[slots.size()];
        this.shape = Stream.concat(loop.extents().stream(), loop.bindings().stream().flatMap(binding -> binding.strides().stream()))
                .mapToInt(Integer::intValue).toArray();
        this.scalars = loop.scalars().stream().mapToDouble(Double::doubleValue).toArray();
        this.blocks = blocks.orElse(null);
        if (blocks.isEmpty()) {
            loaded.code();
        }
        this.rows = loop.rowCount();
        this.columns = loop.columnCount();
        if (kernel.rank() > 0) {
            loaded.expectRows(shape[kernel.rank() - 1]);
        }
        this.depth = Math.max(1, loop.reducedCount());
        this.columnsSplit = kernel.form() != LoopKernel.Form.ROW_WISE;
        long line = (long) columns * depth;
        int grain = grain(kernel);
        if (ahead != null) {
            grain = (int) Math.clamp(rows * line / FEW_TASKS, grain, ReadAhead.STRETCH);
        }
        boolean splitLines = columnsSplit && line >= 2 * grain && rows < 8;
        this.rowsPerTask = splitLines ? 1 : Math.clamp(grain / Math.max(1, line), 1, Math.max(1, rows));
        this.columnsPerTask = splitLines ? Math.clamp(grain / depth / BLOCK * BLOCK, BLOCK, Math.max(BLOCK, columns))
                : Math.max(1, columns);
        this.columnTasks = Math.ceilDiv(columns, columnsPerTask);
        this.tasks = Math.ceilDiv(rows, rowsPerTask) * columnTasks;
    }

    /** Halved for each doubling of what is done with an element. */
    private static int grain(LoopKernel kernel) {
        int grain = GRAIN;
        for (int cost = ReadAhead.cost(kernel) + kernel.operands().size(); cost > COSTLY && grain > LEAST_GRAIN; cost /= 2) {
            grain /= 2;
        }
        return grain;
    }

    @Override
    public boolean isWarm() {
        return loaded.isWarm();
    }

    @Override
    public void run(Frame frame, Pool pool) {
        bind(frame);
        runAll(pool);
        release();
    }

    void bind(Frame frame) {
        runs++;
        for (int i = 0; i < slots.length; i++) {
            arrays[i] = slots[i].array(frame);
            offsets[i] = slots[i].offset(frame);
        }
    }

    /** Lets go of the caller's arrays: a result that only this holds would be copied by each collection. */
    void release() {
        Arrays.fill(arrays, RELEASED);
    }

    private void runAll(Pool pool) {
        first = 0;
        while (blocks == null && first < tasks && !loaded.isWarm()) {
            task(0, 0);
            first++;
        }
        pool.run(tasks - first, body);
    }

    private void task(int number, int worker) {
        int task = first + number;
        int row = task / columnTasks * rowsPerTask;
        int column = task % columnTasks * columnsPerTask;
        part(row, Math.min(rows, row + rowsPerTask), column, Math.min(columns, column + columnsPerTask));
    }

    /**
     * Runs the part of the kernel that belongs to some of the {@code lines} that its elements fall into.
     *
     * @param lines a divisor or a multiple of the number of rows; in the second case a row's share divides the columns
     */
    void lines(int from, int to, int lines) {
        if (rows % lines == 0) {
            int ratio = rows / lines;
            part(from * ratio, to * ratio, 0, columns);
            return;
        }
        int perRow = lines / rows;
        int width = columns / perRow;
        loaded.expectRows(width);
        int line = from;
        while (line < to) {
            int row = line / perRow;
            boolean whole = line % perRow == 0 && to - line >= perRow;
            int end = whole ? to / perRow * perRow : Math.min(to, (row + 1) * perRow);
            part(row, whole ? to / perRow : row + 1, line % perRow * width, whole ? columns : (end - row * perRow) * width);
            line = end;
        }
    }

    private void part(int rowFrom, int rowTo, int columnFrom, int columnTo) {
        if (!loaded.isWarm() && blocks != null) {
            blocks(blocks, rowFrom, rowTo, columnFrom, columnTo);
        } else if (!loaded.isWarm()) {
            slices(rowFrom, rowTo, columnFrom, columnTo);
        } else if (ahead != null) {
            stretches(ahead, rowFrom, rowTo, columnFrom, columnTo);
        } else {
            loaded.code().run(arrays, offsets, shape, scalars, rowFrom, rowTo, columnFrom, columnTo);
        }
    }

    /** Whole rows, or a part of one. */
    private void stretches(ReadAhead reader, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        int width = rowTo - rowFrom == 1 ? ReadAhead.STRETCH : columns;
        for (int column = columnFrom; column < columnTo; column += width) {
            int end = Math.min(columnTo, column + width);
            reader.read(arrays, offsets, rowFrom * columns + column, (rowTo - 1) * columns + end);
            loaded.code().run(arrays, offsets, shape, scalars, rowFrom, rowTo, column, end);
        }
    }

    private void slices(int rowFrom, int rowTo, int columnFrom, int columnTo) {
        int width = sliceWidth(columnFrom, columnTo);
        int height = sliceHeight(width, columnFrom, columnTo);
        for (int row = rowFrom; row < rowTo; row += height) {
            for (int column = columnFrom; column < columnTo; column += width) {
                slice(row, Math.min(rowTo, row + height), column, Math.min(columnTo, column + width));
            }
        }
    }

    private int sliceWidth(int columnFrom, int columnTo) {
        return columnsSplit ? Math.max(BLOCK, SLICE / depth) : columnTo - columnFrom;
    }

    private int sliceHeight(int width, int columnFrom, int columnTo) {
        return Math.max(1, SLICE / Math.max(1, Math.min(width, columnTo - columnFrom) * depth));
    }

    private void slice(int rowFrom, int rowTo, int columnFrom, int columnTo) {
        long before = Allocation.bytes();
        loaded.code().run(arrays, offsets, shape, scalars, rowFrom, rowTo, columnFrom, columnTo);
        loaded.count(Allocation.bytes() - before);
    }

    private void blocks(BlockLoop loop, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        loaded.practice(runs);
        long start = System.nanoTime();
        loop.run(arrays, offsets, rowFrom, rowTo, columnFrom, columnTo);
        loaded.countBlocks(System.nanoTime() - start);
    }
}
