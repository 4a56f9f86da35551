package dev.gamelan.interop.files;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;

/**
 * A file of values that are read when they are asked for, open as long as one of them is in use. It may be deleted or replaced by another
 * meanwhile; that it was written into is noticed by its size and time, so nobody reads other values than were there when it was opened.
 *
 * <p>Values are read through a buffer, not mapped: pages of a mapping stay with the process until it is undone. And not through a channel,
 * which a thread that is interrupted while it reads closes for all.
 */
public final class OpenFile {

    /** Values that are fewer bytes than this are read at once. */
    public static final int LEAST_BYTES = 64 * 1024;
    private static final int PIECE = 1 << 18;

    private final Path file;
    private final RandomAccessFile bytes;
    private final Object key;
    private final long size;
    private final FileTime time;
    private final byte[] buffer = new byte[PIECE];

    private OpenFile(Path file, RandomAccessFile bytes, Object key, BasicFileAttributes attributes) {
        this.file = file;
        this.bytes = bytes;
        this.key = key;
        this.size = attributes.size();
        this.time = attributes.lastModifiedTime();
    }

    /**
     * Nothing where the system does not let an open file be deleted or replaced, and for what is no plain file of the system: there values
     * are better read at once.
     */
    public static Optional<OpenFile> of(Path file) throws IOException {
        if (!file.getFileSystem().equals(FileSystems.getDefault()) || !Files.isRegularFile(file)) {
            return Optional.empty();
        }
        RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "r");
        BasicFileAttributes attributes = attributes(file);
        Object key = attributes.fileKey();
        if (key == null) {
            bytes.close();
            return Optional.empty();
        }
        return Optional.of(new OpenFile(file, bytes, key, attributes));
    }

    /** For what is read before the first values are asked for. */
    public FileChannel channel() {
        return bytes.getChannel();
    }

    /** For whoever found out that no values will be asked for. */
    public void close() throws IOException {
        bytes.close();
    }

    private static BasicFileAttributes attributes(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class);
    }

    /** How many bytes there are. */
    public long size() {
        return size;
    }

    /** Whether so many bytes of values of this type are worth leaving in a file. */
    public static boolean isWorthwhile(DType dtype, long bytes) {
        return (dtype == DType.FLOAT32 || dtype == DType.FLOAT64) && bytes >= LEAST_BYTES;
    }

    /** Values from byte {@code start} of the file on, of a type that has the same bits in memory. */
    public Data values(Type type, long start) {
        int bytesEach = type.dtype().bytes();
        return Data.stored(type, (from, count, array) -> read(type, start + (long) from * bytesEach, count, array));
    }

    private synchronized void read(Type type, long start, int count, Object array) {
        int bytesEach = type.dtype().bytes();
        try {
            bytes.seek(start);
            for (int done = 0; done < count;) {
                int part = Math.min(count - done, PIECE / bytesEach);
                bytes.readFully(buffer, 0, part * bytesEach);
                ByteBuffer piece = ByteBuffer.wrap(buffer, 0, part * bytesEach).order(ByteOrder.LITTLE_ENDIAN);
                boolean _ = LittleEndian.get(type.dtype(), piece, array, done, part);
                done += part;
            }
            // Afterwards, so that nothing can have happened meanwhile.
            checkUnchanged();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + " again: " + AtomicFile.reason(e), e);
        }
    }

    /** A file that has another name by now, or none, is left alone by those who write to the old name. */
    private void checkUnchanged() throws IOException {
        BasicFileAttributes now;
        try {
            now = attributes(file);
        } catch (IOException _) {
            return;
        }
        if (key.equals(now.fileKey()) && (now.size() != size || !now.lastModifiedTime().equals(time)) || bytes.length() != size) {
            throw new FormatException(file + " was written into since it was opened; its weights are read when they are needed"
                    + "\n  expected  " + size + " bytes of " + time + "\n  received  " + now.size() + " bytes of " + now.lastModifiedTime()
                    + "\n  load it again, and replace files of weights instead of writing into them");
        }
    }
}
