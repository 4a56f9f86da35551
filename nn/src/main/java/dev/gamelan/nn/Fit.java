package dev.gamelan.nn;

import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Whether weights are those that a model asks for, with all differences in one message. */
final class Fit {

    private static final int MOST = 8;

    private Fit() {}

    /** @throws NameException that lists what is missing, what nobody asks for, and what has another shape */
    static void check(String source, Weights expected, Weights received) {
        Map<String, Shape> wanted = new LinkedHashMap<>();
        all(expected).forEach((path, tensor) -> wanted.put(path, tensor.shape()));
        Map<String, Tensor> given = all(received);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        given.forEach((path, tensor) -> shapes.put(path, tensor.shape()));
        if (!shapes.equals(wanted)) {
            throw problem(source, wanted, given);
        }
    }

    private static Map<String, Tensor> all(Weights weights) {
        return weights.parameters().merge(weights.buffers()).toMap();
    }

    static NameException problem(String source, Map<String, Shape> wanted, Map<String, Tensor> given) {
        List<String> extra = given.keySet().stream().filter(path -> !wanted.containsKey(path)).toList();
        List<String> missing = new ArrayList<>();
        List<String> misshapen = new ArrayList<>();
        wanted.forEach((path, shape) -> {
            Tensor tensor = given.get(path);
            if (tensor == null) {
                List<String> nearest = Names.nearest(path, extra);
                missing.add(path + " " + shape + (nearest.isEmpty() ? "" : ", perhaps " + nearest.getFirst()));
            } else if (!tensor.shape().equals(shape)) {
                misshapen.add(path + ": expected " + shape + ", received " + tensor.shape());
            }
        });
        return new NameException(source + " do not fit the model" + lines("missing", missing) + lines("unexpected", extra)
                + lines("of another shape", misshapen) + "\n  to mend names: weights.parameters().rename(...)");
    }

    static String lines(String what, List<String> paths) {
        if (paths.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder("\n  " + what + ":");
        paths.stream().limit(MOST).forEach(path -> text.append("\n    ").append(path));
        return paths.size() <= MOST ? text.toString() : text + "\n    and " + (paths.size() - MOST) + " more";
    }
}
