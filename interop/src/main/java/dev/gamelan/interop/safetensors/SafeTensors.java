package dev.gamelan.interop.safetensors;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.interop.files.OpenFile;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * The content of a safetensors file: tensors by name, and text by key.
 *
 * <p>A file is an 8-byte little-endian length, a JSON header of that length that gives the type, shape and offsets of
 * each tensor, and the values, little-endian and row-major, without gaps. Both maps keep the order they are given in;
 * files do not: equal contents make equal bytes.
 *
 * @see <a href="https://github.com/huggingface/safetensors#format">the format</a>
 */
public record SafeTensors(Map<String, Data> tensors, Map<String, String> metadata) {

    public SafeTensors {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /**
     * Reads a whole file, or all files of an index: see {@link MappedTensors} for reading some of the tensors, and for which
     * element types are widened.
     *
     * @throws FormatException      if the file is damaged, is something else, or holds an element type that has no
     *                              {@link StoredType#dtype}
     * @throws UncheckedIOException if it cannot be read
     */
    public static SafeTensors read(Path file) {
        if (ShardIndex.isOne(file)) {
            return MappedTensors.open(file).read();
        }
        return open(file, channel -> {
            Header header = Header.read(file, channel);
            Map<String, Data> tensors = new LinkedHashMap<>();
            for (Header.Entry entry : header.entries()) {
                long start = header.dataStart() + entry.begin();
                tensors.put(entry.name(), Values.read(file, Values.from(file, channel, start, entry.end() - entry.begin()), entry));
            }
            return new SafeTensors(tensors, header.metadata());
        });
    }

    /**
     * As {@link #read}, but large tensors of FLOAT32 and FLOAT64 stay in the file until their values are asked for, and are read again
     * where nobody kept them. Meanwhile the file may be deleted, or replaced by another, but not written into: that is an error when values
     * are asked for. An index of several files, and any file where the system does not let an open one be deleted, is read at once.
     *
     * @throws FormatException as {@link #read}
     */
    public static SafeTensors readLazily(Path file) {
        if (ShardIndex.isOne(file)) {
            return read(file);
        }
        try {
            Optional<OpenFile> open = OpenFile.of(file);
            return open.isPresent() ? readLazily(file, open.get()) : read(file);
        } catch (IOException e) {
            throw cannotRead(file, e);
        }
    }

    private static SafeTensors readLazily(Path file, OpenFile open) throws IOException {
        boolean used = false;
        try {
            Header header = Header.read(file, open.channel());
            Map<String, Data> tensors = new LinkedHashMap<>();
            for (Header.Entry entry : header.entries()) {
                long start = header.dataStart() + entry.begin();
                boolean stays = isWorthwhile(entry);
                tensors.put(entry.name(), stays ? open.values(entry.valueType(file), start)
                        : Values.read(file, Values.from(file, open.channel(), start, entry.end() - entry.begin()), entry));
                used |= stays;
            }
            return new SafeTensors(tensors, header.metadata());
        } finally {
            if (!used) {
                open.close();
            }
        }
    }

    /** Those are values that have the same bits in memory. */
    private static boolean isWorthwhile(Header.Entry entry) {
        boolean floats = entry.type() == StoredType.F32 || entry.type() == StoredType.F64;
        return floats && OpenFile.isWorthwhile(entry.type().dtype().orElseThrow(), entry.end() - entry.begin());
    }

    /** Reads the text alone, which costs the same for a file of any size; errors as in {@link #read}. */
    public static Map<String, String> readMetadata(Path file) {
        return ShardIndex.isOne(file) ? MappedTensors.open(file).metadata() : open(file, channel -> Header.read(file, channel).metadata());
    }

    /**
     * Writes a file that is whole at any moment: see {@link AtomicFile}.
     *
     * @throws UncheckedIOException if it cannot be written; an old file of this name is then untouched
     */
    public void write(Path file) {
        Header header = Header.of(tensors, metadata);
        AtomicFile.write(file, channel -> {
            Values.writeFully(channel, header.bytes());
            for (Header.Entry entry : header.entries()) {
                Values.write(channel, Objects.requireNonNull(tensors.get(entry.name())));
            }
        });
    }

    /**
     * Writes several files of at most {@code limit} bytes of values each (more only for a single tensor that is larger), and an
     * index that says which tensor is where, as Hugging Face has it: {@code model-00001-of-00003.safetensors} ... beside
     * {@code model.safetensors.index.json}. Whole at any moment: the index comes last, files of an old one are not
     * overwritten but take another name, and are deleted when the new index is there. Equal to {@link #read} of the index.
     *
     * @param index ends in {@code .safetensors.index.json}
     * @throws UncheckedIOException if something cannot be written; the old index and its files are then untouched
     */
    public void writeShards(Path index, long limit) {
        Shards.write(this, index, limit);
    }

    interface Reading<T> {
        T from(FileChannel channel) throws IOException;
    }

    static <T> T open(Path file, Reading<T> reading) {
        if (Files.isDirectory(file)) {
            throw new FormatException(file + " is a folder, not a safetensors file");
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return reading.from(channel);
        } catch (IOException e) {
            throw cannotRead(file, e);
        }
    }

    private static UncheckedIOException cannotRead(Path file, IOException e) {
        return new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
    }
}
