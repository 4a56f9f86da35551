package dev.gamelan.interop.safetensors;

import dev.gamelan.interop.files.LittleEndian;
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

    private Values() {}

    static Data read(Path file, FileChannel channel, long dataStart, Header.Entry entry) throws IOException {
        Type type = entry.type();
        DType dtype = type.dtype();
        int length = type.shape().length();
        Object array = dtype.newArray(length);
        ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE, (long) length * dtype.bytes()));
        long position = dataStart + entry.begin();
        for (int done = 0; done < length;) {
            int count = Math.min(length - done, PIECE / dtype.bytes());
            readFully(file, channel, position, piece.clear().limit(count * dtype.bytes()));
            if (!LittleEndian.get(dtype, piece, array, done, count)) {
                throw new FormatException(file + ": tensor '" + entry.name() + "': a BOOL is neither 0 nor 1");
            }
            position += (long) count * dtype.bytes();
            done += count;
        }
        return new Data(type, array);
    }

    static void write(FileChannel channel, Data data) throws IOException {
        DType dtype = data.dtype();
        int length = data.length();
        ByteBuffer piece = ByteBuffer.allocate((int) Math.min(PIECE, (long) length * dtype.bytes()));
        for (int done = 0; done < length;) {
            int count = Math.min(length - done, PIECE / dtype.bytes());
            LittleEndian.put(dtype, data.array(), done, count, piece.clear());
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
