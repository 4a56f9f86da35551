package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Kernels that rearrange matrices, nearly all of them emitted, with one signature: element (i, j) of a matrix in {@code from}, which lies
 * at {@code fromOffset + i * fromRow + j * fromColumn}, goes to {@code toOffset + i * toRow + j}.
 */
record PackKernels(Warm<Copy> copyRows, Warm<Copy> interleave, Copy general, int width, int interleaved) {
    /** Columns from which on whole rows are copied by {@link System#arraycopy}. */
    private static final int LONG_ROW = 8;
    /**
     * Rows that are transposed in registers, with as many lanes; more take two rounds. Vectors of half the width, of which as many rows fit,
     * would spoil other kernels ({@code LoopTypes.onlyNarrows}).
     */
    static final int MOST_INTERLEAVED = 8;
    /** Rows of one of two rounds: 16 lanes are 4 times 4. */
    static final int ROUND = 4;
    /** Rows and columns that are moved at a time while warming up. */
    private static final int WARM_ROWS = 32;
    private static final Map<Key, PackKernels> KERNELS = new ConcurrentHashMap<>();
    private static final Map<Key, Warm<Copy>> COLUMNS = new ConcurrentHashMap<>();

    /** Copies a matrix. */
    interface Copy {
        void run(Object from, int fromOffset, int fromRow, int fromColumn, Object to, int toOffset, int toRow,
                int rows, int columns);
    }

    private record Key(ElementType type, Tile tile) {
    }

    static PackKernels of(ElementType type, Tile tile) {
        return KERNELS.computeIfAbsent(new Key(type, tile), PackKernels::emit);
    }

    private static PackKernels emit(Key key) {
        ElementType type = key.type();
        Lanes lanes = key.tile().lanes();
        int interleaved = lanes.isVector() ? lanes.count() : MOST_INTERLEAVED;
        int width = key.tile().columns();
        Copy general = type == ElementType.FLOAT ? PackKernels::copyFloats : PackKernels::copyDoubles;
        Object from = type.newArray(WARM_ROWS * Math.max(width, interleaved));
        Object to = type.newArray(WARM_ROWS * Math.max(width, interleaved));
        Warm<Copy> copyRows = Warm.later(
                () -> Warm.define(Copy.class, "PackRows" + type, lanes, k -> copyRows(k, type, key.tile().vectors())),
                (copy, _) -> copy.run(from, 0, width, 1, to, 0, width, WARM_ROWS, width));
        Warm<Copy> interleave = Warm.later(
                () -> Warm.define(Copy.class, "PackInterleaved" + type, lanes, k -> interleave(k, type, interleaved)),
                (copy, number) -> copy.run(from, 0, 1, WARM_ROWS, to, 0, Math.max(width, interleaved), WARM_ROWS - number % 2,
                        interleaved));
        return new PackKernels(copyRows, interleave, general, width, interleaved);
    }

    /**
     * A kernel that copies rows of as many elements as a tile has rows, one behind the other. It reads and writes whole vectors, which may go beyond the
     * end of each row.
     */
    static Warm<Copy> columns(ElementType type, Tile tile) {
        return COLUMNS.computeIfAbsent(new Key(type, tile), _ -> {
            int distance = Shares.roundUp(tile.rows(), tile.lanes().count());
            Object from = type.newArray(WARM_ROWS * distance);
            Object to = type.newArray(WARM_ROWS * distance);
            return Warm.later(() -> Warm.define(Copy.class, "PackColumns" + type, tile.lanes(), k -> copyColumns(k, type, tile)),
                    (copy, _) -> copy.run(from, 0, distance, 1, to, 0, tile.rows(), WARM_ROWS, tile.rows()));
        });
    }

    /** Waits until whole rows are copied at full speed, and columns as well if {@code interleaves}. */
    void await(boolean interleaves) {
        copyRows.await();
        if (interleaves) {
            interleave.await();
        }
    }

    /** Whole rows of as many columns as a panel has; {@code fromColumn} is 1. */
    private static void copyRows(Assembler k, ElementType type, int vectors) {
        Value from = array(k, 0, type);
        Value to = array(k, 4, type);
        int width = vectors * k.lanes().count();
        Value source = k.variable(k.intParameter(1));
        Value target = k.intParameter(5);
        k.forRange(k.intParameter(7), i -> {
            for (int v = 0; v < vectors; v++) {
                int at = v * k.lanes().count();
                k.memory().store(to, k.add(k.add(target, k.mul(i, width)), at), k.memory().load(from, k.add(source, at)));
            }
            k.assign(source, k.add(source, k.intParameter(2)));
        });
    }

    private static void copyColumns(Assembler k, ElementType type, Tile tile) {
        Value from = array(k, 0, type);
        Value to = array(k, 4, type);
        Value source = k.variable(k.intParameter(1));
        Value target = k.variable(k.intParameter(5));
        k.forRange(k.intParameter(7), i -> {
            for (int at = 0; at < tile.rows(); at += tile.lanes().count()) {
                k.memory().store(to, k.add(target, at), k.memory().load(from, k.add(source, at)));
            }
            k.assign(source, k.add(source, k.intParameter(2)));
            k.assign(target, k.add(target, tile.rows()));
        });
    }

    /** As many columns as there are lanes (or a few), each contiguous in the source; {@code fromRow} is 1. */
    private static void interleave(Assembler k, ElementType type, int columns) {
        Value from = array(k, 0, type);
        Value to = array(k, 4, type);
        Value[] sources = new Value[columns];
        for (int j = 0; j < columns; j++) {
            sources[j] = j == 0 ? k.intParameter(1) : k.add(sources[j - 1], k.intParameter(3));
        }
        Value target = k.variable(k.intParameter(5));
        Value next = k.intParameter(6);
        Value done = k.variable(k.constant(0));
        if (k.lanes().isVector()) {
            k.forRange(k.constant(0), k.sub(k.intParameter(7), k.constant(columns - 1)), columns, i -> {
                Value column = k.intParameter(3);
                if (columns <= MOST_INTERLEAVED) {
                    exchange(k, from, k.add(sources[0], i), column, to, target, next, columns, 1);
                } else {
                    // Squares of a few lanes first, then the squares of these, in the place of the result.
                    Value far = k.mul(next, ROUND);
                    k.forRange(k.constant(ROUND), part -> exchange(k, from, k.add(k.add(sources[0], i), k.mul(k.mul(column, ROUND), part)),
                            column, to, k.add(target, k.mul(far, part)), next, ROUND, 1));
                    k.forRange(k.constant(ROUND), part -> {
                        Value first = k.add(target, k.mul(next, part));
                        exchange(k, to, first, far, to, first, far, ROUND, ROUND);
                    });
                }
                k.assign(target, k.add(target, k.mul(next, columns)));
                k.assign(done, k.add(i, columns));
            });
        }
        k.forRange(done, k.intParameter(7), 1, i -> {
            for (int j = 0; j < columns; j++) {
                k.memory().store(to, k.add(target, j), k.memory().loadScalar(from, k.add(sources[j], i)));
            }
            k.assign(target, k.add(target, next));
        });
    }

    /**
     * Some vectors, {@code fromStep} apart, to as many places: groups of {@code unit} lanes are exchanged across the diagonal, halves, quarters
     * ... (Eklundh, 1972).
     */
    static void exchange(Assembler k, Value from, Value fromAt, Value fromStep, Value to, Value toAt, Value toStep, int count,
            int unit) {
        Value[] rows = new Value[count];
        Arrays.setAll(rows, r -> k.memory().load(from, k.add(fromAt, k.mul(fromStep, r))));
        for (int bit = 1; bit < count; bit *= 2) {
            for (int r = 0; r < count; r++) {
                if ((r & bit) == 0) {
                    Value upper = rows[r];
                    Value lower = rows[r + bit];
                    rows[r] = k.selectByBit(bit * unit, k.swapLanes(lower, bit * unit), upper);
                    rows[r + bit] = k.selectByBit(bit * unit, lower, k.swapLanes(upper, bit * unit));
                }
            }
        }
        for (int r = 0; r < count; r++) {
            k.memory().store(to, k.add(toAt, k.mul(toStep, r)), rows[r]);
        }
    }

    private static void copyFloats(Object from, int fromOffset, int fromRow, int fromColumn, Object to, int toOffset, int toRow, int rows,
            int columns) {
        for (int i = 0; i < rows; i++) {
            copyFloats((float[]) from, fromOffset + i * fromRow, fromColumn, (float[]) to, toOffset + i * toRow, columns);
        }
    }

    private static void copyFloats(float[] from, int at, int step, float[] to, int toAt, int count) {
        for (int j = 0; j < count; j++) {
            to[toAt + j] = from[at + j * step];
        }
    }

    private static void copyDoubles(Object from, int fromOffset, int fromRow, int fromColumn, Object to, int toOffset, int toRow, int rows,
            int columns) {
        for (int i = 0; i < rows; i++) {
            copyDoubles((double[]) from, fromOffset + i * fromRow, fromColumn, (double[]) to, toOffset + i * toRow, columns);
        }
    }

    private static void copyDoubles(double[] from, int at, int step, double[] to, int toAt, int count) {
        for (int j = 0; j < count; j++) {
            to[toAt + j] = from[at + j * step];
        }
    }

    private static Value array(Assembler k, int parameter, ElementType type) {
        return k.memory().array(k.parameter(parameter, Form.OBJECTS, type), type);
    }

    /** Any matrix, by the fastest kernel for its strides that is ready. */
    void copy(Object from, int fromOffset, int fromRow, int fromColumn, Object to, int toOffset, int toRow,
            int rows, int columns) {
        if (fromColumn == 1 && columns == width && toRow == width && copyRows.isReady()) {
            copyRows.kernel().run(from, fromOffset, fromRow, 1, to, toOffset, toRow, rows, columns);
        } else if (fromColumn == 1 && columns >= LONG_ROW) {
            for (int i = 0; i < rows; i++) {
                System.arraycopy(from, fromOffset + i * fromRow, to, toOffset + i * toRow, columns);
            }
        } else {
            int whole = fromRow == 1 && interleave.isReady() ? columns - columns % interleaved : 0;
            for (int j = 0; j < whole; j += interleaved) {
                interleave.kernel().run(from, fromOffset + j * fromColumn, 1, fromColumn, to, toOffset + j, toRow, rows, interleaved);
            }
            general.run(from, fromOffset + whole * fromColumn, fromRow, fromColumn, to, toOffset + whole, toRow, rows,
                    columns - whole);
        }
    }
}
