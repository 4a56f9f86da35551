package dev.gamelan.interop.onnx.check;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import java.util.Optional;

/**
 * Compares values as ONNX's own test runner does: shapes and types are equal, numbers within {@code absolute + relative *
 * |expected|}.
 *
 * @param relative tolerance
 * @param absolute tolerance
 * @param values whether values are compared at all, or only shapes and types
 */
record Differences(double relative, double absolute, boolean values) {

    /** Why they differ. */
    Optional<String> between(Value expected, Value received) {
        return switch (expected) {
            case Value.Numbers numbers -> received instanceof Value.Numbers other ? numbers(numbers, other) : kinds(expected, received);
            case Value.Text text -> received instanceof Value.Text other && text.shape().equals(other.shape())
                    && text.strings().equals(other.strings()) ? Optional.empty() : kinds(expected, received);
            case Value.Sequence sequence ->
                    received instanceof Value.Sequence other ? sequences(sequence, other) : kinds(expected, received);
            case Value.Maybe maybe -> maybes(maybe, received);
            case Value.Dictionary dictionary -> received instanceof Value.Dictionary other
                    ? between(dictionary.keys(), other.keys()).or(() -> between(dictionary.values(), other.values()))
                    : kinds(expected, received);
        };
    }

    private Optional<String> maybes(Value.Maybe expected, Value received) {
        Optional<Value> inner = received instanceof Value.Maybe maybe ? maybe.value() : Optional.of(received);
        if (expected.value().isEmpty() || inner.isEmpty()) {
            return expected.value().isEmpty() && inner.isEmpty() ? Optional.empty() : kinds(expected, received);
        }
        return between(expected.value().get(), inner.get());
    }

    private Optional<String> sequences(Value.Sequence expected, Value.Sequence received) {
        if (expected.values().size() != received.values().size()) {
            return kinds(expected, received);
        }
        for (int i = 0; i < expected.values().size(); i++) {
            Optional<String> difference = between(expected.values().get(i), received.values().get(i));
            if (difference.isPresent()) {
                return difference;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> kinds(Value expected, Value received) {
        return Optional.of("expected " + expected + ", received " + received);
    }

    private Optional<String> numbers(Value.Numbers expected, Value.Numbers received) {
        if (expected.type() != received.type() || !expected.tensor().shape().equals(received.tensor().shape())) {
            return kinds(expected, received);
        }
        Data a = expected.tensor().data();
        Data b = received.tensor().data();
        // Tools round such numbers after every operation, or only at the end: a few places are allowed.
        double share = switch (expected.type()) {
            case BFLOAT16 -> Math.max(relative, 0x1p-6);
            case FLOAT16 -> Math.max(relative, 0x1p-8);
            default -> relative;
        };
        for (int i = 0; values && i < a.length(); i++) {
            double x = a.getDouble(i);
            double y = b.getDouble(i);
            boolean close = x == y || Double.isNaN(x) && Double.isNaN(y) || Math.abs(x - y) <= absolute + share * Math.abs(x);
            if (!close) {
                return Optional.of("element " + i + " of " + expected + ": expected " + x + ", received " + y);
            }
        }
        return Optional.empty();
    }
}
