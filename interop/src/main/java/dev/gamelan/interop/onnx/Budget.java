package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.Locale;
import java.util.function.Supplier;

/** What one walk through a model has used of its limits. */
final class Budget {

    private final OnnxLimits limits;
    private long steps;
    /** How often what is walked now will run. */
    private long times = 1;
    private long nodes;

    Budget(OnnxLimits limits) {
        this.limits = limits;
    }

    /** Before a node is visited. */
    void node() {
        if (++nodes > limits.nodes()) {
            throw new FormatException("the model does not come to an end\n  expected  at most " + limits.nodes()
                    + " nodes in one run, loops and functions included\n  received  more; if it is right, allow more by"
                    + " OnnxModel.limits");
        }
    }

    /** Before steps of a loop. */
    void steps(long count) {
        long all = saturated(times, count);
        steps += Math.min(all, Long.MAX_VALUE - steps);
        if (steps > limits.loopSteps()) {
            throw new FormatException("a loop does not come to an end\n  expected  at most " + limits.loopSteps()
                    + " steps of loops in one run\n  received  more; if it is right, allow more by OnnxModel.limits");
        }
    }

    /** What becomes the body of a loop in a program: it is walked once, and what is in it counts as often as it will run. */
    <T> T repeated(long count, Supplier<T> body) {
        steps(count);
        long before = times;
        times = saturated(times, Math.max(1, count));
        try {
            return body.get();
        } finally {
            times = before;
        }
    }

    private static long saturated(long a, long b) {
        return Math.multiplyHigh(a, b) != 0 || a * b < 0 ? Long.MAX_VALUE : a * b;
    }

    /** Before a value is made, or after it was if it is lazy. */
    void room(double elements, int bytes) {
        if (elements * bytes > limits.bytes()) {
            throw ShapeException.of("a value is too large", "at most " + limits.bytes() + " bytes, as OnnxModel.limits says",
                    String.format(Locale.ROOT, "%.0f elements of %d bytes", elements, bytes));
        }
    }

    /** An empty tensor may still be gone through along its other axes. */
    private static double elements(Shape shape) {
        double elements = 1;
        for (int axis = 0; axis < shape.rank(); axis++) {
            elements *= Math.max(1, shape.dim(axis));
        }
        return elements;
    }

    void check(Value value) {
        switch (value) {
            case Value.Numbers numbers -> room(elements(numbers.tensor().shape()), numbers.tensor().dtype().bytes());
            case Value.Text text -> room(elements(text.shape()), Long.BYTES);
            case Value.Sequence sequence -> {
                room(sequence.values().size(), Long.BYTES);
                sequence.values().forEach(this::check);
            }
            case Value.Maybe maybe -> maybe.value().ifPresent(this::check);
            case Value.Dictionary dictionary -> {
                check(dictionary.keys());
                check(dictionary.values());
            }
        }
    }
}
