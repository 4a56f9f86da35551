package dev.gamelan.codegen;

import dev.gamelan.codegen.BlockCode.Pass;
import dev.gamelan.codegen.BlockCode.Sum;
import dev.gamelan.codegen.blocks.Lines;
import dev.gamelan.codegen.blocks.Sums;
import dev.gamelan.kernel.Step;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A loop that runs block by block, for as long as its kernel is not compiled. Any number of threads may run parts of it. */
final class BlockLoop {

    private final BlockCode code;
    private final @Nullable Object[] constants;
    private final BlockLayout layout;
    private final double[] scalars;
    private final int rowElements;

    private BlockLoop(BlockCode code, BlockLayout layout, double[] scalars) {
        this.code = code;
        this.constants = code.constants();
        this.layout = layout;
        this.scalars = scalars;
        this.rowElements = layout.linesPerRow * layout.innerExtent;
    }

    /** Nothing if there are no loops for some operation or type of the kernel, or nothing to do. */
    static Optional<BlockLoop> of(Step.Loop loop, Kernels.Loaded loaded) {
        double[] scalars = loop.scalars().stream().mapToDouble(Double::doubleValue).toArray();
        if (loop.extents().contains(0)) {
            return Optional.empty();
        }
        BlockLayout layout = new BlockLayout(loop);
        boolean wholeRows = layout.linesPerRow * layout.innerExtent <= BlockCode.BLOCK;
        return loaded.blocks(wholeRows).map(code -> new BlockLoop(code, layout, scalars));
    }

    /** Computes what a call of the kernel would: see {@link LoopCode#run}. */
    void run(Object[] arrays, int[] offsets, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        BlockFrame frame = BlockFrame.borrow(code, constants, layout, arrays, offsets, scalars);
        switch (layout.form) {
            case MAP -> map(frame, rowFrom, rowTo, columnFrom, columnTo);
            case ROW_WISE -> {
                if (rowElements <= BlockCode.BLOCK) {
                    wholeRows(frame, rowFrom, rowTo);
                } else {
                    longRows(frame, rowFrom, rowTo);
                }
            }
            case COLUMN_WISE -> columns(frame, rowFrom, rowTo, columnFrom, columnTo);
        }
        frame.giveBack();
    }

    private void map(BlockFrame frame, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        int height = Math.max(1, BlockCode.BLOCK / Math.max(1, columnTo - columnFrom));
        int width = Math.min(columnTo - columnFrom, BlockCode.BLOCK);
        for (int row = rowFrom; row < rowTo; row += height) {
            int rows = Math.min(height, rowTo - row);
            frame.toRows(row, rows);
            for (int column = columnFrom; column < columnTo; column += width) {
                frame.toLines(row, rows, column, Math.min(width, columnTo - column));
                for (Pass pass : code.passes()) {
                    frame.run(pass.rowSteps());
                    frame.run(pass.steps());
                }
            }
        }
    }

    // Loops are kept apart: HotSpot would compile a method with several of them again for each one that it meets in it.

    private void wholeRows(BlockFrame frame, int rowFrom, int rowTo) {
        int height = BlockCode.BLOCK / Math.max(1, rowElements);
        for (int row = rowFrom; row < rowTo; row += height) {
            wholeRow(frame, row, Math.min(height, rowTo - row));
        }
    }

    private void wholeRow(BlockFrame frame, int row, int rows) {
        frame.toRows(row, rows);
        frame.toLines(row * layout.linesPerRow, rows * layout.linesPerRow, 0, layout.innerExtent);
        for (Pass pass : code.passes()) {
            frame.run(pass.rowSteps());
            frame.run(pass.steps());
            for (Sum sum : pass.sums()) {
                collectRows(sum, frame, rows);
            }
        }
    }

    private void collectRows(Sum sum, BlockFrame frame, int rows) {
        Object partial = partial(sum);
        for (int i = 0; i < rows; i++) {
            Lines.fill(partial, sum.identity());
            add(sum, frame, i * rowElements, layout.linesPerRow, layout.innerExtent, partial);
            finish(sum, partial, frame, i);
        }
    }

    private void longRows(BlockFrame frame, int rowFrom, int rowTo) {
        for (int row = rowFrom; row < rowTo; row++) {
            frame.toRows(row, 1);
            for (Pass pass : code.passes()) {
                longRow(pass, frame, row);
            }
        }
    }

    /** A row in several blocks; what several passes need is computed in each. */
    private void longRow(Pass pass, BlockFrame frame, int row) {
        frame.run(pass.rowSteps());
        Object[] partial = pass.sums().stream().map(this::partial).toArray();
        int height = Math.max(1, BlockCode.BLOCK / layout.innerExtent);
        for (int line = 0; line < layout.linesPerRow && !pass.steps().isEmpty(); line += height) {
            longLines(pass, frame, row * layout.linesPerRow + line, Math.min(height, layout.linesPerRow - line), partial);
        }
        for (int s = 0; s < partial.length; s++) {
            finish(pass.sums().get(s), partial[s], frame, 0);
        }
    }

    private void longLines(Pass pass, BlockFrame frame, int line, int lines, Object[] partial) {
        int width = Math.min(layout.innerExtent, BlockCode.BLOCK);
        for (int from = 0; from < layout.innerExtent; from += width) {
            int n = Math.min(width, layout.innerExtent - from);
            frame.toLines(line, lines, from, n);
            frame.run(pass.steps());
            for (int s = 0; s < partial.length; s++) {
                add(pass.sums().get(s), frame, 0, lines, n, partial[s]);
            }
        }
    }

    private void columns(BlockFrame frame, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        Pass pass = code.passes().getFirst();
        int width = Math.min(columnTo - columnFrom, BlockCode.BLOCK);
        for (int row = rowFrom; row < rowTo; row++) {
            frame.toRows(row, 1);
            frame.run(pass.rowSteps());
            for (int column = columnFrom; column < columnTo; column += width) {
                column(pass, frame, row, column, Math.min(width, columnTo - column));
            }
        }
    }

    private void column(Pass pass, BlockFrame frame, int row, int column, int n) {
        int height = Math.max(1, BlockCode.BLOCK / n);
        pass.sums().forEach(sum -> Lines.fill(frame.register(sum.result()), sum.identity()));
        for (int line = 0; line < layout.linesPerRow; line += height) {
            int lines = Math.min(height, layout.linesPerRow - line);
            frame.toLines(row * layout.linesPerRow + line, lines, column, n);
            frame.run(pass.steps());
            for (Sum sum : pass.sums()) {
                addLines(sum, frame, lines, n);
            }
        }
        frame.toLines(row * layout.linesPerRow, 1, column, n);
        frame.run(code.results());
    }

    private static void addLines(Sum sum, BlockFrame frame, int lines, int n) {
        for (int i = 0; i < lines; i++) {
            Sums.combine(sum.kind(), frame.register(sum.term()), i * n, frame.register(sum.result()), 0, n);
        }
    }

    private Object partial(Sum sum) {
        Object partial = sum.type().newArray(sum.parts() * code.lanes());
        Lines.fill(partial, sum.identity());
        return partial;
    }

    private void add(Sum sum, BlockFrame frame, int at, int lines, int n, Object partial) {
        for (int i = 0; i < lines; i++) {
            Sums.add(sum.kind(), frame.register(sum.term()), at + i * n, n, partial, code.lanes(), sum.parts());
        }
    }

    private void finish(Sum sum, Object partial, BlockFrame frame, int row) {
        Sums.fold(sum.kind(), partial, sum.parts() * code.lanes());
        Lines.load(partial, 0, 1, frame.register(sum.result()), row, 1);
    }
}
