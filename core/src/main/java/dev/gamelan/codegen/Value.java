package dev.gamelan.codegen;

import java.lang.classfile.TypeKind;

/**
 * A handle on a local variable of the kernel being emitted.
 *
 * @param form what the local holds
 * @param type element type; of a {@link Form#FLAGS}, {@link Form#BYTES} or {@link Form#OBJECTS} local it has no meaning
 * @param slot number of the local variable
 */
public record Value(Form form, ElementType type, int slot) {
    /** What a local holds. */
    public enum Form {
        /** One element; indices are INT scalars. */
        SCALAR,
        /** One element per lane: a vector, or one element in the scalar form. */
        LANES,
        /** One truth value per lane. */
        MASK,
        /** One truth value, of a comparison of scalars. */
        CONDITION,
        /** {@code float[]}, {@code double[]}, {@code int[]} or {@code long[]}. */
        ARRAY,
        /** {@code boolean[]}. */
        FLAGS,
        /** {@code byte[]}. */
        BYTES,
        /** {@code Object[]}, any array of arrays, or an object that is cast to an array. */
        OBJECTS
    }

    TypeKind kind(Lanes lanes) {
        return switch (form) {
            case SCALAR -> type.kind();
            case CONDITION -> TypeKind.INT;
            case LANES -> lanes.isVector() ? TypeKind.REFERENCE : type.kind();
            case MASK -> lanes.isVector() ? TypeKind.REFERENCE : TypeKind.INT;
            case ARRAY, FLAGS, BYTES, OBJECTS -> TypeKind.REFERENCE;
        };
    }
}
