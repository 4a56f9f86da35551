package dev.gamelan.codegen;

/** The compiled form of a {@link dev.gamelan.kernel.LoopKernel}. */
public interface LoopCode {

    /**
     * Computes a part: some rows, and of those some columns (all of them, unless the kernel is a map or column-wise).
     *
     * @param arrays the array of each operand
     * @param offsets where each operand begins in its array
     * @param shape the extent of each axis, then the strides of each operand, axis by axis
     * @param scalars the numbers that the kernel takes at run time
     */
    void run(Object[] arrays, int[] offsets, int[] shape, double[] scalars, int rowFrom, int rowTo, int columnFrom, int columnTo);
}
