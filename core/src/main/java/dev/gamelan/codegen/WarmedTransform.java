package dev.gamelan.codegen;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * All transforms of minimal filtering in one method: it follows a list of operations, each of which handles some channels. HotSpot compiles it
 * in some 25 ms; {@link EarlyTransform} says when.
 */
final class WarmedTransform {
    static final int ADD = 0;
    static final int SUB = 1;
    /** Times a number. */
    static final int MUL = 2;
    /** A register times a number, and another register. */
    static final int FMA = 3;
    /** From row b and column c of what is transformed. */
    static final int LOAD = 4;
    /** To row b and column c of the result. */
    static final int STORE = 5;
    /** Numbers of a step: the operation, two operands, the third or a column, and the register that it writes. */
    static final int STEP = 5;

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

    private WarmedTransform() {
    }

    /** Elements of a vector. */
    static int lanes() {
        return SPECIES.length();
    }

    /**
     * Follows all steps for {@code n} channels, which are whole vectors.
     *
     * @param registers each at least {@code n} elements
     * @param numbers   that registers are multiplied by
     */
    static void run(int[] steps, float[][] registers, float[] numbers, float[] from, int fromAt, int fromRow, int fromColumn, float[] to,
            int toAt, int toRow, int toColumn, int n) {
        int lanes = SPECIES.length();
        for (int step = 0; step + STEP <= steps.length; step += STEP) {
            int b = steps[step + 2];
            int c = steps[step + 3];
            float[] x = registers[steps[step + 1]];
            float[] r = registers[steps[step + 4]];
            switch (steps[step]) {
                case ADD -> {
                    float[] y = registers[b];
                    for (int i = 0; i < n; i += lanes) {
                        FloatVector.fromArray(SPECIES, x, i).add(FloatVector.fromArray(SPECIES, y, i)).intoArray(r, i);
                    }
                }
                case SUB -> {
                    float[] y = registers[b];
                    for (int i = 0; i < n; i += lanes) {
                        FloatVector.fromArray(SPECIES, x, i).sub(FloatVector.fromArray(SPECIES, y, i)).intoArray(r, i);
                    }
                }
                case MUL -> {
                    FloatVector y = FloatVector.broadcast(SPECIES, numbers[b]);
                    for (int i = 0; i < n; i += lanes) {
                        FloatVector.fromArray(SPECIES, x, i).mul(y).intoArray(r, i);
                    }
                }
                case FMA -> {
                    FloatVector y = FloatVector.broadcast(SPECIES, numbers[b]);
                    float[] z = registers[c];
                    for (int i = 0; i < n; i += lanes) {
                        FloatVector.fromArray(SPECIES, x, i).fma(y, FloatVector.fromArray(SPECIES, z, i)).intoArray(r, i);
                    }
                }
                case LOAD -> {
                    int at = fromAt + b * fromRow + c * fromColumn;
                    for (int i = 0; i < n; i += lanes) {
                        FloatVector.fromArray(SPECIES, from, at + i).intoArray(r, i);
                    }
                }
                case STORE -> {
                    int at = toAt + b * toRow + c * toColumn;
                    for (int i = 0; i < n; i += lanes) {
                        FloatVector.fromArray(SPECIES, x, i).intoArray(to, at + i);
                    }
                }
                default -> throw new IllegalArgumentException("there is no operation " + steps[step]);
            }
        }
    }
}
