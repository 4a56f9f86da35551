package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What adds products of short rows at given places, which are copied one behind the other first. Where registers are few this is faster than to read them in
 * place ({@link DirectTile}): the loop has no places to look up and to check, and the rows of a tile lie in as few cache lines as they can.
 *
 * @param copy brings the rows of a tile together
 * @param kernel multiplies them with a panel
 * @param places of rows that are together
 */
record PackedTiles(ElementType type, Tile tile, Warm<Copy> copy, Warm<MicroKernel> kernel, PlainTile plain, int[] places) {
    /** Rows at a time while warming up. */
    private static final int WARM_ROWS = 32;
    private static final Map<Key, Warm<Copy>> COPIES = new ConcurrentHashMap<>();

    private record Key(ElementType type, Tile tile) {
    }

    /** Copies as many rows as there are places, each with as many elements as a tile has rows, and up to {@link LeftRows#SLACK} beyond the last. */
    interface Copy {
        void run(Object from, int offset, int[] places, Object to, int toOffset, int count);
    }

    /** @param depth the most rows at a time */
    static PackedTiles of(ElementType type, Tile tile, int depth) {
        int[] places = new int[depth];
        Arrays.setAll(places, i -> i * tile.rows());
        return new PackedTiles(type, tile, COPIES.computeIfAbsent(new Key(type, tile), PackedTiles::copying),
                MicroKernels.warm(type, tile, MicroKernels.Kind.COLUMNS_ADDING), new PlainTile(tile.rows(), tile.columns(), 1, false, true),
                places);
    }

    private static Warm<Copy> copying(Key key) {
        int rows = key.tile().rows();
        Object from = key.type().newArray(WARM_ROWS * rows + LeftRows.SLACK);
        Object to = key.type().newArray(WARM_ROWS * rows + LeftRows.SLACK);
        int[] places = new int[WARM_ROWS];
        Arrays.setAll(places, i -> i * rows);
        return Warm.later(() -> Warm.define(Copy.class, "PackPlaced" + key.type() + rows, key.tile().lanes(), k -> emit(k, key)),
                (copy, _) -> copy.run(from, 0, places, to, 0, WARM_ROWS));
    }

    private static void emit(Assembler k, Key key) {
        Value from = k.memory().array(k.parameter(0, Form.OBJECTS, key.type()), key.type());
        Value places = k.parameter(2, Form.ARRAY, ElementType.INT);
        Value to = k.memory().array(k.parameter(3, Form.OBJECTS, key.type()), key.type());
        Value target = k.variable(k.intParameter(4));
        k.forRange(k.intParameter(5), i -> {
            Value source = k.add(k.intParameter(1), k.memory().loadScalar(places, i));
            for (int at = 0; at < key.tile().rows(); at += key.tile().lanes().count()) {
                k.memory().store(to, k.add(target, at), k.memory().load(from, k.add(source, at)));
            }
            k.assign(target, k.add(target, key.tile().rows()));
        });
    }

    /** Waits for the kernels if there is so much to do. */
    void awaitFor(long operations) {
        PlainKernel.awaitFor(operations, type, kernel);
        PlainKernel.awaitFor(operations, type, copy);
    }

    /** Elements that rows take together. */
    int elements(int count) {
        return count * tile.rows();
    }

    /** Brings the rows of a tile together. */
    void pack(Object from, int offset, int[] froms, Object to, int toOffset, int count) {
        if (copy.isReady()) {
            copy.kernel().run(from, offset, froms, to, toOffset, count);
            return;
        }
        for (int i = 0; i < count; i++) {
            System.arraycopy(from, offset + froms[i], to, toOffset + i * tile.rows(), tile.rows());
        }
    }

    /** C += A B, where the columns of A are the rows that {@link #pack} brought together, and B is a panel as wide as the tile. */
    void multiply(Object a, int aOffset, Object b, int bOffset, Object c, int cOffset, int cStep, int depth) {
        if (kernel.isReady()) {
            kernel.kernel().run(a, aOffset, tile.rows(), b, bOffset, 0, c, cOffset, cStep, depth, tile.columns());
        } else {
            plain.run(a, aOffset, places, b, bOffset, tile.columns(), c, cOffset, cStep, depth);
        }
    }
}
