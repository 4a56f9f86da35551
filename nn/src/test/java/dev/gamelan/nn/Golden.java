package dev.gamelan.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What PyTorch computed, as written by {@code src/test/python/golden.py}. */
final class Golden {

    private static final JsonNode ALL = read("golden.json");

    private Golden() {}

    static JsonNode read(String file) {
        try (InputStream in = Objects.requireNonNull(Golden.class.getResourceAsStream(file))) {
            return JsonMapper.shared().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<JsonNode> cases(String kind) {
        return StreamSupport.stream(ALL.get(kind).spliterator(), false).toList();
    }

    static Tensor tensor(JsonNode node) {
        JsonNode values = node.get("values");
        float[] floats = new float[values.size()];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values.get(i).asDouble();
        }
        int[] dims = StreamSupport.stream(node.get("shape").spliterator(), false).mapToInt(JsonNode::asInt).toArray();
        return dims.length == 0 ? Tensor.scalar(floats[0]) : Tensor.of(floats, dims);
    }

    static TensorMap map(JsonNode node) {
        TensorMap map = TensorMap.of();
        for (var entry : node.properties()) {
            map = map.with(entry.getKey(), tensor(entry.getValue()));
        }
        return map;
    }

    /** Equal shapes, and numbers equal up to a share of the largest. */
    static void assertClose(Tensor expected, Tensor received, double tolerance, String what) {
        assertEquals(expected.shape(), received.shape(), what);
        double[] want = expected.toDoubleArray();
        double[] got = received.toDoubleArray();
        double scale = 1;
        for (double value : want) {
            scale = Math.max(scale, Math.abs(value));
        }
        for (int i = 0; i < want.length; i++) {
            assertEquals(want[i], got[i], tolerance * scale, what + " [" + i + "]");
        }
    }
}
