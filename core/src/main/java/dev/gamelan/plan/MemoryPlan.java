package dev.gamelan.plan;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.shape.DType;
import java.util.List;
import java.util.Map;

/**
 * Where every buffer lies.
 *
 * @param places of each node that has a buffer
 * @param arenaSizes the elements that each pool needs, by {@link #arenaOf}
 * @param constants the values of the nodes in {@code CONSTANT} places
 * @param copies donated outputs that could not be computed in place: they are copied at the end
 */
public record MemoryPlan(Map<Node, Place> places, List<Integer> arenaSizes, List<Data> constants, List<Copy> copies) {

    /** The number of pools: one for each kind of Java array. */
    public static final int ARENAS = 7;

    /** A type of each. */
    private static final List<DType> DTYPES = List.of(DType.FLOAT32, DType.FLOAT64, DType.INT32, DType.INT64, DType.BOOL, DType.INT8,
            DType.FLOAT16);

    /** From a node's place to the input at this position. */
    public record Copy(Node from, int input) {}

    public MemoryPlan {
        arenaSizes = List.copyOf(arenaSizes);
        constants = List.copyOf(constants);
        copies = List.copyOf(copies);
    }

    /** Which pool buffers of this type lie in. */
    public static int arenaOf(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> 0;
            case FLOAT64 -> 1;
            case INT32 -> 2;
            case INT64 -> 3;
            case BOOL -> 4;
            case INT8, UINT8 -> 5;
            case FLOAT16, BFLOAT16 -> 6;
        };
    }

    /** The array of a pool. */
    public static Object newArena(int arena, int length) {
        return DTYPES.get(arena).newArray(length);
    }

    /** Bytes of an element of a pool. */
    static int elementBytes(int arena) {
        return DTYPES.get(arena).bytes();
    }

    /** Bytes of all pools together. */
    public long arenaBytes() {
        long bytes = 0;
        for (int i = 0; i < ARENAS; i++) {
            bytes += (long) arenaSizes.get(i) * elementBytes(i);
        }
        return bytes;
    }
}
