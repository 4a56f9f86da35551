package dev.gamelan.runtime;

import dev.gamelan.ir.Derived;
import dev.gamelan.ir.Type;
import dev.gamelan.plan.Place;
import org.jspecify.annotations.Nullable;

/** A buffer of a frame: in which storage, and how far from its base. */
public record Slot(int storage, int offset, Type type) {

    public static Slot of(Frame frame, Place place, Type type) {
        return new Slot(frame.storage(place), place.offset(), type);
    }

    public Object array(Frame frame) {
        return frame.array(storage);
    }

    /** The array, or null where its values have not been read: {@link #derived} then has them. */
    public @Nullable Object arrayIfKept(Frame frame) {
        return frame.arrayIfKept(storage);
    }

    /** Other forms of the whole array, if it does not change. */
    public @Nullable Derived derived(Frame frame) {
        return frame.derived(storage);
    }

    public int offset(Frame frame) {
        return frame.base(storage) + offset;
    }
}
