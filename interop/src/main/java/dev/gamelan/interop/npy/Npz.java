package dev.gamelan.interop.npy;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/** Reads and writes NumPy's {@code .npz}: a zip of {@code .npy} arrays by name. */
public final class Npz {

    private static final String SUFFIX = ".npy";
    /** A fixed time, for equal bytes: the first that a zip can say. */
    private static final LocalDateTime EPOCH = LocalDateTime.of(1980, 1, 1, 0, 0);

    private Npz() {}

    /**
     * Every array, by its name without {@code .npy}, in the order of the file.
     *
     * @throws FormatException      if it is not such a file or is damaged
     * @throws UncheckedIOException if it cannot be read
     */
    public static Map<String, Data> read(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new UncheckedIOException(new IOException("cannot read " + file + ": there is no such file"));
        }
        Map<String, Data> result = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                String name = entry.getName();
                try (InputStream in = zip.getInputStream(entry)) {
                    Data data = Npy.read(in, file + "!" + name);
                    if (result.put(name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name, data) != null) {
                        throw new FormatException(file + " has two arrays named " + name);
                    }
                }
            }
        } catch (ZipException e) {
            throw new FormatException(file + " is not an npz file or is damaged: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
        }
        return Collections.unmodifiableMap(result);
    }

    /**
     * Writes uncompressed arrays, as {@code numpy.savez} does; equal contents in equal order make equal bytes.
     *
     * @throws dev.gamelan.shape.DTypeException for BFLOAT16, which the format does not have
     * @throws UncheckedIOException             if it cannot be written
     */
    public static void write(Path file, Map<String, Data> arrays) {
        AtomicFile.write(file, channel -> {
            ZipOutputStream zip = new ZipOutputStream(Channels.newOutputStream(channel));
            zip.setLevel(0);
            for (Map.Entry<String, Data> array : arrays.entrySet()) {
                ZipEntry entry = new ZipEntry(array.getKey() + SUFFIX);
                entry.setTimeLocal(EPOCH);
                zip.putNextEntry(entry);
                Npy.write(zip, array.getValue());
                zip.closeEntry();
            }
            zip.finish();
        });
    }
}
