package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.value.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The values of a graph by name; a graph inside of a node also sees those around it. */
final class Names {

    private final Map<String, Value> values = new HashMap<>();
    private final Set<String> leftOut = new HashSet<>();
    private final @Nullable Names outer;

    Names(@Nullable Names outer) {
        this.outer = outer;
    }

    void put(String name, Value value) {
        values.put(name, value);
    }

    /** An input of a function that its caller left out. */
    void leaveOut(String name) {
        leftOut.add(name);
    }

    boolean isLeftOut(String name) {
        for (Names names = this; names != null; names = names.outer) {
            if (names.values.containsKey(name)) {
                return false;
            }
            if (names.leftOut.contains(name)) {
                return true;
            }
        }
        return false;
    }

    boolean isHere(String name) {
        return values.containsKey(name);
    }

    Optional<Value> find(String name) {
        for (Names names = this; names != null; names = names.outer) {
            Value value = names.values.get(name);
            if (value != null) {
                return Optional.of(value);
            }
        }
        return Optional.empty();
    }
}
