package dev.gamelan.nn;

import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Windows;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** What surrounds the spatial axes while a window slides over them. */
public sealed interface Padding {

    /** As much as makes the output {@code ceil(input / stride)}; where it is odd, the end gets more. */
    record Same() implements Padding {}

    /** A fixed number of elements on both sides, per axis. */
    record Fixed(List<Integer> amounts) implements Padding {
        public Fixed {
            amounts = List.copyOf(amounts);
        }
    }

    /** None at all, on any number of axes. */
    static Padding none(int axes) {
        return new Fixed(Collections.nCopies(axes, 0));
    }

    /** The window over these spatial extents. */
    default Window window(Shape spatial, List<Integer> kernel, List<Integer> stride, List<Integer> dilation) {
        return switch (this) {
            case Fixed(List<Integer> amounts) -> new Window(stride, amounts, amounts, dilation);
            case Same() -> Windows.same(spatial, Shape.of(ints(kernel)), ints(stride), ints(dilation));
        };
    }

    private static int[] ints(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }

    /** One number for all axes, or one for each. */
    static List<Integer> perAxis(String layer, String what, int axes, int... values) {
        if (values.length != 1 && values.length != axes) {
            throw ShapeException.of(layer + ": wrong number of values for " + what, "1 value, or " + axes, Integer.toString(values.length));
        }
        return IntStream.range(0, axes).mapToObj(i -> values[values.length == 1 ? 0 : i]).toList();
    }
}
