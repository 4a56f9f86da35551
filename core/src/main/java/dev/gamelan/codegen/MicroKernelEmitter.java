package dev.gamelan.codegen;

import dev.gamelan.codegen.MicroKernels.Kind;
import dev.gamelan.codegen.Value.Form;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Emits one micro-kernel. */
final class MicroKernelEmitter {
    private final Assembler k;
    private final ElementType type;
    private final Tile tile;
    /** Columns of the packed panel that B is; 0 where B is a matrix. */
    private final int panelColumns;
    private final Value a;
    private final Value b;
    private final Value bOffset;
    private final Value bRow;
    private final Value c;
    private final Value depth;
    private final boolean byTwo;
    /** That packing fills. */
    private final Value panel;
    /** The first line that is brought. */
    private final Value next;
    private final boolean packs;
    private final boolean adds;
    private final boolean brings;
    /** Distance of the rows of A, where the kernel is one for that alone; else 0. */
    private final int apart;
    private final boolean columnsOfA;
    private final Assembler.@Nullable Partial lastLanes;
    /** Where the last vector of columns begins, if it lies over columns of the one before it. */
    private final @Nullable Value lastColumn;

    MicroKernelEmitter(Assembler asm, MicroKernels.Key key) {
        k = asm;
        type = key.type();
        tile = key.tile();
        panelColumns = switch (key.kind()) {
            case PANEL, PANEL_AHEAD, AHEAD_ADDING, PANEL_ADDING, PANEL_BY_TWO, ADDING_BY_TWO, PANEL_OF_COLUMNS, COLUMNS_ADDING, BYTES,
                    STRIP,
                    STRIP_BY_TWO -> tile.columns();
            case PANEL_PART, PANEL_EDGE, PANELS, PANELS_OF_BYTES -> Tile.largest(tile.lanes()).columns();
            case PACKING, DIRECT, EDGE, OVERLAP, STREAM, DOT -> 0;
        };
        a = array(0);
        b = key.kind().readsBytes() ? k.memory().bytes(k.parameter(3, Form.OBJECTS, type)) : array(3);
        bOffset = k.intParameter(4);
        bRow = k.intParameter(5);
        c = array(6);
        depth = k.intParameter(9);
        byTwo = key.kind().isByTwo();
        packs = key.kind() == Kind.PACKING;
        columnsOfA = key.kind() == Kind.PANEL_OF_COLUMNS || key.kind() == Kind.COLUMNS_ADDING;
        brings = key.kind().brings();
        apart = columnsOfA ? 1 : key.aRow();
        panel = packs ? array(10) : b;
        next = brings ? k.add(bOffset, bRow) : bOffset;
        adds = key.kind().adds();
        int whole = (tile.vectors() - 1) * tile.lanes().count();
        boolean edge = key.kind() == Kind.EDGE || key.kind() == Kind.PANEL_EDGE;
        lastLanes = edge && tile.lanes().isVector()
                ? k.firstLanes(k.sub(k.intParameter(10), k.constant(whole))) : null;
        lastColumn = key.kind() == Kind.OVERLAP || key.kind() == Kind.STRIP || key.kind() == Kind.STRIP_BY_TWO
                ? k.sub(k.intParameter(10), k.constant(tile.lanes().count())) : null;
    }

    private Value array(int parameter) {
        return k.memory().array(k.parameter(parameter, Form.OBJECTS, type), type);
    }

    private Value[] rowsOf(int offsetParameter, int strideParameter, int count) {
        return rowsFrom(k.intParameter(offsetParameter), strideParameter, count);
    }

    private Value[] rowsFrom(Value offset, int strideParameter, int count) {
        Value[] rows = new Value[count];
        Value stride = k.intParameter(strideParameter);
        Arrays.setAll(rows, r -> r == 0 ? offset : k.add(rows[r - 1], stride));
        return rows;
    }

    void product() {
        product(apart > 0 ? new Value[0] : rowsOf(1, 2, tile.rows()), rowsOf(7, 8, tile.rows()));
    }

    /** All tiles below each other; the last is moved back over the one before it. */
    void strip() {
        Value last = k.sub(k.intParameter(11), k.constant(tile.rows()));
        k.forRange(k.constant(0), k.intParameter(11), tile.rows(), own -> {
            Value row = k.min(own, last);
            product(rowsFrom(k.add(k.intParameter(1), k.mul(row, k.intParameter(2))), 2, tile.rows()),
                    rowsFrom(k.add(k.intParameter(7), k.mul(row, k.intParameter(8))), 8, tile.rows()));
        });
    }

    /** Some rows of B after the other; sums wait in C, which stays in the nearest cache. */
    void stream() {
        Value[] aRows = rowsOf(1, 2, tile.rows());
        Value[] cRows = rowsOf(7, 8, tile.rows());
        k.forRange(k.constant(0), depth, MicroKernels.STREAMED, i -> {
            Value[][] left = new Value[tile.rows()][MicroKernels.STREAMED];
            Value[] from = rowsFrom(k.add(bOffset, k.mul(i, bRow)), 5, MicroKernels.STREAMED);
            for (int r = 0; r < tile.rows(); r++) {
                for (int q = 0; q < MicroKernels.STREAMED; q++) {
                    left[r][q] = k.broadcast(k.memory().loadScalar(a, k.add(k.add(aRows[r], i), q)));
                }
            }
            k.forRange(k.constant(0), k.intParameter(10), tile.columns(), j -> {
                for (int v = 0; v < tile.vectors(); v++) {
                    stream(left, from, cRows, k.add(j, v * tile.lanes().count()));
                }
            });
        });
    }

    private void stream(Value[][] left, Value[] from, Value[] cRows, Value column) {
        Value[] right = new Value[MicroKernels.STREAMED];
        Arrays.setAll(right, q -> k.memory().load(b, k.add(from[q], column)));
        for (int r = 0; r < tile.rows(); r++) {
            Value at = k.add(cRows[r], column);
            Value sum = k.memory().load(c, at);
            for (int q = 0; q < MicroKernels.STREAMED; q++) {
                sum = k.fma(left[r][q], right[q], sum);
            }
            k.memory().store(c, at, sum);
        }
    }

    private void product(Value[] aRows, Value[] cRows) {
        Value[][] sums = sums(tile.rows(), tile.vectors());
        if (brings) {
            k.memory().mayBring(type);
        }
        if (byTwo) {
            stepsByTwo(aRows, sums);
        } else {
            k.forRange(depth, i -> step(aRows, i, rowOfB(i), sums, true));
        }
        eachSum((r, v) -> vector(v, () -> k.memory().store(c, column(cRows[r], v),
                adds ? k.add(k.memory().load(c, column(cRows[r], v)), sums[r][v]) : sums[r][v])));
    }

    /** Two steps a turn, and then one if there is one more: outside of a loop its loads need no order, for which HotSpot would have no nodes left. */
    private void stepsByTwo(Value[] aRows, Value[][] sums) {
        Value last = k.sub(depth, k.constant(1));
        k.forRange(k.constant(0), last, 2, i -> {
            Value row = rowOfB(i);
            step(aRows, i, row, sums, true);
            step(aRows, k.add(i, 1), k.add(row, panelColumns), sums, true);
        });
        Value rest = k.binary(Binary.AND, depth, k.constant(1));
        k.when(k.compare(Comparison.NE, rest, k.constant(0)), () -> step(aRows, last, rowOfB(last), sums, false));
    }

    private Value rowOfB(Value i) {
        return k.add(bOffset, panelColumns > 0 ? k.mul(i, panelColumns) : k.mul(i, bRow));
    }

    /** Adds the products of the i-th elements of the rows of A and a row of B. */
    private void step(Value[] aRows, Value i, Value row, Value[][] sums, boolean ordered) {
        Value[] right = new Value[tile.vectors()];
        Arrays.setAll(right, v -> panelColumns > 0 ? panel(inPanels(row, v)) : load(b, row, v));
        for (int v = 0; packs && v < tile.vectors(); v++) {
            k.memory().store(panel, column(k.add(k.intParameter(11), k.mul(i, tile.columns())), v), right[v]);
        }
        if (brings) {
            k.memory().bring(b, k.add(next, k.mul(i, k.intParameter(10))));
        }
        Value[] elements = elementsOfA(aRows, i);
        for (int r = 0; r < tile.rows(); r++) {
            Value left = k.broadcast(
                    ordered && tile.hasFewRegisters() ? k.memory().loadInOrder(a, elements[r]) : k.memory().loadScalar(a, elements[r]));
            for (int v = 0; v < tile.vectors(); v++) {
                k.assign(sums[r][v], k.fma(left, right[v], sums[r][v]));
            }
        }
    }

    /** Where the i-th elements of the rows of A are. */
    private Value[] elementsOfA(Value[] aRows, Value i) {
        Value[] elements = new Value[tile.rows()];
        if (apart == 0) {
            Arrays.setAll(elements, r -> k.add(aRows[r], i));
        } else {
            Value first = k.add(k.intParameter(1),
                    !columnsOfA ? i : tile.isTight() ? k.mul(i, tile.rows()) : k.mul(i, k.intParameter(2)));
            Arrays.setAll(elements, r -> k.add(first, r * apart));
        }
        return elements;
    }

    /** A vector of a row of a panel, or of one of those behind it. */
    private Value inPanels(Value row, int v) {
        int inPanel = panelColumns / tile.lanes().count();
        Value panel = row;
        for (int i = 0; i < v / inPanel; i++) {
            panel = k.add(panel, bRow);
        }
        return k.add(panel, v % inPanel * tile.lanes().count());
    }

    private Value panel(Value index) {
        return b.form() == Form.BYTES ? k.memory().loadBytes(b, index) : k.memory().load(b, index);
    }

    private Value load(Value array, Value row, int v) {
        Value[] result = new Value[1];
        vector(v, () -> result[0] = k.memory().load(array, column(row, v)));
        return result[0];
    }

    /** Emits what handles one vector of columns: only some of its lanes, where it is the last of an edge. */
    private void vector(int v, Runnable body) {
        if (lastLanes != null && v == tile.vectors() - 1) {
            k.with(lastLanes, body);
        } else {
            body.run();
        }
    }

    /** Rows of A times columns of B, each along the lanes. */
    void dot() {
        int parts = MicroKernels.dotLanes(type) / tile.lanes().count();
        Value[] aRows = rowsOf(1, 2, tile.rows());
        Value[] bColumns = rowsOf(4, 5, tile.vectors());
        Value[] cRows = rowsOf(7, 8, tile.rows());
        Value[][] sums = sums(tile.rows(), tile.vectors() * parts);
        Value whole = k.sub(depth, k.constant(MicroKernels.dotLanes(type) - 1));
        Value done = k.variable(k.constant(0));
        k.forRange(k.constant(0), whole, MicroKernels.dotLanes(type), i -> {
            for (int p = 0; p < parts; p++) {
                dotStep(aRows, bColumns, sums, k.add(i, p * tile.lanes().count()), p, parts);
            }
            k.assign(done, k.add(i, MicroKernels.dotLanes(type)));
        });
        dotTail(aRows, bColumns, sums, done, parts);
        for (int r = 0; r < tile.rows(); r++) {
            for (int j = 0; j < tile.vectors(); j++) {
                Value sum = k.reduce(Binary.ADD, Arrays.copyOfRange(sums[r], j * parts, (j + 1) * parts));
                k.memory().store(c, k.add(cRows[r], j), sum);
            }
        }
    }

    private void dotStep(Value[] aRows, Value[] bColumns, Value[][] sums, Value i, int part, int parts) {
        Value[] left = new Value[tile.rows()];
        Arrays.setAll(left, r -> k.memory().load(a, k.add(aRows[r], i)));
        for (int j = 0; j < tile.vectors(); j++) {
            Value right = k.memory().load(b, k.add(bColumns[j], i));
            for (int r = 0; r < tile.rows(); r++) {
                Value sum = sums[r][j * parts + part];
                k.assign(sum, k.fma(left[r], right, sum));
            }
        }
    }

    /** The last, incomplete set of virtual lanes: part by part, each a whole vector, a tail, or nothing. */
    private void dotTail(Value[] aRows, Value[] bColumns, Value[][] sums, Value done, int parts) {
        int width = tile.lanes().count();
        for (int p = 0; p < parts; p++) {
            int part = p;
            Value from = k.add(done, p * width);
            Value rest = k.sub(depth, from);
            Value end = k.add(from, k.min(rest, k.constant(width)));
            k.forLanes(from, end, i -> dotStep(aRows, bColumns, sums, i, part, parts));
        }
    }

    private Value column(Value row, int vector) {
        return lastColumn != null && vector == tile.vectors() - 1 ? k.add(row, lastColumn) : k.add(row, vector * tile.lanes().count());
    }

    private Value[][] sums(int rows, int vectors) {
        Value[][] sums = new Value[rows][vectors];
        for (Value[] row : sums) {
            Arrays.setAll(row, v -> k.variable(k.lanesOf(type, 0)));
        }
        return sums;
    }

    private void eachSum(SumBody body) {
        for (int r = 0; r < tile.rows(); r++) {
            for (int v = 0; v < tile.vectors(); v++) {
                body.at(r, v);
            }
        }
    }

    private interface SumBody {
        void at(int row, int vector);
    }
}
