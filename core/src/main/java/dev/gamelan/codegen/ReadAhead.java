package dev.gamelan.codegen;

import dev.gamelan.kernel.Costs;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.LoopKernel.Expr;
import dev.gamelan.kernel.LoopKernel.Level;
import dev.gamelan.kernel.Step;
import dev.gamelan.shape.DType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Brings a stretch of a costly kernel's operands from memory into the cache before the kernel runs on it. A loop that computes much for
 * each element has few loads under way at a time, so it waits for memory as well as for arithmetic; a loop of loads alone waits for
 * memory once for many lines.
 */
final class ReadAhead {
    /** Elements to bring at a time: as many as are quickly computed and, with several operands, have room in the second cache. */
    static final int STRETCH = 16_384;
    /** Vector operations for each element from which on reading ahead pays. */
    private static final int COSTLY = 12;
    /** The same for a kernel of rows: more than a softmax is. */
    private static final int COSTLY_ROWS = 32;
    /** Operands of fewer bytes are in the cache already. */
    private static final long LARGE = 1 << 20;
    /** Elements in a cache line. */
    private static final int LINE = 16;

    private final int[] operands;
    /** Takes what is read, so that it has to be. */
    private float read;

    private ReadAhead(int[] operands) {
        this.operands = operands;
    }

    /** Null where reading ahead would not pay. */
    static @Nullable ReadAhead of(Step.Loop loop) {
        if (!pays(loop)) {
            return null;
        }
        LoopKernel kernel = loop.kernel();
        List<Integer> operands = new ArrayList<>();
        for (int i = 0; i < kernel.operands().size(); i++) {
            if (kernel.operands().get(i).dtype() == DType.FLOAT32 && !loop.bindings().get(i).written() && isContiguous(loop, i)) {
                operands.add(i);
            }
        }
        long bytes = (long) loop.rowCount() * loop.columnCount() * Float.BYTES * operands.size();
        return operands.isEmpty() || bytes < LARGE ? null : new ReadAhead(operands.stream().mapToInt(Integer::intValue).toArray());
    }

    /** A kernel of whole rows waits less: its later passes find in the cache what an earlier one has read. */
    private static boolean pays(Step.Loop loop) {
        int cost = cost(loop.kernel());
        return switch (loop.kernel().form()) {
            case MAP -> cost >= COSTLY;
            case ROW_WISE -> cost >= COSTLY_ROWS && loop.columnCount() <= STRETCH;
            case COLUMN_WISE -> false;
        };
    }

    /** Vector operations for each element. */
    static int cost(LoopKernel kernel) {
        return kernel.values().stream()
                .mapToInt(value -> value.level() == Level.ELEMENT && value.expr() instanceof Expr.Apply apply ? Costs.of(apply.op()) : 0)
                .sum();
    }

    /** Whether the elements of the frame follow each other in the operand. */
    private static boolean isContiguous(Step.Loop loop, int operand) {
        int expected = 1;
        for (int axis = loop.extents().size() - 1; axis >= 0; axis--) {
            int extent = loop.extents().get(axis);
            if (extent != 1 && loop.bindings().get(operand).strides().get(axis) != expected) {
                return false;
            }
            expected *= extent;
        }
        return true;
    }

    /** Reads elements {@code from} to {@code to} of the frame. */
    void read(Object[] arrays, int[] offsets, int from, int to) {
        float sum = 0;
        for (int operand : operands) {
            sum += touch((float[]) arrays[operand], offsets[operand] + from, offsets[operand] + to);
        }
        read = sum;
    }

    /**
     * Reads elements {@code from} to {@code to} of an array of floats; others are left alone.
     *
     * @param sink takes what is read in its first element, so that it has to be
     */
    static void read(Object array, int from, int to, Object sink) {
        if (array instanceof float[] floats) {
            ((float[]) sink)[0] = touch(floats, from, to);
        }
    }

    /** As {@link #read}, rows of so many elements, {@code distance} apart. */
    static void readRows(Object array, int from, int rows, int distance, int elements, Object sink) {
        if (array instanceof float[] floats) {
            float sum = 0;
            for (int r = 0; r < rows; r++) {
                sum += touch(floats, from + r * distance, from + r * distance + elements);
            }
            ((float[]) sink)[0] = sum;
        }
    }

    /** Several sums, so that no load waits for the one before it. */
    private static float touch(float[] array, int from, int to) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        for (int i = from; i < to - 3 * LINE; i += 4 * LINE) {
            a += array[i];
            b += array[i + LINE];
            c += array[i + 2 * LINE];
            d += array[i + 3 * LINE];
        }
        return a + b + c + d;
    }

    @Override
    public String toString() {
        return "ReadAhead[" + operands.length + ", " + read + "]";
    }
}
