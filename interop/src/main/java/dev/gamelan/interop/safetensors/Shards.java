package dev.gamelan.interop.safetensors;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Writes tensors as several files with an index. */
final class Shards {

    private static final JsonMapper JSON = JsonMapper.shared();

    private Shards() {}

    static void write(SafeTensors content, Path index, long limit) {
        String name = String.valueOf(index.getFileName());
        if (!name.endsWith(ShardIndex.ENDING) || limit < 1) {
            throw new IllegalArgumentException("expected an index that ends in " + ShardIndex.ENDING + " and a limit of at least one byte;"
                    + " received " + name + " and " + limit);
        }
        Set<String> old = old(index);
        List<Map<String, Data>> parts = split(content.tensors(), limit);
        List<String> names = names(index, name.substring(0, name.length() - ShardIndex.ENDING.length()), parts.size());
        List<Path> written = new ArrayList<>();
        boolean done = false;
        try {
            for (int i = 0; i < parts.size(); i++) {
                written.add(index.resolveSibling(names.get(i)));
                new SafeTensors(parts.get(i), content.metadata()).write(written.getLast());
            }
            byte[] json = json(parts, names);
            AtomicFile.write(index, channel -> Values.writeFully(channel, ByteBuffer.wrap(json)));
            done = true;
        } finally {
            delete(done ? old.stream().map(index::resolveSibling).toList() : written);
        }
    }

    /** As many in each part as fit, in their order; at least one part. */
    private static List<Map<String, Data>> split(Map<String, Data> tensors, long limit) {
        List<Map<String, Data>> parts = new ArrayList<>(List.of(new LinkedHashMap<>()));
        long size = 0;
        for (Map.Entry<String, Data> tensor : tensors.entrySet()) {
            long bytes = bytes(tensor.getValue());
            if (!parts.getLast().isEmpty() && size + bytes > limit) {
                parts.add(new LinkedHashMap<>());
                size = 0;
            }
            parts.getLast().put(tensor.getKey(), tensor.getValue());
            size += bytes;
        }
        return parts;
    }

    private static long bytes(Data data) {
        return (long) data.length() * data.dtype().bytes();
    }

    /** Names that are not in use: a file that an index has is never overwritten. */
    private static List<String> names(Path index, String stem, int count) {
        for (int version = 1;; version++) {
            List<String> names = new ArrayList<>();
            for (int i = 1; i <= count; i++) {
                names.add(String.format(Locale.ROOT, "%s%s-%05d-of-%05d.safetensors", stem, version == 1 ? "" : "-v" + version, i, count));
            }
            if (names.stream().noneMatch(name -> Files.exists(index.resolveSibling(name)))) {
                return names;
            }
        }
    }

    private static byte[] json(List<Map<String, Data>> parts, List<String> names) {
        Map<String, String> places = new TreeMap<>();
        long total = 0;
        for (int i = 0; i < parts.size(); i++) {
            for (Map.Entry<String, Data> tensor : parts.get(i).entrySet()) {
                places.put(tensor.getKey(), names.get(i));
                total += bytes(tensor.getValue());
            }
        }
        ObjectNode root = JSON.createObjectNode();
        root.putObject("metadata").put("total_size", total);
        ObjectNode map = root.putObject("weight_map");
        places.forEach(map::put);
        return (JSON.writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** The files of the index that is there. */
    private static Set<String> old(Path index) {
        try {
            return Files.exists(index) ? ShardIndex.read(index).shards() : Set.of();
        } catch (FormatException e) {
            return Set.of();
        }
    }

    /** A file that cannot be deleted, as Windows has it while it is mapped, is left: no index names it. */
    private static void delete(List<Path> files) {
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                continue;
            }
        }
    }
}
