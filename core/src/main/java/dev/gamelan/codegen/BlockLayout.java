package dev.gamelan.codegen;

import dev.gamelan.codegen.blocks.Lines;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.Step;
import java.util.List;

/**
 * Where the elements of a loop's operands lie: lines along the innermost axis, which all outer axes count. A row is a line, or as many as
 * there are positions along the other reduced axes.
 */
final class BlockLayout {

    final LoopKernel.Form form;
    /** Extents of the outer axes. */
    private final int[] outer;
    /** How many of the outer axes are rows. */
    private final int rowAxes;
    /** Of each operand: strides of the outer axes. */
    private final int[][] strides;
    private final int[] innerStrides;
    /** Of each operand: how far a line is from the one before, if that is always the same; else {@link #IRREGULAR}. */
    private final int[] lineStrides;
    final int innerExtent;
    final int linesPerRow;

    private static final int IRREGULAR = Integer.MIN_VALUE;

    BlockLayout(Step.Loop loop) {
        LoopKernel kernel = loop.kernel();
        form = kernel.form();
        int rank = kernel.rank();
        boolean hasInner = form == LoopKernel.Form.ROW_WISE ? kernel.reduced() > 0 : kernel.columns() > 0;
        int axes = hasInner ? rank - 1 : rank;
        outer = first(loop.extents(), axes);
        rowAxes = kernel.rows();
        innerExtent = hasInner ? loop.extents().get(rank - 1) : 1;
        int lines = 1;
        for (int axis = rowAxes; axis < axes; axis++) {
            lines *= outer[axis];
        }
        linesPerRow = lines;
        int operands = loop.bindings().size();
        strides = new int[operands][];
        innerStrides = new int[operands];
        lineStrides = new int[operands];
        for (int i = 0; i < operands; i++) {
            List<Integer> all = loop.bindings().get(i).strides();
            strides[i] = first(all, axes);
            innerStrides[i] = hasInner ? all.get(rank - 1) : 0;
            lineStrides[i] = lineStride(strides[i]);
        }
    }

    private static int[] first(List<Integer> numbers, int count) {
        int[] first = new int[count];
        for (int i = 0; i < count; i++) {
            first[i] = numbers.get(i);
        }
        return first;
    }

    private int lineStride(int[] all) {
        int stride = 0;
        int lines = 1;
        for (int axis = outer.length - 1; axis >= 0; axis--) {
            if (outer[axis] != 1) {
                if (lines == 1) {
                    stride = all[axis];
                } else if (all[axis] != stride * lines) {
                    return IRREGULAR;
                }
                lines *= outer[axis];
            }
        }
        return stride;
    }

    /** The place of a line's first element, without that of the operand. */
    private int place(int operand, int line) {
        if (lineStrides[operand] != IRREGULAR) {
            return line * lineStrides[operand];
        }
        int place = 0;
        int rest = line;
        for (int axis = outer.length - 1; axis >= 0; axis--) {
            place += rest % outer[axis] * strides[operand][axis];
            rest /= outer[axis];
        }
        return place;
    }

    /** A part of some lines, one behind the other. */
    void load(Object array, int offset, int operand, int line, int lines, int from, int n, Object block) {
        int inner = innerStrides[operand];
        boolean joined = n == innerExtent && (inner == 1 && lineStrides[operand] == n || inner == 0 && lineStrides[operand] == 0);
        if (joined || lines == 1) {
            Lines.load(array, offset + place(operand, line) + from * inner, inner, block, 0, lines * n);
        } else if (n == 1 && lineStrides[operand] != IRREGULAR) {
            Lines.load(array, offset + place(operand, line) + from * inner, lineStrides[operand], block, 0, lines);
        } else {
            for (int i = 0; i < lines; i++) {
                Lines.load(array, offset + place(operand, line + i) + from * inner, inner, block, i * n, n);
            }
        }
    }

    /** The reverse of {@link #load}. */
    void store(Object block, Object array, int offset, int operand, int line, int lines, int from, int n) {
        int inner = innerStrides[operand];
        if (lines == 1 || n == innerExtent && inner == 1 && lineStrides[operand] == n) {
            Lines.store(block, 0, array, offset + place(operand, line) + from * inner, inner, lines * n);
            return;
        }
        for (int i = 0; i < lines; i++) {
            Lines.store(block, i * n, array, offset + place(operand, line + i) + from * inner, inner, n);
        }
    }

    /** One element for each of some rows. */
    void loadRows(Object array, int offset, int operand, int row, int rows, Object block) {
        for (int i = 0; i < rows; i++) {
            Lines.load(array, offset + place(operand, (row + i) * linesPerRow), 1, block, i, 1);
        }
    }

    /** The reverse of {@link #loadRows}. */
    void storeRows(Object block, Object array, int offset, int operand, int row, int rows) {
        for (int i = 0; i < rows; i++) {
            Lines.store(block, i, array, offset + place(operand, (row + i) * linesPerRow), 1, 1);
        }
    }
}
