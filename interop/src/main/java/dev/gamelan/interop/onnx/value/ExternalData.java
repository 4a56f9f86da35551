package dev.gamelan.interop.onnx.value;

import dev.gamelan.interop.files.OpenFile;
import dev.gamelan.interop.onnx.proto.StringStringEntryProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/** Values that a model keeps in files beside it, or left in its own. Only files in the model's own folder, or below it, are opened. */
public final class ExternalData {

    public static final ExternalData NONE = new ExternalData(Optional.empty(), Optional.empty());

    /** Stands for the model's own file. There is no path of this name. */
    private static final String OWN = "\0";

    private record Place(String location, long offset, Optional<Long> given) {

        static Place of(TensorProto proto) {
            Map<String, String> entries = proto.getExternalDataList().stream()
                    .collect(Collectors.toMap(StringStringEntryProto::getKey, StringStringEntryProto::getValue, (a, _) -> a));
            return new Place(entries.getOrDefault("location", ""), number(proto, entries.getOrDefault("offset", "0")),
                    Optional.ofNullable(entries.get("length")).map(length -> number(proto, length)));
        }

        /** The number of bytes. */
        long length(TensorProto proto, Object file, long size) {
            long length = given.orElse(size - offset);
            if (offset > size || length < 0 || length > size - offset) {
                throw outside(proto, file, size, length);
            }
            return length;
        }

        FormatException outside(TensorProto proto, Object file, long size, long length) {
            return new FormatException("tensor '" + proto.getName() + "' lies outside of its file\n  expected  at most " + size
                    + " bytes of " + file + "\n  received  " + length + " bytes from " + offset + " on");
        }
    }

    private final Optional<Path> folder;
    private final Optional<OpenFile> own;
    private final Map<Path, Optional<OpenFile>> open = new ConcurrentHashMap<>();

    /**
     * @param folder the model's; none for a model that was not read from a file
     * @param own    the model's file, if values were left in it
     */
    public ExternalData(Optional<Path> folder, Optional<OpenFile> own) {
        this.folder = folder;
        this.own = own;
    }

    /** What a tensor's message has instead of values that are left in the model's own file. */
    public static TensorProto own(long offset, long length) {
        return TensorProto.newBuilder().setDataLocation(TensorProto.DataLocation.EXTERNAL).addExternalData(entry("location", OWN))
                .addExternalData(entry("offset", Long.toString(offset))).addExternalData(entry("length", Long.toString(length))).build();
    }

    private static StringStringEntryProto entry(String key, String value) {
        return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
    }

    /**
     * Large values that stay in their file until they are asked for; none where they are better read at once.
     *
     * @param type has the same bits in memory
     * @throws FormatException if the place lies outside of the folder or of the file, or is not as long as the type
     */
    Optional<Data> stored(TensorProto proto, Type type) {
        long needed = type.shape().size() * type.dtype().bytes();
        if (!OpenFile.isWorthwhile(type.dtype(), needed)) {
            return Optional.empty();
        }
        Place place = Place.of(proto);
        return open(proto, place).map(file -> {
            long length = place.length(proto, place.location.equals(OWN) ? "the model" : place.location, file.size());
            if (length != needed) {
                throw TensorReader.damaged(proto, needed + " bytes for " + type, length + " bytes");
            }
            return file.values(type, place.offset);
        });
    }

    private Optional<OpenFile> open(TensorProto proto, Place place) {
        if (place.location.equals(OWN) && own.isPresent()) {
            return own;
        }
        return open.computeIfAbsent(file(proto.getName(), place.location), file -> {
            try {
                return OpenFile.of(file);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot read " + file, e);
            }
        });
    }

    /** @throws FormatException if the place lies outside of the folder or of the file */
    ByteBuffer read(TensorProto proto) {
        Place place = Place.of(proto);
        if (place.location.equals(OWN) && own.isPresent()) {
            return map(proto, place, "the model", own.get().channel());
        }
        Path file = file(proto.getName(), place.location);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return map(proto, place, file, channel);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private static ByteBuffer map(TensorProto proto, Place place, Object file, FileChannel channel) {
        try {
            long length = place.length(proto, file, channel.size());
            if (length > Integer.MAX_VALUE) {
                throw place.outside(proto, file, channel.size(), length);
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, place.offset, length);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private static long number(TensorProto proto, String text) {
        try {
            long number = Long.parseLong(text);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The message below says it.
        }
        throw new FormatException("tensor '" + proto.getName() + "' has no place in its file\n  expected  a whole number of bytes"
                + "\n  received  " + text);
    }

    private Path file(String tensor, String location) {
        Path root = folder.orElseThrow(() -> new FormatException("tensor '" + tensor + "' keeps its values in the file '" + location
                + "'\n  expected  a model that is read from a file\n  received  a model from memory"));
        try {
            Path real = root.toRealPath();
            Path file = real.resolve(location).normalize();
            boolean inside = !location.isEmpty() && !Path.of(location).isAbsolute() && file.startsWith(real) && Files.exists(file)
                    && file.toRealPath().startsWith(real);
            if (inside && Files.isRegularFile(file)) {
                return file;
            }
            if (file.startsWith(real) && Files.notExists(file)) {
                throw new FormatException("tensor '" + tensor + "' keeps its values in a file that is not there\n  expected  '" + location
                        + "' in the model's folder " + root + "\n  received  none; copy it there from where the model comes from");
            }
        } catch (IOException | InvalidPathException e) {
            // The message below says it.
        }
        throw new FormatException("tensor '" + tensor + "' keeps its values in a file that cannot be used\n  expected  a file in the"
                + " model's folder " + root + "\n  received  '" + location + "'");
    }
}
