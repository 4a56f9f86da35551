package dev.gamelan.tensor;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a tree is besides its tensors. Two trees of equal structure have the same leaves in the same places. */
sealed interface Structure {

    /** A {@link Tensor}. */
    record Leaf() implements Structure {
        static final Leaf INSTANCE = new Leaf();
    }

    /** A {@link RandomKey}: one leaf. */
    record Key() implements Structure {
        static final Key INSTANCE = new Key();
    }

    /** A {@link TensorMap}: one leaf per path. */
    record Mapping(List<String> paths) implements Structure {}

    /** A record, by its components. */
    record Composite(RecordAccess access, List<Structure> parts) implements Structure {}

    /** A list, by its elements. */
    record Sequence(List<Structure> parts) implements Structure {}

    /** Anything else; compared with equals. */
    record Constant(@Nullable Object value) implements Structure {}

    /** The structure of a value, whose leaves are appended. */
    static Structure flatten(@Nullable Object value, List<Tensor> leaves) {
        return switch (value) {
            case Tensor tensor -> leaf(tensor, leaves);
            case RandomKey key -> key(key, leaves);
            case TensorMap map -> {
                leaves.addAll(map.values());
                yield new Mapping(map.paths());
            }
            case List<?> list -> {
                List<Structure> parts = new ArrayList<>(list.size());
                for (Object part : list) {
                    parts.add(flatten(part, leaves));
                }
                yield new Sequence(List.copyOf(parts));
            }
            case Record tree when tree instanceof Tree -> composite(tree, leaves);
            case null, default -> constant(value);
        };
    }

    private static Structure leaf(Tensor tensor, List<Tensor> leaves) {
        leaves.add(tensor);
        return Leaf.INSTANCE;
    }

    private static Structure key(RandomKey key, List<Tensor> leaves) {
        leaves.add(key.bits());
        return Key.INSTANCE;
    }

    private static Structure composite(Record tree, List<Tensor> leaves) {
        RecordAccess access = RecordAccess.of(tree.getClass());
        Structure[] parts = new Structure[access.size()];
        for (int i = 0; i < parts.length; i++) {
            parts[i] = flatten(access.get(tree, i), leaves);
        }
        return new Composite(access, List.of(parts));
    }

    private static Structure constant(@Nullable Object value) {
        if (value instanceof Tree && !(value instanceof Enum<?>)) {
            throw RecordAccess.notATree(value.getClass());
        }
        if (value != null && HiddenTensors.in(value)) {
            throw HiddenTensors.error(value);
        }
        return new Constant(value);
    }

    /** A tree of this structure with other leaves. */
    default @Nullable Object unflatten(Iterator<Tensor> leaves) {
        return switch (this) {
            case Leaf _ -> leaves.next();
            case Key _ -> new RandomKey(leaves.next());
            case Mapping mapping -> TensorMap.ofSorted(mapping.paths(), leaves);
            case Sequence sequence -> sequence.parts().stream().map(part -> part.unflatten(leaves)).toList();
            case Constant constant -> constant.value();
            case Composite composite -> {
                Object[] arguments = new Object[composite.parts().size()];
                for (int i = 0; i < arguments.length; i++) {
                    arguments[i] = composite.parts().get(i).unflatten(leaves);
                }
                yield composite.access().make(arguments);
            }
        };
    }

    /** Whether a value has this structure; its leaves are appended, perhaps only some if not. Makes no garbage. */
    default boolean matches(@Nullable Object value, List<Tensor> leaves) {
        return switch (this) {
            case Leaf _ -> value instanceof Tensor tensor && leaves.add(tensor);
            case Key _ -> value instanceof RandomKey key && leaves.add(key.bits());
            case Mapping mapping -> value instanceof TensorMap map && map.paths().equals(mapping.paths())
                    && map.appendTo(leaves);
            case Constant constant -> java.util.Objects.equals(constant.value(), value);
            case Sequence sequence -> value instanceof List<?> list && matches(sequence.parts(), list, leaves);
            case Composite composite -> composite.access().isInstance(value) && matches(composite, value, leaves);
        };
    }

    private static boolean matches(List<Structure> parts, List<?> values, List<Tensor> leaves) {
        boolean matches = parts.size() == values.size();
        for (int i = 0; matches && i < values.size(); i++) {
            matches = parts.get(i).matches(values.get(i), leaves);
        }
        return matches;
    }

    private static boolean matches(Composite composite, @Nullable Object value, List<Tensor> leaves) {
        boolean matches = true;
        for (int i = 0; matches && i < composite.parts().size(); i++) {
            matches = composite.parts().get(i).matches(composite.access().get(value, i), leaves);
        }
        return matches;
    }

    /** The path of each leaf, such as {@code encoder.layers.0.weight}; a lone tensor has the empty path. */
    default void paths(String prefix, List<String> paths) {
        switch (this) {
            case Leaf _, Key _ -> paths.add(prefix);
            case Mapping mapping -> mapping.paths().forEach(path -> paths.add(join(prefix, path)));
            case Constant _ -> {}
            case Sequence sequence -> {
                for (int i = 0; i < sequence.parts().size(); i++) {
                    sequence.parts().get(i).paths(join(prefix, Integer.toString(i)), paths);
                }
            }
            case Composite composite -> {
                for (int i = 0; i < composite.parts().size(); i++) {
                    composite.parts().get(i).paths(join(prefix, composite.access().name(i)), paths);
                }
            }
        }
    }

    private static String join(String prefix, String name) {
        return prefix.isEmpty() ? name : prefix + "." + name;
    }

    /** For error messages: the type with its leaves. */
    default String describe() {
        return switch (this) {
            case Leaf _ -> "Tensor";
            case Key _ -> "RandomKey";
            case Mapping mapping -> "TensorMap" + mapping.paths();
            case Sequence sequence -> sequence.parts().stream().map(Structure::describe).toList().toString();
            case Constant constant -> String.valueOf(constant.value());
            case Composite composite -> composite.access()
                    .describe(composite.parts().stream().map(Structure::describe).toList());
        };
    }
}
