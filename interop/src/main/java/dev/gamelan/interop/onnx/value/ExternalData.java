package dev.gamelan.interop.onnx.value;

import dev.gamelan.interop.onnx.proto.StringStringEntryProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
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
import java.util.stream.Collectors;

/**
 * Values that a model keeps in files beside it. Only files in the model's own folder, or below it, are opened.
 *
 * @param folder the model's; none for a model that was not read from a file
 */
public record ExternalData(Optional<Path> folder) {

    public static final ExternalData NONE = new ExternalData(Optional.empty());

    /** @throws FormatException if the place lies outside of the folder or of the file */
    ByteBuffer read(TensorProto proto) {
        Map<String, String> place = proto.getExternalDataList().stream()
                .collect(Collectors.toMap(StringStringEntryProto::getKey, StringStringEntryProto::getValue, (a, _) -> a));
        Path file = file(proto.getName(), place.getOrDefault("location", ""));
        long offset = number(proto, place.getOrDefault("offset", "0"));
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long length = place.containsKey("length") ? number(proto, place.get("length")) : channel.size() - offset;
            if (offset > channel.size() || length < 0 || length > channel.size() - offset || length > Integer.MAX_VALUE) {
                throw new FormatException("tensor '" + proto.getName() + "' lies outside of its file\n  expected  at most "
                        + channel.size() + " bytes of " + file + "\n  received  " + length + " bytes from " + offset + " on");
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, offset, length);
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
        } catch (IOException | InvalidPathException e) {
            // The message below says it.
        }
        throw new FormatException("tensor '" + tensor + "' keeps its values in a file that cannot be used\n  expected  a file in the"
                + " model's folder " + root + "\n  received  '" + location + "'");
    }
}
