package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Emits the micro-kernels and keeps those that were asked for. */
final class MicroKernels {
    /** What a micro-kernel is for. */
    enum Kind {
        /** B is a packed panel: its rows follow each other, at a constant distance, which lets HotSpot check bounds outside of the loop. */
        PANEL,
        /**
         * As PANEL, and brings what is needed next into the cache meanwhile: at each step a line of B, the first of which is {@code bRow}
         * elements behind the panel's beginning and each next one {@code columns} elements further on. The rows of A are {@link #aheadRow}
         * apart: as many distances as rows leave no registers for more.
         */
        PANEL_AHEAD,
        /** As PANEL_AHEAD, and adds to C. */
        AHEAD_ADDING,
        /** As PANEL, and adds to C. A kernel for both would be twice as much to compile: each sum would be one of two vectors. */
        PANEL_ADDING,
        /** As PANEL, two steps of the inner dimension a turn: fewer instructions, but HotSpot takes three times as long for it. */
        PANEL_BY_TWO,
        /** As PANEL_BY_TWO, and adds to C. */
        ADDING_BY_TWO,
        /**
         * As PANEL, where the columns of A are contiguous: the distance of its rows is that of its columns, which are copied one behind the other if the
         * {@link Tile#isTight tile is tight}.
         */
        PANEL_OF_COLUMNS,
        /** As PANEL_OF_COLUMNS, and adds to C. */
        COLUMNS_ADDING,
        /** B is a matrix of contiguous rows, which is written to a panel meanwhile: a {@link PackingKernel}. */
        PACKING,
        /** As PANEL, with the first vectors of a panel of {@link Tile#largest}. */
        PANEL_PART,
        /** As PANEL_PART, with only some of the columns of C in the last of its vectors. */
        PANEL_EDGE,
        /** B is some packed panels next to each other, for few rows; the distance of the rows of B is that of the panels. */
        PANELS,
        /** As PANEL, of floats that are kept as bytes: {@link SmallNumbers}. */
        BYTES,
        /** As PANELS, of floats that are kept as bytes. */
        PANELS_OF_BYTES,
        /** B is a matrix of contiguous rows. */
        DIRECT,
        /** As DIRECT, with only some of the columns of the last vector. */
        EDGE,
        /** As DIRECT, with the last vector at the end of the columns, over columns of the vector before it. */
        OVERLAP,
        /** As PANEL, for any number of rows, with the last vector of C at the end of its columns, over columns of the vector before it: a {@link StripKernel}. */
        STRIP,
        /** As STRIP, two steps of the inner dimension a turn. */
        STRIP_BY_TWO,
        /**
         * As DIRECT, and adds to C, for any number of whole tiles of columns: passes {@link #STREAMED} rows of B at a time, in the order in which
         * they lie in memory, and {@code depth} is a multiple of that.
         */
        STREAM,
        /** Rows of A with columns of B, both contiguous: {@link Tile#vectors()} counts columns. */
        DOT;

        boolean readsBytes() {
            return this == BYTES || this == PANELS_OF_BYTES;
        }

        /** Of {@link Warm}: some do what PANEL does with a little work before or after it. */
        long weight() {
            return switch (this) {
                case PANEL, PANEL_OF_COLUMNS, PANELS, BYTES, PANELS_OF_BYTES, DIRECT, EDGE, OVERLAP, STRIP, DOT -> Warm.KERNEL;
                case PANEL_AHEAD, AHEAD_ADDING, PANEL_ADDING, COLUMNS_ADDING, PACKING, PANEL_PART, PANEL_EDGE,
                        STREAM -> Warm.REFINEMENT;
                case PANEL_BY_TWO, ADDING_BY_TWO, STRIP_BY_TWO -> Warm.REPLACEMENT;
            };
        }

        /** Which does the same in two steps a turn; null where there is none. */
        @Nullable Kind byTwo() {
            return switch (this) {
                case PANEL -> PANEL_BY_TWO;
                case PANEL_ADDING -> ADDING_BY_TWO;
                case STRIP -> STRIP_BY_TWO;
                case PANEL_AHEAD, AHEAD_ADDING, PANEL_BY_TWO, ADDING_BY_TWO, PANEL_OF_COLUMNS, COLUMNS_ADDING, PACKING, PANEL_PART,
                        PANEL_EDGE,
                        PANELS, BYTES, PANELS_OF_BYTES, DIRECT, EDGE, OVERLAP, STRIP_BY_TWO, STREAM, DOT -> null;
            };
        }

        boolean isByTwo() {
            return this == PANEL_BY_TWO || this == ADDING_BY_TWO || this == STRIP_BY_TWO;
        }

        boolean adds() {
            return this == PANEL_ADDING || this == ADDING_BY_TWO || this == AHEAD_ADDING || this == COLUMNS_ADDING;
        }

        boolean brings() {
            return this == PANEL_AHEAD || this == AHEAD_ADDING;
        }

        boolean readsPanels() {
            return this == PANELS || this == PANELS_OF_BYTES;
        }
    }

    /** @param aRow distance of the rows of A, where the kernel is one for that alone; else 0 */
    private record Key(ElementType type, Tile tile, Kind kind, int aRow) {
        Key(ElementType type, Tile tile, Kind kind) {
            this(type, tile, kind, 0);
        }

        /** Of the kernel with fewer instructions; null where there is none, it would gain little, or HotSpot would not inline all {@link OrderedLoads}. */
        @Nullable Key refined() {
            Kind byTwo = kind.byTwo();
            boolean gains = tile.hasFewRegisters() && tile.vectors() > 1 && tile.rows() > 2 && 2 * tile.rows() <= MOST_ORDERED;
            return byTwo != null && gains ? new Key(type, tile, byTwo, aRow) : null;
        }
    }

    /** Rows of B that pass at a time: for each that is loaded once, a sum is loaded and stored a fourth. */
    static final int STREAMED = 4;
    /** Tiles among which bringing a panel is shared: with more there is little to gain over reading ahead. */
    static final int MOST_BRINGING = 8;
    /** Elements in a cache line. */
    private static final int LINE = 16;
    /** Distances of the rows of A for kernels that bring lines: odd numbers of cache lines, so that rows do not meet in the same sets. */
    private static final List<Integer> AHEAD_ROWS = List.of(128 + 16, 256 + 16, 512 + 16, 1280 + 16);
    /** Elements that are loaded in order and inlined in one kernel: HotSpot stops when it has 18,000 nodes. */
    private static final int MOST_ORDERED = 12;
    /** Extent of the inner dimension while warming up, for which there is room, and of dot products. */
    private static final int WARM_DEPTH = 16;
    /**
     * Extent of the inner dimension of others: with more turns of the loop for each call HotSpot compiles it in the midst of a call first,
     * which takes it as long as the method.
     */
    static final int WARM_TURNS = 8;

    private static final Map<Key, MicroKernel> KERNELS = new ConcurrentHashMap<>();
    private static final Map<Key, Warm<MicroKernel>> WARM = new ConcurrentHashMap<>();
    private static final Map<Key, Warm<PackingKernel>> PACKING = new ConcurrentHashMap<>();
    private static final Map<Key, Warm<StripKernel>> STRIPS = new ConcurrentHashMap<>();

    private MicroKernels() {
    }

    static MicroKernel of(ElementType type, Tile tile, Kind kind) {
        return KERNELS.computeIfAbsent(new Key(type, tile, kind), key -> emit(MicroKernel.class, key));
    }

    /** A kernel for packed panels, which begins to warm up when it is asked for first. */
    static Warm<MicroKernel> warmPanel(ElementType type, Tile tile) {
        return warm(type, tile, Kind.PANEL);
    }

    /** As {@link #warmPanel}, for panels of {@link SmallNumbers}. */
    static Warm<MicroKernel> warmBytes(Tile tile) {
        return warm(ElementType.FLOAT, tile, Kind.BYTES);
    }

    /** A kernel for a packed panel that has only {@code columns} columns. */
    static Warm<MicroKernel> warmEdge(ElementType type, Tile tile, int columns) {
        int vectors = Math.ceilDiv(columns, tile.lanes().count());
        boolean whole = columns % tile.lanes().count() == 0;
        return warm(type, new Tile(tile.lanes(), tile.rows(), vectors), whole ? Kind.PANEL_PART : Kind.PANEL_EDGE);
    }

    /** A kernel for products, which begins to warm up when it is asked for first. */
    static Warm<MicroKernel> warm(ElementType type, Tile tile, Kind kind) {
        return WARM.computeIfAbsent(new Key(type, tile, kind), MicroKernels::warm);
    }

    private static Warm<MicroKernel> warm(Key key) {
        Tile tile = key.tile();
        Object a = key.type().newArray(key.kind().brings() ? tile.rows() * key.aRow() : Math.max(tile.rows(), WARM_DEPTH) * WARM_DEPTH);
        int width = Math.max(tile.columns(), Tile.largest(tile.lanes()).columns());
        Object b = key.kind().readsBytes() ? new byte[width * WARM_DEPTH] : key.type().newArray(width * WARM_DEPTH);
        int panel = Tile.largest(tile.lanes()).columns() * WARM_DEPTH;
        int distance = key.kind().brings() ? 0 : key.kind().readsPanels() ? panel : width;
        Object c = key.type().newArray(tile.rows() * tile.columns());
        Key refined = key.refined();
        return Warm.later(() -> emit(MicroKernel.class, key), (kernel, number) -> {
            int depth = Warm.isInterpreted(number) ? 0 : key.kind() == Kind.DOT ? WARM_DEPTH : depth(key.kind(), number);
            kernel.run(a, 0, WARM_DEPTH, b, 0, distance, c, 0, tile.columns(), depth,
                    key.kind().brings() ? 1 : tile.columns() - number % 2);
        }, key.kind().weight(), refined == null ? null : warm(refined));
    }

    /** Even and odd where it makes a difference. */
    private static int depth(Kind kind, int number) {
        return kind.isByTwo() ? WARM_TURNS + number / 2 % 2 : WARM_TURNS;
    }

    /** A kernel that packs as it goes, which begins to warm up when it is asked for first. */
    static Warm<PackingKernel> warmPacking(ElementType type, Tile tile) {
        return PACKING.computeIfAbsent(new Key(type, tile, Kind.PACKING), key -> {
            int width = tile.columns();
            Object a = type.newArray(tile.rows() * WARM_DEPTH);
            Object b = type.newArray(width * WARM_DEPTH);
            Object panel = type.newArray(width * WARM_DEPTH);
            Object c = type.newArray(tile.rows() * width);
            return Warm.later(() -> emit(PackingKernel.class, key), (kernel, number) -> {
                int depth = Warm.isInterpreted(number) ? 0 : WARM_TURNS;
                kernel.run(a, 0, WARM_DEPTH, b, 0, width, c, 0, width, depth, panel, 0);
            }, key.kind().weight());
        });
    }

    /** A kernel for any number of rows, which begins to warm up when it is asked for first. */
    static Warm<StripKernel> warmStrip(ElementType type, Tile tile) {
        return STRIPS.computeIfAbsent(new Key(type, tile, Kind.STRIP), MicroKernels::strip);
    }

    static StripKernel stripOf(ElementType type, Tile tile, Kind kind) {
        return emit(StripKernel.class, new Key(type, tile, kind));
    }

    private static Warm<StripKernel> strip(Key key) {
        Tile tile = key.tile();
        int width = tile.columns();
        int rows = 2 * tile.rows();
        Object a = key.type().newArray(rows * WARM_DEPTH);
        Object b = key.type().newArray(width * WARM_DEPTH);
        Object c = key.type().newArray(rows * width);
        Key refined = key.refined();
        return Warm.later(() -> emit(StripKernel.class, key), (kernel, number) -> {
            int depth = Warm.isInterpreted(number) ? 0 : depth(key.kind(), number);
            kernel.run(a, 0, WARM_DEPTH, b, 0, width, c, 0, width, depth, width - number % 2 * (tile.vectors() - 1), rows);
        }, key.kind().weight(), refined == null ? null : strip(refined));
    }

    /**
     * Whether there are kernels that bring lines while they multiply so many elements. Stores under masks of no lanes were measured where vectors are
     * as long as lines only.
     */
    static boolean canBring(ElementType type, Tile tile, int depth) {
        return type == ElementType.FLOAT && tile.lanes().count() == 16 && tile.columns() == Tile.largest(tile.lanes()).columns()
                && depth + LeftRows.SLACK <= AHEAD_ROWS.getLast();
    }

    /** The distance that rows of A of so many elements must have for a kernel that brings lines: one of few, so that there are few kernels. */
    static int aheadRow(int depth) {
        return AHEAD_ROWS.stream().filter(row -> depth + LeftRows.SLACK <= row).findFirst().orElseThrow();
    }

    /** The elements of a panel that a kernel brings at each step, where so many tiles together bring all of it, or nearly. */
    static int broughtAtOnce(Tile tile, int tiles) {
        return Math.min(LINE, tile.columns() / tiles);
    }

    /** A kernel that brings lines while it multiplies up to {@code depth} elements, which begins to warm up when it is asked for first. */
    static Warm<MicroKernel> warmAhead(ElementType type, Tile tile, int depth, boolean adds) {
        return WARM.computeIfAbsent(new Key(type, tile, adds ? Kind.AHEAD_ADDING : Kind.PANEL_AHEAD, aheadRow(depth)), MicroKernels::warm);
    }

    /** Partial sums of a dot product: fixed, so that its bits do not depend on the lanes of the machine. */
    static int dotLanes(ElementType type) {
        return 512 / type.bits();
    }

    private static <K> K emit(Class<K> form, Key key) {
        Tile tile = key.tile();
        String name = "Gemm" + key.kind() + key.type() + tile.rows() + "x" + tile.vectors() + (key.aRow() == 0 ? "" : "of" + key.aRow());
        return Warm.define(form, name, tile.lanes(), asm -> {
            Emitter emitter = new Emitter(asm, key);
            switch (key.kind()) {
                case PANEL, PANEL_AHEAD, AHEAD_ADDING, PANEL_ADDING, PANEL_BY_TWO, ADDING_BY_TWO, PANEL_OF_COLUMNS, COLUMNS_ADDING, PACKING,
                        PANEL_PART, PANEL_EDGE, PANELS, BYTES, PANELS_OF_BYTES, DIRECT, EDGE, OVERLAP -> emitter.product();
                case STRIP, STRIP_BY_TWO -> emitter.strip();
                case STREAM -> emitter.stream();
                case DOT -> emitter.dot();
            }
        });
    }

    private static final class Emitter {
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

        Emitter(Assembler asm, Key key) {
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
            k.forRange(k.constant(0), depth, STREAMED, i -> {
                Value[][] left = new Value[tile.rows()][STREAMED];
                Value[] from = rowsFrom(k.add(bOffset, k.mul(i, bRow)), 5, STREAMED);
                for (int r = 0; r < tile.rows(); r++) {
                    for (int q = 0; q < STREAMED; q++) {
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
            Value[] right = new Value[STREAMED];
            Arrays.setAll(right, q -> k.memory().load(b, k.add(from[q], column)));
            for (int r = 0; r < tile.rows(); r++) {
                Value at = k.add(cRows[r], column);
                Value sum = k.memory().load(c, at);
                for (int q = 0; q < STREAMED; q++) {
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
            int parts = dotLanes(type) / tile.lanes().count();
            Value[] aRows = rowsOf(1, 2, tile.rows());
            Value[] bColumns = rowsOf(4, 5, tile.vectors());
            Value[] cRows = rowsOf(7, 8, tile.rows());
            Value[][] sums = sums(tile.rows(), tile.vectors() * parts);
            Value whole = k.sub(depth, k.constant(dotLanes(type) - 1));
            Value done = k.variable(k.constant(0));
            k.forRange(k.constant(0), whole, dotLanes(type), i -> {
                for (int p = 0; p < parts; p++) {
                    dotStep(aRows, bColumns, sums, k.add(i, p * tile.lanes().count()), p, parts);
                }
                k.assign(done, k.add(i, dotLanes(type)));
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
}
