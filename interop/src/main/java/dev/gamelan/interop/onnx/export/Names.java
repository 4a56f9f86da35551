package dev.gamelan.interop.onnx.export;

import dev.gamelan.shape.NameException;
import java.util.HashSet;
import java.util.Set;

/** The names of values that are taken: a graph and those inside of it share them. */
final class Names {

    private final Set<String> taken = new HashSet<>();
    private int next;

    /** @throws NameException if something else has it */
    String reserve(String name) {
        if (!taken.add(name)) {
            throw new NameException("two values of an ONNX graph have the same name\n  expected  inputs, parameters and outputs of "
                    + "different names\n  received  " + name + " twice");
        }
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
