package dev.gamelan.codegen;

import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.LoopKernel.Form;
import dev.gamelan.kernel.LoopKernel.Stride;
import java.util.Arrays;

/**
 * Short calls of a loop kernel on data of no meaning, so that HotSpot gets to know it. HotSpot counts calls: on a kernel's own data a call
 * may be a long row, and takes a hundred times as long as the loop takes as blocks.
 */
final class LoopPractice {

    /**
     * Vectors of a row in a call: some turns of the loop, and with the next number a tail too. With more than some 60 turns a call HotSpot
     * compiles loops in the midst of calls before it compiles the method, twice the work or more.
     */
    private static final int VECTORS = 8;
    /** More of them in half of the calls: loops that take several at a time leave some, for which there is another loop. */
    private static final int MORE = 3;
    private static final int TAIL = 7;
    /** Columns of a column-wise reduction, and the fewest of another row. */
    private static final int COLUMNS = 64;
    /**
     * Of so many calls by the interpreter one does something: nothing should be new to HotSpot's first compiler, nor seem to be compiled.
     * Of so many later ones one has several rows, the last and longest: it comes to the end of its arrays, beyond which a vector under a mask
     * reaches.
     */
    private static final int FEW = 4;
    /** Calls with the same numbers. */
    private static final int TURN = 16;
    /** Extents of axes outside of the innermost. */
    private static final int OUTER = 2;

    private final Object[] arrays;
    private final int[] offsets;
    private final int[] shape;
    private final double[] scalars;
    private final boolean columns;
    /** The first of the last rows, of which a call has several, and their end. */
    private final int lastRows;
    private final int rows;
    private final int inner;
    private final int extent;
    private final int more;

    LoopPractice(LoopKernel kernel, Lanes lanes) {
        int rank = kernel.rank();
        columns = kernel.form() != Form.ROW_WISE;
        rows = power(OUTER, kernel.rows());
        lastRows = Math.max(0, rows - OUTER);
        inner = (columns ? kernel.columns() : kernel.reduced()) == 0 ? -1 : rank - 1;
        extent = kernel.form() == Form.COLUMN_WISE ? COLUMNS
                : Math.max(COLUMNS, VECTORS * lanes.count() >> Math.max(0, kernel.reduced() - 1));
        more = kernel.form() == Form.COLUMN_WISE ? 0 : MORE * lanes.count();
        arrays = new Object[kernel.operands().size()];
        offsets = new int[arrays.length];
        shape = new int[rank * (arrays.length + 1)];
        Arrays.fill(shape, 0, rank, OUTER);
        if (inner >= 0) {
            shape[inner] = extent + more + TAIL;
        }
        for (int i = 0; i < arrays.length; i++) {
            arrays[i] = operand(kernel.operands().get(i), rank * (i + 1));
        }
        scalars = new double[kernel.values().size()];
    }

    private static int power(int base, int exponent) {
        int power = 1;
        for (int i = 0; i < exponent; i++) {
            power *= base;
        }
        return power;
    }

    /** An array with room for the operand, whose strides are written from {@code at} on. */
    private Object operand(LoopKernel.Operand operand, int at) {
        int next = 2;
        int last = 0;
        for (int axis = operand.strides().size() - 1; axis >= 0; axis--) {
            Stride kind = operand.strides().get(axis);
            int stride = kind == Stride.ZERO ? 0 : kind == Stride.ONE ? 1 : next;
            shape[at + axis] = stride;
            last += (shape[axis] - 1) * stride;
            next = Math.max(next, shape[axis] * Math.max(1, stride));
        }
        Object array = operand.dtype().newArray(last + 1);
        if (array instanceof float[] floats) {
            Arrays.fill(floats, 1);
        } else if (array instanceof int[] integers) {
            Arrays.fill(integers, 1);
        }
        return array;
    }

    /**
     * @param number of the call, from 0 for each definition of the kernel
     * @param tail   whether rows may end within a vector. A large kernel whose tail HotSpot has not seen is compiled without it, and well;
     *               with it some allocate for ever.
     */
    void call(LoopCode code, int number, boolean tail) {
        boolean interpreted = number < Interpreted.CALLS;
        int end = interpreted ? 1 : extent + number / 2 % 2 * more + (tail ? number % 2 * TAIL : 0);
        if (inner >= 0) {
            shape[inner] = end;
        }
        if (number % TURN == 0) {
            // What is compared with integers is now less, now the same and now more.
            Arrays.fill(scalars, number / TURN % 3);
        }
        boolean several = number % FEW == FEW - 1;
        int from = several && !interpreted ? lastRows : 0;
        int to = several ? interpreted ? 1 : rows : interpreted ? 0 : 1;
        try {
            code.run(arrays, offsets, shape, scalars, from, to, 0, columns ? end : 0);
        } catch (ArithmeticException _) {
            // Integers of no meaning may be divided by 0.
        }
    }

    /** Looked up when a kernel is called first. */
    private static final class Interpreted {
        /** As those of {@link Warm#isInterpreted}. */
        static final int CALLS = KernelClass.isCompiledSoon(Kernels.NAME) ? 16 : 256;
    }
}
