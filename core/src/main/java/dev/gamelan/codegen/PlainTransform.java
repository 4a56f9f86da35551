package dev.gamelan.codegen;

import dev.gamelan.codegen.blocks.ColdLoop;
import dev.gamelan.codegen.blocks.FloatOp;
import dev.gamelan.codegen.blocks.Loop;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.stream.IntStream;

/**
 * Both transforms of {@link WinogradKernels} by ordinary loops over channels, one operation after the other, as {@link PlainKernel} is a
 * product. The operations and their order are those of the kernels, and so are the bits.
 */
final class PlainTransform implements WinogradKernels.Transform, WinogradKernels.RowsTransform {
    /** Channels that are handled at a time. */
    private static final int CHANNELS = 128;

    /** Numbers are those of registers: first the elements of the vector, then results and constants. */
    private record Step(Loop op, int a, int b, int c, int out) {
    }

    /** Notes down the product of the matrix and a vector. */
    private static final class Recorder implements SmallMatrix.Arithmetic<Integer> {
        private final List<Step> steps = new ArrayList<>();
        private final List<Double> constants = new ArrayList<>();
        private int registers;

        Recorder(int inputs) {
            registers = inputs;
        }

        private int constant(double value) {
            int known = constants.indexOf(value);
            if (known >= 0) {
                return -1 - known;
            }
            constants.add(value);
            return -constants.size();
        }

        private int note(FloatOp op, int a, int b, int c) {
            steps.add(new Step(ColdLoop.of(op), a, b, c, registers));
            return registers++;
        }

        @Override
        public Integer add(Integer a, Integer b) {
            return note(FloatOp.ADD, a, b, a);
        }

        @Override
        public Integer sub(Integer a, Integer b) {
            return note(FloatOp.SUB, a, b, a);
        }

        @Override
        public Integer mul(Integer a, double b) {
            return note(FloatOp.MUL, a, constant(b), a);
        }

        @Override
        public Integer fma(Integer a, double b, Integer c) {
            return note(FloatOp.FMA, a, constant(b), c);
        }
    }

    /** What one thread computes in. */
    private final class Frame {
        private final float[][] registers = new float[own][CHANNELS];
        private final float[][] square = new float[inputs * inputs][CHANNELS];
        private final float[][] between = new float[outputs * inputs][CHANNELS];
        private final float[][] out = new float[outputs][CHANNELS];

        Frame() {
            for (int i = 0; i < constants.length; i++) {
                Arrays.fill(registers[own - 1 - i], (float) constants[i]);
            }
        }

        /** Some of {@code vectors}, {@code step} apart, times the matrix, to as many as it has rows. */
        void product(float[][] vectors, int at, int step, float[][] to, int toAt, int toStep, int n) {
            for (int i = 0; i < inputs; i++) {
                registers[i] = vectors[at + i * step];
            }
            for (int i = 0; i < outputs; i++) {
                if (results[i] >= inputs) {
                    registers[results[i]] = to[toAt + i * toStep];
                }
            }
            for (Step each : steps) {
                each.op.run(registers[each.a], registers[each.b], registers[each.c], registers[each.out], 0, n);
            }
            for (int i = 0; i < outputs; i++) {
                if (results[i] < inputs) {
                    System.arraycopy(registers[results[i]], 0, to[toAt + i * toStep], 0, n);
                }
            }
        }
    }

    private final int inputs;
    private final int outputs;
    private final Step[] steps;
    /** Registers of the product's elements. */
    private final int[] results;
    private final double[] constants;
    /** Registers of a frame; constants are the last of them. */
    private final int own;
    private final ConcurrentLinkedDeque<Frame> free = new ConcurrentLinkedDeque<>();

    PlainTransform(SmallMatrix matrix) {
        this.inputs = matrix.inputs();
        this.outputs = matrix.outputs();
        Recorder recorder = new Recorder(inputs);
        this.results = matrix.times(IntStream.range(0, inputs).boxed().toList(), recorder).stream().mapToInt(Integer::intValue).toArray();
        this.constants = recorder.constants.stream().mapToDouble(Double::doubleValue).toArray();
        this.own = recorder.registers + constants.length;
        this.steps = recorder.steps.stream().map(step -> new Step(step.op, place(step.a), place(step.b), place(step.c), step.out))
                .toArray(Step[]::new);
    }

    private int place(int register) {
        return register < 0 ? own + register : register;
    }

    private Frame borrow() {
        Frame frame = free.poll();
        return frame == null ? new Frame() : frame;
    }

    @Override
    public void run(Object from, int fromOffset, int fromRow, int fromColumn, Object to, int toOffset, int toRow, int toColumn,
            Object scratch, int channels) {
        Frame frame = borrow();
        for (int first = 0; first < channels; first += CHANNELS) {
            int n = Math.min(CHANNELS, channels - first);
            for (int i = 0; i < inputs * inputs; i++) {
                System.arraycopy(from, fromOffset + i / inputs * fromRow + i % inputs * fromColumn + first, frame.square[i], 0, n);
            }
            for (int j = 0; j < inputs; j++) {
                frame.product(frame.square, j, inputs, frame.between, j, inputs, n);
            }
            for (int i = 0; i < outputs; i++) {
                row(frame, i * inputs, to, toOffset + i * toRow + first, toColumn, n);
            }
        }
        free.push(frame);
    }

    @Override
    public void run(Object from, int fromOffset, int fromRow, int fromColumn, Object rows, int rowsAt, Object to, int toOffset,
            int toColumn,
            Object scratch, int channels) {
        Frame frame = borrow();
        float[] x = (float[]) from;
        float[] factors = (float[]) rows;
        for (int first = 0; first < channels; first += CHANNELS) {
            int n = Math.min(CHANNELS, channels - first);
            for (int row = 0; row < WinogradKernels.ROWS; row++) {
                int factor = rowsAt + row * inputs;
                for (int j = 0; j < inputs; j++) {
                    int at = fromOffset + j * fromColumn + first;
                    multiply(factors[factor], x, at, frame.between[j], n);
                    for (int i = 1; i < inputs; i++) {
                        PlainKernel.addScaled(factors[factor + i], x, at + i * fromRow, frame.between[j], 0, n);
                    }
                }
                row(frame, 0, to, toOffset + row * outputs * toColumn + first, toColumn, n);
            }
        }
        free.push(frame);
    }

    /** A row between, to its points. */
    private void row(Frame frame, int at, Object to, int toAt, int toColumn, int n) {
        frame.product(frame.between, at, 1, frame.out, 0, 1, n);
        for (int j = 0; j < outputs; j++) {
            System.arraycopy(frame.out[j], 0, to, toAt + j * toColumn, n);
        }
    }

    private static void multiply(float factor, float[] x, int at, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = factor * x[at + i];
        }
    }
}
