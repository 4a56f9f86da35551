package dev.gamelan.codegen.blocks;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import java.util.Arrays;
import java.util.List;

/**
 * How one output is computed: steps over registers, each of which holds a block.
 *
 * @param registers the type of each register
 * @param numbers   follow the registers: operands that are the same for all elements
 * @param result    the register that holds the output in the end
 */
record Recipe(Type type, List<DType> registers, List<Number> numbers, List<Step> steps, int result) {

    /** Elements of a block: all registers of a recipe stay in the first or second cache. */
    static final int BLOCK = Threefry.BLOCK;
    /** A multiple of every vector's elements. */
    private static final int WHOLE = 64;

    /** An array of one element. */
    sealed interface Number {

        record Known(Object array) implements Number {}

        record Given(int input) implements Number {}
    }

    /** Something to do with a block of {@code n} elements that begins at element {@code from} of the output. */
    @FunctionalInterface
    interface Step {
        void run(List<Data> inputs, Object[] registers, int from, int n);
    }

    /** Registers of one thread. */
    Object[] newRegisters(List<Data> inputs) {
        Object[] result = new Object[registers.size() + numbers.size()];
        for (int i = 0; i < registers.size(); i++) {
            // Whole vectors: what computes a block may write behind its last element.
            result[i] = registers.get(i).newArray(Math.min(BLOCK, Math.ceilDiv(type.shape().length(), WHOLE) * WHOLE));
        }
        for (int i = 0; i < numbers.size(); i++) {
            result[registers.size() + i] = switch (numbers.get(i)) {
                case Number.Known known -> known.array();
                case Number.Given given -> inputs.get(given.input()).array();
            };
        }
        return result;
    }

    /** Computes elements {@code from} to {@code to - 1}. */
    void run(List<Data> inputs, Object[] given, Data output, int from, int to) {
        for (int block = from; block < to; block += BLOCK) {
            int n = Math.min(BLOCK, to - block);
            for (Step step : steps) {
                step.run(inputs, given, block, n);
            }
            System.arraycopy(given[result], 0, output.array(), block, n);
        }
    }

    /** One number in a whole block. */
    static void fill(Object number, Object block, int n) {
        switch (block) {
            case float[] floats -> Arrays.fill(floats, 0, n, ((float[]) number)[0]);
            case int[] ints -> Arrays.fill(ints, 0, n, ((int[]) number)[0]);
            case boolean[] truths -> Arrays.fill(truths, 0, n, ((boolean[]) number)[0]);
            default -> throw new IllegalArgumentException("no blocks of " + block.getClass().getSimpleName());
        }
    }
}
