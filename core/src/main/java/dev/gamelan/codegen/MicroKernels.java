package dev.gamelan.codegen;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Which micro-kernels there are, and those that were asked for; {@link MicroKernelEmitter} writes them. */
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
    record Key(ElementType type, Tile tile, Kind kind, int aRow) {
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
            MicroKernelEmitter emitter = new MicroKernelEmitter(asm, key);
            switch (key.kind()) {
                case PANEL, PANEL_AHEAD, AHEAD_ADDING, PANEL_ADDING, PANEL_BY_TWO, ADDING_BY_TWO, PANEL_OF_COLUMNS, COLUMNS_ADDING, PACKING,
                        PANEL_PART, PANEL_EDGE, PANELS, BYTES, PANELS_OF_BYTES, DIRECT, EDGE, OVERLAP -> emitter.product();
                case STRIP, STRIP_BY_TWO -> emitter.strip();
                case STREAM -> emitter.stream();
                case DOT -> emitter.dot();
            }
        });
    }
}
