package dev.gamelan.benchmarks;

import java.util.stream.Stream;

/** Extents as text, for parameters. */
final class Shapes {

    private Shapes() {}

    /** {@code 8x32x32x3}. */
    static int[] parse(String text) {
        return Stream.of(text.split("x")).mapToInt(Integer::parseInt).toArray();
    }
}
