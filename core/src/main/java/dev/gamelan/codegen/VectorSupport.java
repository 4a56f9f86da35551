package dev.gamelan.codegen;

import java.util.Arrays;
import java.util.stream.Stream;
import jdk.incubator.vector.VectorShape;

/** Whether and how wide this JVM computes in vectors; found out without needing the vector module. */
public final class VectorSupport {
    /** Bits of the shortest vectors that store under a mask. */
    static final int SHORTEST_BITS = 128;
    private static final int PREFERRED_BITS = findPreferredBits();

    private VectorSupport() {
    }

    /** Bits of the preferred vectors (at most 512), 0 where the vector module is absent. */
    public static int preferredBits() {
        return PREFERRED_BITS;
    }

    private static int findPreferredBits() {
        int available = readPreferredShape();
        Integer forced = Integer.getInteger("gamelan.vector.bits");
        if (forced == null || available == 0) {
            return available;
        }
        return switch (forced) {
            case 0, 128, 256, 512 -> forced;
            default -> throw new IllegalArgumentException(
                    "system property gamelan.vector.bits: expected 0, 128, 256 or 512, received " + forced);
        };
    }

    private static int readPreferredShape() {
        Class<?> shapes;
        try {
            shapes = find("VectorShape");
        } catch (ClassNotFoundException e) {
            return 0;
        }
        VectorSupport.class.getModule().addReads(shapes.getModule());
        int bits = Preferred.bits();
        return bits < 128 ? 0 : Math.min(512, Integer.highestOneBit(bits));
    }

    /** Linked where the vector module is there. A method called by reflection would be asked for its annotations first, for milliseconds. */
    private static final class Preferred {
        private Preferred() {}

        static int bits() {
            return VectorShape.preferredShape().vectorBitSize();
        }
    }

    /**
     * Classes of masks beside those that kernels use. As long as HotSpot has seen one alone, it takes that one's methods for those of all masks, and
     * drops all code that it has compiled so when the next one comes: the loops of a network, half way to its full speed.
     */
    static final class Masks {
        static {
            Stream.of("Float128Vector$Float128Mask", "Int128Vector$Int128Mask").forEach(Masks::initialize);
        }

        private Masks() {}

        /** Shows them to HotSpot. */
        static void show() {
            // The class is initialized, which is all.
        }

        private static void initialize(String name) {
            try {
                find(name);
            } catch (ClassNotFoundException _) {
                // Another version of the API names them in another way; then they come when they come.
            }
        }
    }

    /** A class of the Vector API, which the boot loader has where its module was added. */
    private static Class<?> find(String name) throws ClassNotFoundException {
        return Class.forName("jdk.incubator.vector." + name, true, null);
    }

    /** The shuffle that swaps lanes {@code distance} apart. */
    static Object swap(ElementType type, Lanes lanes, int distance) {
        int[] sources = new int[lanes.count()];
        Arrays.setAll(sources, lane -> lane ^ distance);
        return make("VectorShuffle", "fromValues", int[].class, sources, type, lanes);
    }

    /** The mask of the lanes whose number has {@code bit}. */
    static Object lanesWithBit(ElementType type, Lanes lanes, int bit) {
        boolean[] set = new boolean[lanes.count()];
        for (int lane = 0; lane < set.length; lane++) {
            set[lane] = (lane & bit) != 0;
        }
        return make("VectorMask", "fromValues", boolean[].class, set, type, lanes);
    }

    /** The shortest vectors that store under a mask. */
    private static Lanes shortest(ElementType type) {
        return new Lanes(SHORTEST_BITS / type.bits(), true);
    }

    /** The shortest vector, of zeros. */
    static Object shortestVector(ElementType type) {
        try {
            return find(type.vectorClass().displayName()).getMethod("zero", find("VectorSpecies")).invoke(null,
                    species(type, shortest(type)));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot make a vector of " + type, e);
        }
    }

    /** The mask of none of its lanes. */
    static Object noLanes(ElementType type) {
        Lanes lanes = shortest(type);
        return make("VectorMask", "fromValues", boolean[].class, new boolean[lanes.count()], type, lanes);
    }

    private static Object make(String className, String method, Class<?> valuesType, Object values, ElementType type, Lanes lanes) {
        try {
            return find(className).getMethod(method, find("VectorSpecies"), valuesType).invoke(null, species(type, lanes), values);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot make a " + className + " of " + lanes + " of " + type, e);
        }
    }

    private static Object species(ElementType type, Lanes lanes) throws ReflectiveOperationException {
        return find(type.vectorClass().displayName()).getField(lanes.species(type)).get(null);
    }
}
