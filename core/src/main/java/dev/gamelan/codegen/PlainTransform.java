package dev.gamelan.codegen;

import dev.gamelan.codegen.blocks.ColdLoop;
import dev.gamelan.codegen.blocks.FloatOp;
import dev.gamelan.codegen.blocks.Loop;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.stream.IntStream;

/**
 * The transforms of {@link WinogradKernels} without a kernel: a list of operations on registers, each of which holds some channels. They are
 * followed by {@link WarmedTransform}, or by ordinary loops until that is compiled. The operations and their order are those of the
 * kernels, and so are the bits.
 */
final class PlainTransform implements WinogradKernels.Transform, WinogradKernels.RowsTransform {
    /** Channels that are handled at a time. */
    private static final int CHANNELS = 128;

    private static final Loop ADD = ColdLoop.of(FloatOp.ADD);
    private static final Loop SUB = ColdLoop.of(FloatOp.SUB);

    /** Notes steps down; each writes a register of its own. */
    private static final class Recorder implements SmallMatrix.Arithmetic<Integer> {
        private final List<int[]> steps = new ArrayList<>();
        private final List<Float> numbers = new ArrayList<>();
        /** Numbers before those, which are given when it runs. */
        private final int given;
        private int registers;

        Recorder(int given) {
            this.given = given;
        }

        private int note(int operation, int a, int b, int c) {
            steps.add(new int[] {operation, a, b, c, registers});
            return registers++;
        }

        private int number(double value) {
            int known = numbers.indexOf((float) value);
            if (known < 0) {
                numbers.add((float) value);
            }
            return given + (known < 0 ? numbers.size() - 1 : known);
        }

        @Override
        public Integer add(Integer a, Integer b) {
            return note(WarmedTransform.ADD, a, b, 0);
        }

        @Override
        public Integer sub(Integer a, Integer b) {
            return note(WarmedTransform.SUB, a, b, 0);
        }

        @Override
        public Integer mul(Integer a, double b) {
            return note(WarmedTransform.MUL, a, number(b), 0);
        }

        @Override
        public Integer fma(Integer a, double b, Integer c) {
            return note(WarmedTransform.FMA, a, number(b), c);
        }

        List<Integer> load(int column, int rows) {
            return IntStream.range(0, rows).mapToObj(row -> note(WarmedTransform.LOAD, 0, row, column)).toList();
        }

        /** A given number times a register, and another one if it is not negative. */
        int weighted(int a, int number, int sum) {
            return sum < 0 ? note(WarmedTransform.MUL, a, number, 0) : note(WarmedTransform.FMA, a, number, sum);
        }

        void store(int row, List<Integer> values) {
            for (int j = 0; j < values.size(); j++) {
                steps.add(new int[] {WarmedTransform.STORE, values.get(j), row, j, -1});
            }
        }

        /** With few registers, as those of values that nobody reads any more are used again. */
        Recorded finish() {
            int[] last = new int[registers];
            for (int i = 0; i < steps.size(); i++) {
                for (int operand : operands(steps.get(i))) {
                    last[steps.get(i)[operand]] = i;
                }
            }
            int[] place = new int[registers];
            BitSet used = new BitSet();
            int most = 1;
            int[] result = new int[steps.size() * WarmedTransform.STEP];
            for (int i = 0; i < steps.size(); i++) {
                int[] step = steps.get(i).clone();
                for (int operand : operands(step)) {
                    int value = step[operand];
                    step[operand] = place[value];
                    if (last[value] == i) {
                        used.clear(place[value]);
                    }
                }
                int out = step[4] < 0 ? 0 : used.nextClearBit(0);
                if (step[4] >= 0) {
                    place[step[4]] = out;
                    used.set(out);
                    most = Math.max(most, out + 1);
                }
                step[4] = out;
                System.arraycopy(step, 0, result, i * WarmedTransform.STEP, WarmedTransform.STEP);
            }
            float[] all = new float[given + numbers.size()];
            for (int i = given; i < all.length; i++) {
                all[i] = numbers.get(i - given);
            }
            return new Recorded(result, all, most);
        }

        /** Where a step names registers that it reads. */
        private static int[] operands(int[] step) {
            return switch (step[0]) {
                case WarmedTransform.ADD, WarmedTransform.SUB -> new int[] {1, 2};
                case WarmedTransform.MUL, WarmedTransform.STORE -> new int[] {1};
                case WarmedTransform.FMA -> new int[] {1, 3};
                default -> new int[0];
            };
        }
    }

    private record Recorded(int[] steps, float[] numbers, int registers) {
    }

    /** What one thread computes in. */
    private record Frame(float[][] registers, float[] numbers) {
    }

    private final Recorded recorded;
    /** Numbers that are given when it runs. */
    private final int given;
    private final int outputs;
    private final ConcurrentLinkedDeque<Frame> free = new ConcurrentLinkedDeque<>();

    private PlainTransform(Recorded recorded, int given, int outputs) {
        this.recorded = recorded;
        this.given = given;
        this.outputs = outputs;
        EarlyTransform.begin();
    }

    /** The transform of a square. */
    static PlainTransform ofSquares(SmallMatrix matrix) {
        int inputs = matrix.inputs();
        Recorder recorder = new Recorder(0);
        List<List<Integer>> columns = IntStream.range(0, inputs)
                .mapToObj(j -> matrix.times(recorder.load(j, inputs), recorder)).toList();
        for (int i = 0; i < matrix.outputs(); i++) {
            int row = i;
            recorder.store(row, matrix.times(columns.stream().map(column -> column.get(row)).toList(), recorder));
        }
        return new PlainTransform(recorder.finish(), 0, matrix.outputs());
    }

    /** The transform of a line. */
    static PlainTransform ofLine(SmallMatrix matrix) {
        Recorder recorder = new Recorder(0);
        List<Integer> line = IntStream.range(0, matrix.inputs()).mapToObj(j -> recorder.load(j, 1).getFirst()).toList();
        recorder.store(0, matrix.times(line, recorder));
        return new PlainTransform(recorder.finish(), 0, matrix.outputs());
    }

    /** The transform to {@link WinogradKernels#ROWS} rows of points, whose factors are given. */
    static PlainTransform ofRows(SmallMatrix matrix) {
        int inputs = matrix.inputs();
        int given = WinogradKernels.ROWS * inputs;
        Recorder recorder = new Recorder(given);
        List<List<Integer>> columns = IntStream.range(0, inputs).mapToObj(j -> recorder.load(j, inputs)).toList();
        for (int i = 0; i < WinogradKernels.ROWS; i++) {
            int first = i * inputs;
            recorder.store(i, matrix.times(columns.stream().map(column -> {
                int sum = -1;
                for (int k = 0; k < inputs; k++) {
                    sum = recorder.weighted(column.get(k), first + k, sum);
                }
                return sum;
            }).toList(), recorder));
        }
        return new PlainTransform(recorder.finish(), given, matrix.outputs());
    }

    @Override
    public void run(Object from, int fromOffset, int fromRow, int fromColumn, Object to, int toOffset, int toRow, int toColumn,
            Object scratch, int channels) {
        Frame frame = borrow();
        follow(frame, (float[]) from, fromOffset, fromRow, fromColumn, (float[]) to, toOffset, toRow, toColumn, channels);
        free.push(frame);
    }

    @Override
    public void run(Object from, int fromOffset, int fromRow, int fromColumn, Object rows, int rowsAt, Object to, int toOffset,
            int toColumn, Object scratch, int channels) {
        Frame frame = borrow();
        System.arraycopy(rows, rowsAt, frame.numbers, 0, given);
        follow(frame, (float[]) from, fromOffset, fromRow, fromColumn, (float[]) to, toOffset, outputs * toColumn, toColumn, channels);
        free.push(frame);
    }

    private Frame borrow() {
        Frame frame = free.poll();
        return frame == null ? new Frame(new float[recorded.registers][CHANNELS], recorded.numbers.clone()) : frame;
    }

    private void follow(Frame frame, float[] from, int fromAt, int fromRow, int fromColumn, float[] to, int toAt, int toRow, int toColumn,
            int channels) {
        boolean compiled = EarlyTransform.fits(channels);
        for (int first = 0; first < channels; first += CHANNELS) {
            int n = Math.min(CHANNELS, channels - first);
            if (compiled) {
                WarmedTransform.run(recorded.steps, frame.registers, frame.numbers, from, fromAt + first, fromRow, fromColumn, to,
                        toAt + first, toRow, toColumn, n);
            } else {
                plain(frame, from, fromAt + first, fromRow, fromColumn, to, toAt + first, toRow, toColumn, n);
            }
        }
    }

    /** As {@link WarmedTransform#run}. */
    private void plain(Frame frame, float[] from, int fromAt, int fromRow, int fromColumn, float[] to, int toAt, int toRow, int toColumn,
            int n) {
        int[] steps = recorded.steps;
        for (int step = 0; step < steps.length; step += WarmedTransform.STEP) {
            float[] x = frame.registers[steps[step + 1]];
            int b = steps[step + 2];
            int c = steps[step + 3];
            float[] r = frame.registers[steps[step + 4]];
            switch (steps[step]) {
                case WarmedTransform.ADD -> ADD.run(x, frame.registers[b], x, r, 0, n);
                case WarmedTransform.SUB -> SUB.run(x, frame.registers[b], x, r, 0, n);
                case WarmedTransform.MUL -> multiply(x, frame.numbers[b], r, n);
                case WarmedTransform.FMA -> multiplyAdd(x, frame.numbers[b], frame.registers[c], r, n);
                case WarmedTransform.LOAD -> System.arraycopy(from, fromAt + b * fromRow + c * fromColumn, r, 0, n);
                case WarmedTransform.STORE -> System.arraycopy(x, 0, to, toAt + b * toRow + c * toColumn, n);
                default -> throw new IllegalStateException("there is no operation " + steps[step]);
            }
        }
    }

    private static void multiply(float[] x, float factor, float[] r, int n) {
        for (int i = 0; i < n; i++) {
            r[i] = x[i] * factor;
        }
    }

    private static void multiplyAdd(float[] x, float factor, float[] z, float[] r, int n) {
        for (int i = 0; i < n; i++) {
            r[i] = Math.fma(x[i], factor, z[i]);
        }
    }
}
