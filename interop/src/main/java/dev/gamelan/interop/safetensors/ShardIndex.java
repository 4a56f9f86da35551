package dev.gamelan.interop.safetensors;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * An index as Hugging Face writes it, {@code {"metadata": {"total_size": ...}, "weight_map": {tensor: file}}}. Nobody vouches
 * for it: its files are looked for in its own folder only, so their names are plain. (They may be symbolic links: the cache
 * of models on a disk consists of them.)
 */
record ShardIndex(Path file, Map<String, String> places) {

    static final String ENDING = ".safetensors.index.json";
    static final String MODEL = "model";
    private static final long MAX_LENGTH = Header.MAX_LENGTH;

    ShardIndex {
        places = Collections.unmodifiableMap(new LinkedHashMap<>(places));
    }

    /** Whether a path has to be read through an index: one, or a folder with a model. */
    static boolean isOne(Path file) {
        return Files.isDirectory(file) || String.valueOf(file.getFileName()).endsWith(".json");
    }

    static ShardIndex read(Path path) {
        if (!Files.isDirectory(path)) {
            return parse(path);
        }
        Path index = path.resolve(MODEL + ENDING);
        String single = MODEL + ".safetensors";
        if (Files.exists(index)) {
            return parse(index);
        }
        if (!Files.exists(path.resolve(single))) {
            throw new FormatException(path + " is a folder, not a safetensors file, and has neither " + index.getFileName() + " nor "
                    + single + " in it");
        }
        return new ShardIndex(path.resolve(single), SafeTensors.open(path.resolve(single), channel -> {
            Map<String, String> places = new LinkedHashMap<>();
            Header.read(path.resolve(single), channel).entries().forEach(entry -> places.put(entry.name(), single));
            return places;
        }));
    }

    private static ShardIndex parse(Path file) {
        JsonNode map = json(file).path("weight_map");
        if (!map.isObject()) {
            throw new FormatException(file + " is not an index of safetensors files: it has no weight_map");
        }
        Map<String, String> places = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> field : map.properties()) {
            if (!field.getValue().isString() || !isPlain(field.getValue().stringValue())) {
                throw new FormatException(
                        file + ": tensor '" + field.getKey() + "': expected the name of a file beside the index, received "
                                + field.getValue());
            }
            places.put(field.getKey(), field.getValue().stringValue());
        }
        return new ShardIndex(file, places);
    }

    private static JsonNode json(Path file) {
        try {
            if (Files.size(file) > MAX_LENGTH) {
                throw new FormatException(file + " is not an index of safetensors files: it has more than " + MAX_LENGTH + " bytes");
            }
            return StrictJson.read(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(file))).toString());
        } catch (CharacterCodingException e) {
            throw new FormatException(file + ": the index is not UTF-8", e);
        } catch (JacksonException e) {
            throw new FormatException(file + ": the index is not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
        }
    }

    /** One step of a path on any platform, and a file of the format. */
    private static boolean isPlain(String name) {
        return name.endsWith(".safetensors") && name.chars().noneMatch(c -> c < ' ' || "/\\:*?\"<>|".indexOf(c) >= 0);
    }

    /** The files, each once, in their natural order. */
    Set<String> shards() {
        return new TreeSet<>(places.values());
    }

    /** @throws FormatException if the file is not there */
    Path path(String shard) {
        Path path = file.resolveSibling(shard);
        if (!Files.isRegularFile(path)) {
            throw new FormatException(file + ": the file " + shard + " with " + Collections.frequency(places.values(), shard)
                    + " of its tensors is missing");
        }
        return path;
    }

    /** @throws FormatException unless the index says that this tensor is in this file */
    void check(String tensor, String shard) {
        String place = places.get(tensor);
        if (!shard.equals(place)) {
            throw new FormatException(file + ": tensor '" + tensor + "' is in " + shard + ", but the index "
                    + (place == null ? "does not have it" : "says it is in " + place));
        }
    }

    /** @throws FormatException if the index has tensors that no file has */
    void checkAll(Set<String> found) {
        Set<String> missing = new LinkedHashSet<>(places.keySet());
        missing.removeAll(found);
        if (!missing.isEmpty()) {
            List<String> first = missing.stream().limit(5).toList();
            throw new FormatException(file + ": " + missing.size() + " tensors are not in the files where the index says they are: " + first
                    + (missing.size() > first.size() ? " and others" : ""));
        }
    }
}
