package dev.gamelan.codegen;

import dev.gamelan.codegen.blocks.FloatOp;
import dev.gamelan.codegen.blocks.Loop;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Operations on blocks of floats, all in one method: compiling that takes HotSpot some 40 ms, a third of what the ordinary loops take it,
 * and it is done before the first of these is asked for. {@link EarlyLoops} says when.
 */
final class WarmedLoops {

    /** What there is a loop for, in the order of {@link #run}. */
    static final List<FloatOp> OPERATIONS = List.of(FloatOp.ADD, FloatOp.SUB, FloatOp.MUL, FloatOp.DIV, FloatOp.MIN, FloatOp.MAX,
            FloatOp.FMA,
            FloatOp.NEG, FloatOp.ABS, FloatOp.SQRT, FloatOp.SELECT, FloatOp.OF_INT, FloatOp.OF_BITS, FloatOp.ADD_NUMBER,
            FloatOp.MUL_NUMBER, FloatOp.NUMBER_SUB);

    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

    private WarmedLoops() {
    }

    /** The loop of {@code OPERATIONS.get(number)}; what is behind the last element, up to a whole vector, is overwritten. */
    record One(int number) implements Loop {
        @Override
        public void run(Object a, Object b, Object c, Object out, int from, int to) {
            WarmedLoops.run(number, a, b, c, out, from, to);
        }
    }

    static void run(int operation, Object a, Object b, Object c, Object out, int from, int to) {
        int lanes = SPECIES.length();
        switch (operation) {
            case 0 -> {
                float[] x = (float[]) a;
                float[] y = (float[]) b;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector.fromArray(SPECIES, x, i).add(FloatVector.fromArray(SPECIES, y, i)).intoArray(r, i);
                }
            }
            case 1 -> {
                float[] x = (float[]) a;
                float[] y = (float[]) b;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector.fromArray(SPECIES, x, i).sub(FloatVector.fromArray(SPECIES, y, i)).intoArray(r, i);
                }
            }
            case 2 -> {
                float[] x = (float[]) a;
                float[] y = (float[]) b;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector.fromArray(SPECIES, x, i).mul(FloatVector.fromArray(SPECIES, y, i)).intoArray(r, i);
                }
            }
            case 3 -> {
                float[] x = (float[]) a;
                float[] y = (float[]) b;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector.fromArray(SPECIES, x, i).div(FloatVector.fromArray(SPECIES, y, i)).intoArray(r, i);
                }
            }
            case 4 -> {
                float[] x = (float[]) a;
                float[] y = (float[]) b;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector.fromArray(SPECIES, x, i).min(FloatVector.fromArray(SPECIES, y, i)).intoArray(r, i);
                }
            }
            case 5 -> {
                float[] x = (float[]) a;
                float[] y = (float[]) b;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector.fromArray(SPECIES, x, i).max(FloatVector.fromArray(SPECIES, y, i)).intoArray(r, i);
                }
            }
            case 6 -> {
                float[] x = (float[]) a;
                float[] y = (float[]) b;
                float[] z = (float[]) c;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector term = FloatVector.fromArray(SPECIES, z, i);
                    FloatVector.fromArray(SPECIES, x, i).fma(FloatVector.fromArray(SPECIES, y, i), term).intoArray(r, i);
                }
            }
            case 7 -> {
                float[] x = (float[]) a;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector.fromArray(SPECIES, x, i).neg().intoArray(r, i);
                }
            }
            case 8 -> {
                float[] x = (float[]) a;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector.fromArray(SPECIES, x, i).abs().intoArray(r, i);
                }
            }
            case 9 -> {
                float[] x = (float[]) a;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector.fromArray(SPECIES, x, i).sqrt().intoArray(r, i);
                }
            }
            case 10 -> {
                boolean[] x = (boolean[]) a;
                float[] y = (float[]) b;
                float[] z = (float[]) c;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    VectorMask<Float> chosen = VectorMask.fromArray(SPECIES, x, i);
                    FloatVector.fromArray(SPECIES, z, i).blend(FloatVector.fromArray(SPECIES, y, i), chosen).intoArray(r, i);
                }
            }
            case 11 -> {
                int[] x = (int[]) a;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    ((FloatVector) IntVector.fromArray(INTS, x, i).convert(VectorOperators.I2F, 0)).intoArray(r, i);
                }
            }
            case 12 -> {
                int[] x = (int[]) a;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    IntVector.fromArray(INTS, x, i).reinterpretAsFloats().intoArray(r, i);
                }
            }
            case 13 -> {
                float[] x = (float[]) a;
                FloatVector y = FloatVector.broadcast(SPECIES, ((float[]) b)[0]);
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector.fromArray(SPECIES, x, i).add(y).intoArray(r, i);
                }
            }
            case 14 -> {
                float[] x = (float[]) a;
                FloatVector y = FloatVector.broadcast(SPECIES, ((float[]) b)[0]);
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    FloatVector.fromArray(SPECIES, x, i).mul(y).intoArray(r, i);
                }
            }
            case 15 -> {
                FloatVector x = FloatVector.broadcast(SPECIES, ((float[]) a)[0]);
                float[] y = (float[]) b;
                float[] r = (float[]) out;
                for (int i = from; i < to; i += lanes) {
                    x.sub(FloatVector.fromArray(SPECIES, y, i)).intoArray(r, i);
                }
            }
            default -> throw new IllegalArgumentException("there is no loop " + operation);
        }
    }
}
