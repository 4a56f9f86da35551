package dev.gamelan.domains.data;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.interop.files.LittleEndian;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Reads the IDX format of the MNIST family: a code for the element type, the extents, then the values, all big-endian;
 * also compressed with gzip.
 *
 * @see <a href="https://yann.lecun.com/exdb/mnist/">the format</a>
 */
public final class Idx {

    private static final int PIECE = 1 << 20;

    private Idx() {}

    /**
     * @throws FormatException      if the file is damaged or something else
     * @throws UncheckedIOException if it cannot be read
     */
    public static Data read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return read(in, file.toString());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
        }
    }

    /** @param name for messages; errors as in {@link #read(Path)} */
    public static Data read(InputStream in, String name) throws IOException {
        try {
            DataInputStream plain = new DataInputStream(uncompressed(in));
            Data data = parse(plain, name);
            if (plain.read() >= 0) {
                throw new FormatException(name + ": there are bytes after the last value of shape " + data.shape());
            }
            return data;
        } catch (EOFException | ZipException e) {
            throw new FormatException(name + " is truncated or damaged", e);
        }
    }

    private static InputStream uncompressed(InputStream in) throws IOException {
        BufferedInputStream buffered = new BufferedInputStream(in, 1 << 16);
        buffered.mark(2);
        boolean gzip = buffered.read() == 0x1F && buffered.read() == 0x8B;
        buffered.reset();
        return gzip ? new BufferedInputStream(new GZIPInputStream(buffered, 1 << 16), 1 << 16) : buffered;
    }

    private static Data parse(DataInputStream in, String name) throws IOException {
        int magic = in.readInt();
        int rank = magic & 0xFF;
        if (magic >>> 16 != 0 || rank > 8) {
            throw new FormatException(name + " is not an IDX file: it starts with 0x%08x".formatted(magic));
        }
        DType dtype = switch (magic >>> 8) {
            case 0x08 -> DType.UINT8;
            case 0x09 -> DType.INT8;
            case 0x0C -> DType.INT32;
            case 0x0D -> DType.FLOAT32;
            case 0x0E -> DType.FLOAT64;
            default -> throw new FormatException(name + ": the element type 0x%02x is not supported".formatted(magic >>> 8));
        };
        int[] dims = new int[rank];
        for (int i = 0; i < rank; i++) {
            dims[i] = in.readInt();
        }
        try {
            Shape shape = Shape.of(dims);
            return Data.of(dtype, shape, values(in, dtype, shape.length()));
        } catch (ShapeException e) {
            throw new FormatException(name + ": impossible extents " + Arrays.toString(dims), e);
        }
    }

    /** Grows with what is really there, so that a false extent costs no memory. */
    private static Object values(DataInputStream in, DType dtype, int length) throws IOException {
        byte[] bytes = new byte[0];
        if ((long) length * dtype.bytes() > Integer.MAX_VALUE - 8) {
            throw new EOFException();
        }
        int total = length * dtype.bytes();
        for (int done = 0; done < total;) {
            int count = Math.min(PIECE, total - done);
            if (done + count > bytes.length) {
                bytes = Arrays.copyOf(bytes, (int) Math.min(total, Math.max(2L * bytes.length, PIECE)));
            }
            in.readFully(bytes, done, count);
            done += count;
        }
        if (dtype.bytes() == 1) {
            return bytes;
        }
        Object array = dtype.newArray(length);
        ByteBuffer little = ByteBuffer.wrap(reversed(bytes, dtype.bytes()));
        LittleEndian.get(dtype, little, array, 0, length);
        return array;
    }

    private static byte[] reversed(byte[] bytes, int width) {
        byte[] result = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            result[i] = bytes[i - i % width + width - 1 - i % width];
        }
        return result;
    }
}
