package dev.gamelan.interop.files;

import dev.gamelan.shape.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Elements of every type as little-endian bytes, bit for bit; BOOL is one byte, 0 or 1. */
public final class LittleEndian {

    private LittleEndian() {}

    /** Appends {@code count} elements of {@code array} from {@code from} on; the buffer must have room. */
    public static void put(DType dtype, Object array, int from, int count, ByteBuffer to) {
        ByteBuffer target = to.order(ByteOrder.LITTLE_ENDIAN);
        switch (dtype) {
            case FLOAT32 -> target.asFloatBuffer().put((float[]) array, from, count);
            case FLOAT64 -> target.asDoubleBuffer().put((double[]) array, from, count);
            case FLOAT16, BFLOAT16 -> target.asShortBuffer().put((short[]) array, from, count);
            case INT8, UINT8 -> target.put(target.position(), (byte[]) array, from, count);
            case INT32 -> target.asIntBuffer().put((int[]) array, from, count);
            case INT64 -> target.asLongBuffer().put((long[]) array, from, count);
            case BOOL -> putBooleans((boolean[]) array, from, count, target);
        }
        target.position(target.position() + count * dtype.bytes());
    }

    /**
     * Takes {@code count} elements off the buffer into {@code array} from {@code to} on.
     *
     * @return false if a BOOL is neither 0 nor 1
     */
    public static boolean get(DType dtype, ByteBuffer from, Object array, int to, int count) {
        ByteBuffer source = from.order(ByteOrder.LITTLE_ENDIAN);
        boolean valid = true;
        switch (dtype) {
            case FLOAT32 -> source.asFloatBuffer().get((float[]) array, to, count);
            case FLOAT64 -> source.asDoubleBuffer().get((double[]) array, to, count);
            case FLOAT16, BFLOAT16 -> source.asShortBuffer().get((short[]) array, to, count);
            case INT8, UINT8 -> source.get(source.position(), (byte[]) array, to, count);
            case INT32 -> source.asIntBuffer().get((int[]) array, to, count);
            case INT64 -> source.asLongBuffer().get((long[]) array, to, count);
            case BOOL -> valid = getBooleans(source, (boolean[]) array, to, count);
        }
        source.position(source.position() + count * dtype.bytes());
        return valid;
    }

    private static void putBooleans(boolean[] array, int from, int count, ByteBuffer to) {
        for (int i = 0; i < count; i++) {
            to.put(to.position() + i, (byte) (array[from + i] ? 1 : 0));
        }
    }

    private static boolean getBooleans(ByteBuffer from, boolean[] array, int to, int count) {
        int seen = 0;
        for (int i = 0; i < count; i++) {
            int value = from.get(from.position() + i);
            array[to + i] = value != 0;
            seen |= value;
        }
        return (seen & ~1) == 0;
    }
}
