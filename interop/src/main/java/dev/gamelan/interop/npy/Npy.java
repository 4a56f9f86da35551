package dev.gamelan.interop.npy;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.interop.files.LittleEndian;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.FormatException;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Reads and writes NumPy's {@code .npy} arrays, versions 1 to 3, of either byte order and either memory order. Integers of 16 bits become
 * INT32, larger ones without a sign INT64.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">the format</a>
 */
public final class Npy {

    private static final int PIECE = 1 << 20;

    private Npy() {}

    /**
     * @throws FormatException      if it is not such a file, is truncated, or holds an element type without a {@link DType}
     * @throws UncheckedIOException if it cannot be read
     */
    public static Data read(Path file) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            Data data = read(in, file.toString());
            if (in.read() >= 0) {
                throw new FormatException(file + ": there are bytes after the array's values");
            }
            return data;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
        }
    }

    /**
     * Reads one array off a stream and leaves what follows.
     *
     * @param name for messages
     * @throws FormatException as {@link #read(Path)}
     */
    public static Data read(InputStream in, String name) throws IOException {
        try {
            NpyHeader header = NpyHeader.read(in, name);
            Object array = values(in, header, name);
            return Data.of(header.type().dtype(), header.shape(),
                    header.fortran() ? FortranOrder.toRows(header.shape(), array, header.type().dtype().newArray(header.shape().length()))
                            : array);
        } catch (EOFException e) {
            throw new FormatException(name + " is truncated or not an npy array", e);
        }
    }

    /**
     * Writes a file that is whole at any moment.
     *
     * @throws DTypeException       for BFLOAT16, which the format does not have
     * @throws UncheckedIOException if it cannot be written
     */
    public static void write(Path file, Data data) {
        byte[] header = NpyHeader.bytes(data.type());
        AtomicFile.write(file, channel -> {
            OutputStream out = Channels.newOutputStream(channel);
            out.write(header);
            writeValues(out, data);
        });
    }

    /** Writes one array to a stream; errors as in {@link #write(Path, Data)}. */
    public static void write(OutputStream out, Data data) throws IOException {
        out.write(NpyHeader.bytes(data.type()));
        writeValues(out, data);
    }

    private static void writeValues(OutputStream out, Data data) throws IOException {
        int step = PIECE / data.dtype().bytes();
        Object array = data.array();
        ByteBuffer piece = ByteBuffer.allocate(Math.min(data.length(), step) * data.dtype().bytes());
        for (int done = 0; done < data.length();) {
            int count = Math.min(step, data.length() - done);
            LittleEndian.put(data.dtype(), array, done, count, piece.clear());
            out.write(piece.array(), 0, piece.position());
            done += count;
        }
    }

    /** Grows with what is really there, so that a header's lie about the size costs no memory. */
    private static Object values(InputStream in, NpyHeader header, String name) throws IOException {
        DType dtype = header.type().dtype();
        int length = header.shape().length();
        NpyType type = header.type();
        int step = PIECE / type.bytes();
        int room = Math.min(length, 16 * step);
        Object array = dtype.newArray(room);
        for (int done = 0; done < length;) {
            int count = Math.min(step, length - done);
            if (done + count > room) {
                room = (int) Math.min(length, 2L * room);
                Object larger = dtype.newArray(room);
                System.arraycopy(array, 0, larger, 0, done);
                array = larger;
            }
            byte[] piece = in.readNBytes(count * type.bytes());
            if (piece.length < count * type.bytes()) {
                throw new FormatException(name + " is truncated: expected " + (long) length * type.bytes() + " bytes of values, received "
                        + ((long) done * type.bytes() + piece.length) + "; copy or save it again");
            }
            if (header.bigEndian()) {
                swap(piece, type.bytes());
            }
            if (!type.isExact()) {
                type.widen(piece, array, done, name);
            } else if (!LittleEndian.get(dtype, ByteBuffer.wrap(piece), array, done, count)) {
                throw new FormatException(name + ": a bool is neither 0 nor 1");
            }
            done += count;
        }
        return array;
    }

    private static void swap(byte[] bytes, int width) {
        for (int i = 0; i < bytes.length; i += width) {
            for (int low = i, high = i + width - 1; low < high; low++, high--) {
                byte b = bytes[low];
                bytes[low] = bytes[high];
                bytes[high] = b;
            }
        }
    }
}
