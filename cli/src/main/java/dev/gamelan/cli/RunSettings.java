package dev.gamelan.cli;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * All that decides how a training goes, as it is kept in the folder of a run.
 *
 * @param kept whether the folder stays after the training has ended
 * @param base the folder in which the command was given, which paths are relative to; empty for the current one
 */
record RunSettings(DataSource source, String model, int epochs, int batch, double rate, long seed, Path out, boolean kept, Path base) {

    static final String FILE = "run.json";
    private static final Path HERE = Path.of("");
    private static final JsonMapper JSON = JsonMapper.shared();

    /** Given now, in the current folder. */
    RunSettings(DataSource source, String model, int epochs, int batch, double rate, long seed, Path out, boolean kept) {
        this(source, model, epochs, batch, rate, seed, out, kept, HERE);
    }

    /** Where the data is, seen from the current folder. */
    DataSource located() {
        return source.in(base);
    }

    /** Where the model goes, seen from the current folder. */
    Path file() {
        return base.resolve(out);
    }

    void write(Path folder) {
        ObjectNode node = JSON.createObjectNode();
        node.set("data", SourceJson.write(source));
        node.put("model", model).put("epochs", epochs).put("batch", batch).put("rate", rate).put("seed", seed).put("out", out.toString())
                .put("kept", kept).put("folder", base.toAbsolutePath().toString());
        AtomicFile.write(folder.resolve(FILE), channel -> {
            ByteBuffer bytes = ByteBuffer.wrap((node.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        });
    }

    /**
     * @throws FormatException      if the folder holds no run, or the file is damaged
     * @throws UncheckedIOException if it cannot be read
     */
    static RunSettings read(Path folder) {
        Path file = folder.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            throw new FormatException(folder + " holds no training: there is no " + file);
        }
        try {
            JsonNode node = JSON.readTree(Files.readString(file));
            return new RunSettings(SourceJson.read(node.required("data")), node.required("model").stringValue(),
                    node.required("epochs").intValue(), node.required("batch").intValue(), node.required("rate").doubleValue(),
                    node.required("seed").longValue(), Path.of(node.required("out").stringValue()),
                    node.required("kept").booleanValue(), base(node.required("folder").stringValue()));
        } catch (JacksonException | IllegalArgumentException e) {
            throw new FormatException(file + " is damaged: " + Failures.cause(e), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
        }
    }

    private static Path base(String folder) {
        Path path = Path.of(folder);
        return path.equals(HERE.toAbsolutePath()) ? HERE : path;
    }
}
