package dev.gamelan.interop.onnx.export;

import java.util.HashSet;
import java.util.Set;

/** The names of values that are taken: a graph and those inside of it share them. */
final class Names {

    private final Set<String> taken = new HashSet<>();
    private int next;

    String reserve(String name) {
        taken.add(name);
        return name;
    }

    /** A name that nothing has. */
    String fresh(String prefix) {
        String name;
        do {
            name = prefix + "_" + next++;
        } while (!taken.add(name));
        return name;
    }
}
