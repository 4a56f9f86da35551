package dev.gamelan.interop.safetensors;

import dev.gamelan.interop.files.LittleEndian;
import dev.gamelan.interop.onnx.value.SmallFloats;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/** Moves values between Java arrays and little-endian bytes, a piece at a time. */
final class Values {

    private static final int PIECE = 1 << 20;

    /** Where bytes come from. */
    @FunctionalInterface
    interface Source {
        /** That many bytes from a position of the values on. */
        ByteBuffer at(long position, int count) throws IOException;
    }

    private Values() {}

    /** All values of a tensor; {@code source} counts from where they begin. */
    static Data read(Path file, Source source, Header.Entry entry) throws IOException {
        StoredType stored = entry.type();
        Type type = entry.valueType(file);
        int length = type.shape().length();
        Object array = type.dtype().newArray(length);
        int bytes = stored.bits() / 8;
        for (int done = 0; done < length;) {
            int count = Math.min(length - done, PIECE / bytes);
            ByteBuffer piece = source.at((long) done * bytes, count * bytes).order(ByteOrder.LITTLE_ENDIAN);
            if (stored.isExact()) {
                if (!LittleEndian.get(type.dtype(), piece, array, done, count)) {
                    throw entry.bad(file, "a BOOL is neither 0 nor 1");
                }
            } else {
                widen(file, entry, piece, array, done, count);
            }
            done += count;
        }
        return new Data(type, array);
    }

    private static void widen(Path file, Header.Entry entry, ByteBuffer piece, Object array, int from, int count) {
        switch (array) {
            case float[] floats -> {
                float[] table = table(entry.type());
                for (int i = 0; i < count; i++) {
                    floats[from + i] = table[piece.get(i) & 0xFF];
                }
            }
            case int[] ints -> {
                boolean signed = entry.type() == StoredType.I16;
                for (int i = 0; i < count; i++) {
                    short value = piece.getShort(2 * i);
                    ints[from + i] = signed ? value : Short.toUnsignedInt(value);
                }
            }
            case long[] longs when entry.type() == StoredType.U32 -> {
                for (int i = 0; i < count; i++) {
                    longs[from + i] = Integer.toUnsignedLong(piece.getInt(4 * i));
                }
            }
            case long[] longs -> {
                for (int i = 0; i < count; i++) {
                    longs[from + i] = piece.getLong(8 * i);
                    if (longs[from + i] < 0) {
                        throw entry.bad(file, Long.toUnsignedString(longs[from + i]) + " does not fit into INT64, which U64 is read as");
                    }
                }
            }
            default -> throw new IllegalStateException(entry.toString());
        }
    }

    private static float[] table(StoredType type) {
        float[] table = new float[256];
        for (int bits = 0; bits < table.length; bits++) {
            table[bits] = SmallFloats.decode(type.small().orElseThrow(), bits);
        }
        return table;
    }

    /** What a channel has from {@code start} on, read through a buffer that is no larger than it has to be. */
    static Source from(Path file, FileChannel channel, long start, long bytes) {
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(PIECE, bytes));
        return (position, count) -> readFully(file, channel, start + position, buffer.clear().limit(count));
    }

    static void write(FileChannel channel, Data data) throws IOException {
        DType dtype = data.dtype();
        int length = data.length();
        // Asked for once: values that are stored elsewhere are remembered only as long as somebody holds them.
        Object array = data.array();
        ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE, (long) length * dtype.bytes()));
        for (int done = 0; done < length;) {
            int count = Math.min(length - done, PIECE / dtype.bytes());
            LittleEndian.put(dtype, array, done, count, piece.clear());
            writeFully(channel, piece.flip());
            done += count;
        }
    }

    static ByteBuffer readFully(Path file, FileChannel channel, long position, ByteBuffer buffer) throws IOException {
        long at = position;
        while (buffer.hasRemaining()) {
            int read = channel.read(buffer, at);
            if (read < 0) {
                throw new FormatException(file + " ends at byte " + at + ", in the middle of its values: it is truncated");
            }
            at += read;
        }
        return buffer.flip().order(ByteOrder.LITTLE_ENDIAN);
    }

    static void writeFully(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
