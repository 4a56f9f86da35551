package dev.gamelan.codegen;

/** Whether and how wide this JVM computes in vectors; found out without linking to the vector module. */
public final class VectorSupport {
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
        return ModuleLayer.boot().findModule("jdk.incubator.vector").map(VectorSupport::readPreferredShape).orElse(0);
    }

    private static int readPreferredShape(Module vectorModule) {
        VectorSupport.class.getModule().addReads(vectorModule);
        try {
            Class<?> shapes = Class.forName(vectorModule, "jdk.incubator.vector.VectorShape");
            Object shape = shapes.getMethod("preferredShape").invoke(null);
            int bits = (int) shapes.getMethod("vectorBitSize").invoke(shape);
            return bits < 128 ? 0 : Math.min(512, Integer.highestOneBit(bits));
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("cannot read the preferred vector shape of this JVM", e);
        }
    }
}
