package dev.gamelan.runtime;

import dev.gamelan.ir.Type;
import dev.gamelan.plan.Place;

/** A buffer of a frame: in which storage, and how far from its base. */
public record Slot(int storage, int offset, Type type) {

    public static Slot of(Frame frame, Place place, Type type) {
        return new Slot(frame.storage(place), place.offset(), type);
    }

    public Object array(Frame frame) {
        return frame.array(storage);
    }

    public int offset(Frame frame) {
        return frame.base(storage) + offset;
    }
}
