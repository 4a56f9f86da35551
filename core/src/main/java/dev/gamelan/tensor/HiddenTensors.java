package dev.gamelan.tensor;

import dev.gamelan.shape.TraceException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/** Finds tensors where a structure would not look for them, so that they do not pass for constants. */
final class HiddenTensors {

    private static final ClassValue<Boolean> RECORDS = new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
            return type.isRecord()
                    && Arrays.stream(type.getRecordComponents())
                            .anyMatch(component -> Tree.class.isAssignableFrom(component.getType()));
        }
    };

    private HiddenTensors() {}

    static boolean in(Object value) {
        return switch (value) {
            case Map<?, ?> map -> map.values().stream().anyMatch(Tree.class::isInstance);
            case Collection<?> collection -> collection.stream().anyMatch(Tree.class::isInstance);
            case Optional<?> optional -> optional.filter(Tree.class::isInstance).isPresent();
            case Object[] array -> Arrays.stream(array).anyMatch(Tree.class::isInstance);
            default -> RECORDS.get(value.getClass());
        };
    }

    static TraceException error(Object value) {
        String cure = value instanceof Record ? "let " + value.getClass().getSimpleName() + " implement Tree"
                : "use a List, a TensorMap, or a nullable component";
        return new TraceException("a structure has tensors where they are not looked for; " + cure
                + "\n  expected  trees, lists of trees and"
                + " constants\n  received  tensors in a " + value.getClass().getName());
    }
}
