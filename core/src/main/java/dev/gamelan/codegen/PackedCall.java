package dev.gamelan.codegen;

import dev.gamelan.ir.Derived;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One run of a convolution that reads its kernel in another form, which is kept with the kernel's values or made for the run. */
abstract class PackedCall extends ConvCall {
    /** @param form what the form follows from besides the values */
    private record Key(Object form, int offset) {
    }

    private final ElementType type;
    private final int elements;
    private final Derived.Maker maker = this::kept;
    private Key key;

    /**
     * @param form what the form follows from besides the values and where they begin
     * @param elements of the form
     */
    PackedCall(ElementType type, Object form, int elements) {
        this.type = type;
        this.elements = elements;
        this.key = new Key(form, 0);
    }

    /** Writes the form of a kernel that begins at {@link #rightOffset}. */
    abstract void pack(Object kernel, Object to);

    /** Computes the result from the operands in the fields. */
    abstract void compute(Object packed);

    @Override
    final boolean readsStored() {
        return true;
    }

    @Override
    final void compute() {
        @Nullable Object made = derived == null ? null : derived.get(key(), maker);
        if (made != null) {
            compute(made);
        } else {
            Object packed = Scratch.borrow(type, elements);
            pack(right, packed);
            compute(packed);
            Scratch.giveBack(type, packed);
        }
    }

    private Key key() {
        if (key.offset() != rightOffset) {
            key = new Key(key.form(), rightOffset);
        }
        return key;
    }

    private Object kept(@Nullable Object earlier) {
        Object to = earlier == null ? type.newArray(elements) : earlier;
        pack(isRightStored() ? Objects.requireNonNull(derived).array() : right, to);
        return to;
    }
}
