package dev.gamelan.tensor;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The axes that a reduction is over. Negative axes count from the end.
 *
 * @param list the axes; not read where {@code every} is set
 * @param every whether it is every axis there is
 * @param keep whether the reduced axes stay, with extent 1
 */
public record Axes(List<Integer> list, boolean every, boolean keep) {

    public Axes {
        list = List.copyOf(list);
    }

    /** These axes, which disappear. An empty array means none at all. */
    public static Axes of(int... axes) {
        return new Axes(IntStream.of(axes).boxed().toList(), false, false);
    }

    /** These axes, which stay with extent 1. */
    public static Axes keep(int... axes) {
        return of(axes).keepDims();
    }

    /** Every axis. */
    public static Axes all() {
        return new Axes(List.of(), true, false);
    }

    /** The same axes, which stay with extent 1. */
    public Axes keepDims() {
        return new Axes(list, every, true);
    }

    static Axes some(int first, int... more) {
        return of(IntStream.concat(IntStream.of(first), IntStream.of(more)).toArray());
    }

    /** The axes of a shape, sorted, from 0. */
    int[] resolve(Shape shape) {
        if (every) {
            return IntStream.range(0, shape.rank()).toArray();
        }
        int[] axes = list.stream().mapToInt(shape::axis).sorted().toArray();
        if (IntStream.of(axes).distinct().count() < axes.length) {
            throw ShapeException.of("an axis is named twice", "each axis once", "axes " + list + " of shape " + shape);
        }
        return axes;
    }

    /** The number of elements that become one. */
    long count(Shape shape) {
        return IntStream.of(resolve(shape)).mapToLong(shape::dim).reduce(1, (a, b) -> a * b);
    }
}
