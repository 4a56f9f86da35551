package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The transforms of Winograd's minimal filtering: each multiplies a small square of pixels by one matrix from both sides, for many
 * channels at once. The matrices are those of {@link WinogradPoints}.
 */
final class WinogradKernels {
    /** Elements of the scratch array that a kernel needs. */
    static final int SCRATCH = WinogradPoints.MOST * WinogradPoints.MOST * 16;
    /** As many as the widest vector has. */
    static final int LEAST_CHANNELS = 16;
    /** Rows of points that are transformed at a time by {@link RowsTransform}. */
    static final int ROWS = 2;
    private static final int WARM_CHANNELS = 32;

    private static final Map<Key, Squares> KERNELS = new ConcurrentHashMap<>();
    private static final Map<Key, Squares> LINE_KERNELS = new ConcurrentHashMap<>();
    private static final Map<Key, Rows> ROW_KERNELS = new ConcurrentHashMap<>();

    private final String name;
    private final SmallMatrix matrix;

    WinogradKernels(String name, double[][] matrix) {
        this.name = name;
        this.matrix = new SmallMatrix(matrix);
    }

    /** A transform, and what does its work until it is compiled. */
    record Squares(Warm<Transform> compiled, Transform plain) {
        Transform now() {
            return compiled.kernelOr(plain);
        }
    }

    /** The transform to two rows of points at a time, and what does its work until it is compiled. */
    record Rows(Warm<RowsTransform> compiled, RowsTransform plain) {
        RowsTransform now() {
            return compiled.kernelOr(plain);
        }
    }

    /** Element (i, j) of channel c lies at {@code offset + i * row + j * column + c} on both sides; at least {@value #LEAST_CHANNELS} channels. */
    interface Transform {
        void run(Object from, int fromOffset, int fromRow, int fromColumn, Object to, int toOffset, int toRow, int toColumn, Object scratch,
                int channels);
    }

    /**
     * Two rows of the points of a transform, which share what they load: element (i, j) of channel c lies at
     * {@code fromOffset + i * fromRow + j * fromColumn + c}, point j of the first row goes to {@code toOffset + j * toColumn + c}, those of
     * the second behind them. Which rows these are is said by two rows of the matrix, from {@code rowsAt}.
     */
    interface RowsTransform {
        void run(Object from, int fromOffset, int fromRow, int fromColumn, Object rows, int rowsAt, Object to, int toOffset, int toColumn,
                Object scratch, int channels);
    }

    private record Key(String name, ElementType type, Lanes lanes) {
    }

    /** The transform of floats. */
    Squares of(ElementType type, Lanes lanes) {
        return KERNELS.computeIfAbsent(new Key(name, type, lanes), key -> {
            int outputs = matrix.outputs();
            Object from = type.newArray(WinogradPoints.MOST * WinogradPoints.MOST * WARM_CHANNELS);
            Object to = type.newArray(WinogradPoints.MOST * WinogradPoints.MOST * WARM_CHANNELS);
            Object scratch = type.newArray(SCRATCH);
            return new Squares(Warm.later(
                    () -> Warm.define(Transform.class, "Winograd" + name + type, lanes, k -> new Emitter(k, type, matrix).emit()),
                    (kernel, _) -> kernel.run(from, 0, WinogradPoints.MOST * WARM_CHANNELS, WARM_CHANNELS, to, 0, outputs * WARM_CHANNELS,
                            WARM_CHANNELS, scratch, WARM_CHANNELS)),
                    PlainTransform.ofSquares(matrix));
        });
    }

    /** The transform of a line of pixels, by the matrix from one side: rows of the squares are not looked at. */
    Squares lineOf(ElementType type, Lanes lanes) {
        return LINE_KERNELS.computeIfAbsent(new Key(name, type, lanes), key -> {
            Object from = type.newArray(WinogradPoints.MOST * WARM_CHANNELS);
            Object to = type.newArray(WinogradPoints.MOST * WARM_CHANNELS);
            Object scratch = type.newArray(SCRATCH);
            return new Squares(Warm.later(
                    () -> Warm.define(Transform.class, "Winograd" + name + "Line" + type, lanes,
                            k -> new Emitter(k, type, matrix).emitLine()),
                    (kernel, _) -> kernel.run(from, 0, 0, WARM_CHANNELS, to, 0, 0, WARM_CHANNELS, scratch, WARM_CHANNELS)),
                    PlainTransform.ofLine(matrix));
        });
    }

    /** The transform to two rows of points at a time. */
    Rows rowsOf(ElementType type, Lanes lanes) {
        return ROW_KERNELS.computeIfAbsent(new Key(name, type, lanes), key -> {
            Object from = type.newArray(WinogradPoints.MOST * WinogradPoints.MOST * WARM_CHANNELS);
            Object to = type.newArray(ROWS * WinogradPoints.MOST * WARM_CHANNELS);
            Object scratch = type.newArray(SCRATCH);
            Object rows = elements(type);
            return new Rows(Warm.later(
                    () -> Warm.define(RowsTransform.class, "Winograd" + name + "Rows" + type, lanes,
                            k -> new Emitter(k, type, matrix).emitRows()),
                    (kernel, _) -> kernel.run(from, 0, WinogradPoints.MOST * WARM_CHANNELS, WARM_CHANNELS, rows, 0, to, 0, WARM_CHANNELS,
                            scratch,
                            WARM_CHANNELS)),
                    PlainTransform.ofRows(matrix));
        });
    }

    /** The matrix, row by row. */
    Object elements(ElementType type) {
        double[] all = matrix.elements();
        if (type == ElementType.DOUBLE) {
            return all;
        }
        float[] result = new float[all.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (float) all[i];
        }
        return result;
    }

    private static final class Emitter implements SmallMatrix.Arithmetic<Value> {
        private final Assembler k;
        private final ElementType type;
        private final SmallMatrix matrix;

        Emitter(Assembler k, ElementType type, SmallMatrix matrix) {
            this.k = k;
            this.type = type;
            this.matrix = matrix;
        }

        private record Square(Value array, Value offset, Value row, Value column) {
        }

        void emit() {
            Square from = new Square(array(0), k.intParameter(1), k.intParameter(2), k.intParameter(3));
            Square to = new Square(array(4), k.intParameter(5), k.intParameter(6), k.intParameter(7));
            Value scratch = array(8);
            int inputs = matrix.inputs();
            int outputs = matrix.outputs();
            int width = k.lanes().count();
            Square between = new Square(scratch, k.constant(0), k.constant(inputs * width), k.constant(width));
            Value last = k.sub(k.intParameter(9), k.constant(width));
            k.forRange(k.constant(0), k.intParameter(9), width, start -> {
                // The last vector is moved back over channels that are done already: a masked one would double the method.
                Value channel = k.min(start, last);
                k.forRange(k.constant(inputs), j -> {
                    Value[] column = load(from, k.add(k.add(from.offset(), channel), k.mul(j, from.column())), from.row(), inputs);
                    store(product(column), between, k.add(between.offset(), k.mul(j, width)), between.row());
                });
                k.forRange(k.constant(outputs), i -> {
                    Value[] row = load(between, k.mul(i, inputs * width), between.column(), inputs);
                    store(product(row), to, k.add(k.add(to.offset(), channel), k.mul(i, to.row())), to.column());
                });
            });
        }

        void emitLine() {
            Square from = new Square(array(0), k.intParameter(1), k.intParameter(2), k.intParameter(3));
            Square to = new Square(array(4), k.intParameter(5), k.intParameter(6), k.intParameter(7));
            int width = k.lanes().count();
            Value last = k.sub(k.intParameter(9), k.constant(width));
            k.forRange(k.constant(0), k.intParameter(9), width, start -> {
                Value channel = k.min(start, last);
                Value[] line = load(from, k.add(from.offset(), channel), from.column(), matrix.inputs());
                store(product(line), to, k.add(to.offset(), channel), to.column());
            });
        }

        /** Columns to two rows between, with factors that are data, then the rows to points. */
        void emitRows() {
            int inputs = matrix.inputs();
            Square from = new Square(array(0), k.intParameter(1), k.intParameter(2), k.intParameter(3));
            Value factorArray = array(4);
            Value scratch = array(9);
            int width = k.lanes().count();
            Value[] factors = new Value[ROWS * inputs];
            Arrays.setAll(factors, i -> k.broadcast(k.memory().loadScalar(factorArray, k.add(k.intParameter(5), i))));
            Value to = array(6);
            Square points = new Square(to, k.intParameter(7), k.constant(0), k.intParameter(8));
            Value last = k.sub(k.intParameter(10), k.constant(width));
            k.forRange(k.constant(0), k.intParameter(10), width, start -> {
                Value channel = k.min(start, last);
                k.forRange(k.constant(inputs), j -> {
                    Value[] column = load(from, k.add(k.add(from.offset(), channel), k.mul(j, from.column())), from.row(), inputs);
                    for (int row = 0; row < ROWS; row++) {
                        Value sum = k.mul(factors[row * inputs], column[0]);
                        for (int i = 1; i < inputs; i++) {
                            sum = k.fma(factors[row * inputs + i], column[i], sum);
                        }
                        k.memory().store(scratch, k.add(k.mul(j, width), row * inputs * width), sum);
                    }
                });
                k.forRange(k.constant(ROWS), row -> {
                    Square between = new Square(scratch, k.mul(row, inputs * width), k.constant(0), k.constant(width));
                    Value[] values = load(between, between.offset(), between.column(), inputs);
                    Value at = k.add(k.add(points.offset(), channel), k.mul(k.mul(row, matrix.outputs()), points.column()));
                    store(product(values), points, at, points.column());
                });
            });
        }

        private Value array(int parameter) {
            return k.memory().array(k.parameter(parameter, Form.OBJECTS, type), type);
        }

        private Value[] load(Square square, Value at, Value step, int count) {
            Value[] result = new Value[count];
            Value next = at;
            for (int i = 0; i < count; i++) {
                next = i == 0 ? at : k.add(next, step);
                result[i] = k.memory().load(square.array(), next);
            }
            return result;
        }

        private void store(List<Value> values, Square square, Value at, Value step) {
            Value next = at;
            for (int i = 0; i < values.size(); i++) {
                next = i == 0 ? at : k.add(next, step);
                k.memory().store(square.array(), next, values.get(i));
            }
        }

        private List<Value> product(Value[] x) {
            return matrix.times(List.of(x), this);
        }

        @Override
        public Value add(Value a, Value b) {
            return k.add(a, b);
        }

        @Override
        public Value sub(Value a, Value b) {
            return k.sub(a, b);
        }

        @Override
        public Value mul(Value a, double b) {
            return k.mul(a, k.lanesOf(type, b));
        }

        @Override
        public Value fma(Value a, double b, Value c) {
            return k.fma(a, k.lanesOf(type, b), c);
        }
    }
}
