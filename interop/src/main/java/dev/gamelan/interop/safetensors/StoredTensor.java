package dev.gamelan.interop.safetensors;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A tensor in a mapped file: its type and shape are known, its values are read from the disk when they are asked for. */
public final class StoredTensor {

    private final Path file;
    private final Header.Entry entry;
    private final MemorySegment bytes;

    /** @param bytes those of this tensor alone */
    StoredTensor(Path file, Header.Entry entry, MemorySegment bytes) {
        this.file = file;
        this.entry = entry;
        this.bytes = bytes;
    }

    public String name() {
        return entry.name();
    }

    public StoredType type() {
        return entry.type();
    }

    /** The extents, which may be more than a Java array can hold. */
    public List<Long> dims() {
        return entry.dims();
    }

    /** The file that holds the values. */
    public Path file() {
        return file;
    }

    /**
     * The values as the file has them, little-endian and row-major, read-only; the file stays mapped as long as somebody
     * holds them. It must not be cut short meanwhile: see {@link MappedTensors}.
     */
    public MemorySegment bytes() {
        return bytes;
    }

    /**
     * Reads the values.
     *
     * @return of the type {@link StoredType#dtype}
     * @throws FormatException if there is no such type, the values do not fit into one Java array, a BOOL is neither 0 nor 1,
     *                         a U64 is too large for INT64, or the file was cut short since it was opened
     */
    public Data data() {
        try {
            return Values.read(file, (position, count) -> bytes.asSlice(position, count).asByteBuffer(), entry);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InternalError e) {
            throw new FormatException(file + ": tensor '" + name() + "': the file was cut short since it was opened", e);
        }
    }

    /**
     * A part along the first axis, which is as lazy.
     *
     * @param to exclusive
     * @throws IndexOutOfBoundsException if there are no such rows
     */
    public StoredTensor rows(long from, long to) {
        if (dims().isEmpty() || from < 0 || from > to || to > dims().getFirst()) {
            throw new IndexOutOfBoundsException("rows " + from + " to " + to + " of tensor '" + name() + "' " + dims());
        }
        long rows = dims().getFirst();
        long bits = rows == 0 ? 0 : 8 * (bytes.byteSize() / rows);
        if (bits * rows != 8 * bytes.byteSize()) {
            throw new FormatException(file + ": tensor '" + name() + "': a row of " + type() + " " + dims() + " does not fill whole bytes");
        }
        List<Long> dims = new ArrayList<>(dims());
        dims.set(0, to - from);
        long begin = entry.begin() + bits / 8 * from;
        long size = bits / 8 * (to - from);
        Header.Entry part = new Header.Entry(name(), type(), List.copyOf(dims), begin, begin + size);
        return new StoredTensor(file, part, bytes.asSlice(begin - entry.begin(), size));
    }

    @Override
    public String toString() {
        return name() + ": " + type() + " " + dims();
    }
}
