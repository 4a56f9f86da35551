package dev.gamelan.codegen;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The innermost part of a convolution whose images are read in place: a product of two matrices, of which the left one may have its
 * inner elements anywhere.
 */
interface DirectTile {
    /**
     * C = A B, or C += A B where the kernel adds, with element (r, i) of A at {@code aOffset + places[i] + r * distance}, where the distance is that of the
     * kernel, and row i of B at {@code bOffset + i * bStep}. Each sum is one chain of fused multiply-adds in the order of i.
     */
    void run(Object a, int aOffset, int[] places, Object b, int bOffset, int bStep, Object c, int cOffset, int cStep, int depth);

    /**
     * The kernel of a tile for rows of A so far apart.
     *
     * @param adds whether it adds to C
     */
    static Warm<DirectTile> of(ElementType type, Tile tile, int distance, boolean adds) {
        return Cache.KERNELS.computeIfAbsent(new Cache.Key(type, tile, distance, Form.PLACED_LEFT, adds), Cache::emit);
    }

    /** As {@link #of}, for a B whose rows follow each other: {@code bStep} is the columns of the tile. So HotSpot checks its bounds outside of the loop. */
    static Warm<DirectTile> ofPanel(ElementType type, Tile tile, int distance) {
        return Cache.KERNELS.computeIfAbsent(new Cache.Key(type, tile, distance, Form.PANEL, false), Cache::emit);
    }

    /**
     * A kernel with the places on the other side: element (r, i) of A is at {@code aOffset + i * bStep + r}, row i of B at
     * {@code bOffset + places[i]}.
     */
    static Warm<DirectTile> placedRight(ElementType type, Tile tile, boolean adds) {
        return Cache.KERNELS.computeIfAbsent(new Cache.Key(type, tile, 1, Form.PLACED_RIGHT, adds), Cache::emit);
    }

    /** Which operand has places, and whether the rows of the other follow each other. */
    enum Form { PLACED_LEFT, PLACED_RIGHT, PANEL }

    /** Kernels by what they do. */
    final class Cache {
        private static final Map<Key, Warm<DirectTile>> KERNELS = new ConcurrentHashMap<>();

        private Cache() {
        }

        private record Key(ElementType type, Tile tile, int distance, Form form, boolean adds) {
        }

        private static Warm<DirectTile> emit(Key key) {
            Tile tile = key.tile();
            ElementType type = key.type();
            String name = "Direct" + type + tile.rows() + "x" + tile.vectors() + "by" + key.distance()
                    + (key.form() == Form.PLACED_RIGHT ? "Right" : key.form() == Form.PANEL ? "Panel" : "") + (key.adds() ? "Adding" : "");
            Object a = type.newArray(MicroKernels.WARM_TURNS * Math.max(tile.rows(), tile.columns()) + tile.rows() * key.distance());
            Object b = type.newArray(tile.columns() * (MicroKernels.WARM_TURNS + 1));
            Object c = type.newArray(tile.rows() * tile.columns());
            int[] places = new int[MicroKernels.WARM_TURNS];
            Arrays.setAll(places, i -> i);
            return Warm.later(() -> Warm.define(DirectTile.class, name, tile.lanes(), k -> new Emitter(k, key).emit()),
                    (kernel, number) -> kernel.run(a, 0, places, b, 0, tile.columns(), c, 0, tile.columns(),
                            Warm.isInterpreted(number) ? 0 : MicroKernels.WARM_TURNS));
        }
    }

    /** Writes the loop over the inner dimension, with all sums in registers. */
    final class Emitter {
        private final Assembler k;
        private final ElementType type;
        private final Tile tile;
        private final int distance;
        private final boolean placedRight;
        private final boolean panel;
        private final boolean adds;
        private final Value a;
        private final Value b;
        private final Value c;
        private final Value[][] sums;

        private Emitter(Assembler k, Cache.Key key) {
            this.k = k;
            this.type = key.type();
            this.tile = key.tile();
            this.distance = key.distance();
            this.placedRight = key.form() == Form.PLACED_RIGHT;
            this.panel = key.form() == Form.PANEL;
            this.adds = key.adds();
            this.a = array(0);
            this.b = array(3);
            this.c = array(6);
            this.sums = new Value[tile.rows()][tile.vectors()];
        }

        private Value array(int parameter) {
            return k.memory().array(k.parameter(parameter, Value.Form.OBJECTS, type), type);
        }

        private void emit() {
            for (Value[] row : sums) {
                Arrays.setAll(row, v -> k.variable(k.lanesOf(type, 0)));
            }
            boolean ordered = tile.isTight() && tile.vectors() > 1;
            Value places = k.parameter(2, Value.Form.ARRAY, ElementType.INT);
            k.forRange(k.intParameter(9), i -> {
                Value from = k.memory().loadScalar(places, i);
                Value step = panel ? k.mul(i, tile.columns()) : k.mul(i, k.intParameter(5));
                Value left = k.add(k.intParameter(1), placedRight ? step : from);
                Value at = k.add(k.intParameter(4), placedRight ? from : step);
                Value[] right = new Value[tile.vectors()];
                Arrays.setAll(right, v -> k.memory().load(b, column(at, v)));
                for (int r = 0; r < tile.rows(); r++) {
                    Value place = k.add(left, r * distance);
                    Value factor = k.broadcast(ordered ? k.memory().loadInOrder(a, place) : k.memory().loadScalar(a, place));
                    for (int v = 0; v < tile.vectors(); v++) {
                        k.assign(sums[r][v], k.fma(factor, right[v], sums[r][v]));
                    }
                }
            });
            Value[] rows = new Value[tile.rows()];
            Arrays.setAll(rows, r -> r == 0 ? k.intParameter(7) : k.add(rows[r - 1], k.intParameter(8)));
            eachSum((r, v) -> {
                Value at = column(rows[r], v);
                k.memory().store(c, at, adds ? k.add(k.memory().load(c, at), sums[r][v]) : sums[r][v]);
            });
        }

        private Value column(Value row, int vector) {
            return k.add(row, vector * tile.lanes().count());
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
