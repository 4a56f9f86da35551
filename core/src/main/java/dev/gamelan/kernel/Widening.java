package dev.gamelan.kernel;

import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How to make the innermost loop of a kernel longer, where it is too short for vectors, or ends within one too often, because some operands do not
 * move with the others from one axis to the next: a bias of three channels, or a mean for each group of four. Such operands are small; laid out once more, for
 * all of the inner axes (or for some of the steps of the outer one, if they repeat along it), they move evenly.
 *
 * @param outer the axis that joins the innermost ones
 * @param factor how many of its steps do so; all, if it is its extent
 * @param operands the bindings to lay out
 */
record Widening(int outer, int factor, List<Integer> operands) {

    /** From so many elements on, a loop is long enough. */
    private static final int LONG = 64;
    /** The same of a loop that ends within a vector, in a kernel of {@link #MANY} elements. */
    private static final int LONG_WITH_TAIL = 256;
    private static final int MANY = 1 << 16;
    private static final int WIDEST_VECTOR = 16;
    /**
     * A loop made of some steps of an axis has at most so many elements: what is laid out for a whole line of an image would push the line out of the
     * first-level cache.
     */
    private static final int LONGEST = 1024;
    /** Kernels of fewer elements are not worth another step. */
    private static final int SMALL = 1 << 13;
    /** What is laid out has at most this share of the frame's elements. */
    private static final int SHARE = 4;

    Widening {
        operands = List.copyOf(operands);
    }

    /** @param from the first axis that the innermost loop may be made of */
    static Optional<Widening> find(Shape frame, int from, List<Step.Binding> bindings) {
        if (frame.size() < SMALL) {
            return Optional.empty();
        }
        int inner = frame.rank() - 1;
        while (inner >= from && frame.dim(inner) == 1) {
            inner--;
        }
        long length = inner < from ? 1 : frame.dim(inner);
        int outer = before(frame, inner, from);
        while (outer >= from && blocking(frame, outer, inner, bindings).isEmpty()) {
            length *= frame.dim(outer);
            inner = outer;
            outer = before(frame, inner, from);
        }
        boolean hasTail = length % WIDEST_VECTOR != 0;
        if (outer < from || length >= (hasTail && frame.size() >= MANY ? LONG_WITH_TAIL : LONG)) {
            return Optional.empty();
        }
        List<Integer> operands = blocking(frame, outer, inner, bindings);
        if (operands.stream().anyMatch(i -> bindings.get(i).written())) {
            return Optional.empty();
        }
        int axis = outer;
        int steps = divisor(frame.dim(axis), (int) (LONGEST / length));
        boolean whole = length * steps < LONG && operands.stream().allMatch(i -> isSmall(frame, axis, frame.dim(axis), bindings.get(i)));
        int factor = whole ? frame.dim(axis) : steps;
        return factor > 1 && operands.stream().allMatch(i -> isSmall(frame, axis, factor, bindings.get(i)))
                ? Optional.of(new Widening(outer, factor, operands)) : Optional.empty();
    }

    /** The next axis outside of one with more than one step. */
    private static int before(Shape frame, int axis, int from) {
        int result = axis - 1;
        while (result >= from && frame.dim(result) == 1) {
            result--;
        }
        return result;
    }

    /** The operands that do not go on evenly from the inner axis to the outer one. */
    private static List<Integer> blocking(Shape frame, int outer, int inner, List<Step.Binding> bindings) {
        List<Integer> result = new ArrayList<>();
        for (int i = 0; i < bindings.size(); i++) {
            List<Integer> strides = bindings.get(i).strides();
            if (strides.get(outer) != strides.get(inner) * frame.dim(inner)) {
                result.add(i);
            }
        }
        return result;
    }

    private static boolean isSmall(Shape frame, int outer, int factor, Step.Binding binding) {
        boolean repeats = binding.strides().get(outer) == 0;
        long size = 1;
        for (int axis = 0; axis < frame.rank(); axis++) {
            boolean laidOut = axis > outer || axis != outer && binding.strides().get(axis) != 0;
            size *= laidOut ? frame.dim(axis) : axis == outer ? repeats ? factor : frame.dim(axis) : 1;
        }
        return size * SHARE <= frame.size();
    }

    private static int divisor(int number, int limit) {
        for (int divisor = Math.min(number, limit); divisor > 1; divisor--) {
            if (number % divisor == 0) {
                return divisor;
            }
        }
        return 1;
    }

    /** Whether the outer axis has to be split in two. */
    boolean splits(Shape frame) {
        return factor < frame.dim(outer);
    }

    /** The frame with the outer axis in two. */
    Shape split(Shape frame) {
        return frame.slice(0, outer).concat(Shape.of(frame.dim(outer) / factor, factor)).concat(frame.slice(outer + 1, frame.rank()));
    }

    /** The strides that belong to the split frame. */
    List<Integer> split(List<Integer> strides) {
        List<Integer> result = new ArrayList<>(strides);
        result.add(outer, strides.get(outer) * factor);
        return result;
    }
}
