package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.gamelan.codegen.MicroKernels.Kind;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlainKernelTest {

    private static final int DEPTH = 37;

    @ParameterizedTest
    @CsvSource({"FLOAT, 1, 8, DIRECT", "FLOAT, 5, 2, DIRECT", "FLOAT, 4, 1, EDGE", "DOUBLE, 3, 2, DIRECT", "DOUBLE, 1, 1, EDGE"})
    void hasTheBitsOfTheKernelThatItStandsInFor(ElementType type, int rows, int vectors, Kind kind) {
        Tile tile = new Tile(Lanes.preferred(type), rows, vectors);
        int columns = kind == Kind.EDGE ? Math.max(1, tile.columns() - 1) : tile.columns();
        int distance = columns + 3;
        Random random = new Random(7);
        Object a = numbers(random, type, rows * (DEPTH + 2) + 1);
        Object b = numbers(random, type, DEPTH * distance + 1);
        long seed = random.nextLong();
        Object expected = numbers(new Random(seed), type, rows * distance + 1);
        Object actual = numbers(new Random(seed), type, rows * distance + 1);
        MicroKernels.of(type, tile, kind).run(a, 1, DEPTH + 2, b, 1, distance, expected, 1, distance, DEPTH, columns);
        new PlainKernel(rows, kind == Kind.EDGE ? 0 : columns).run(a, 1, DEPTH + 2, b, 1, distance, actual, 1, distance, DEPTH, columns);
        assertSame(type, expected, actual);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT, 1, 8", "FLOAT, 3, 4", "DOUBLE, 2, 4"})
    void hasTheBitsOfTheKernelForPanelsNextToEachOther(ElementType type, int rows, int vectors) {
        Tile tile = new Tile(Lanes.preferred(type), rows, vectors);
        int columns = tile.columns();
        int width = Tile.largest(tile.lanes()).columns();
        Random random = new Random(9);
        Object a = numbers(random, type, rows * DEPTH);
        Object b = numbers(random, type, DEPTH * columns);
        Object expected = type.newArray(rows * columns);
        Object actual = type.newArray(rows * columns);
        MicroKernels.of(type, tile, Kind.PANELS).run(a, 0, DEPTH, b, 0, DEPTH * width, expected, 0, columns, DEPTH, 0);
        new PlainPanels(rows, columns, width).run(a, 0, DEPTH, b, 0, DEPTH * width, actual, 0, columns, DEPTH, 0);
        assertSame(type, expected, actual);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT, 3, 2, 37", "FLOAT, 1, 4, 64", "FLOAT, 2, 1, 5", "DOUBLE, 3, 2, 37", "DOUBLE, 1, 1, 0"})
    void hasTheBitsOfTheKernelForDotProducts(ElementType type, int rows, int columns, int depth) {
        int distance = depth + 3;
        Random random = new Random(12);
        Object a = numbers(random, type, rows * distance + 1);
        Object b = numbers(random, type, columns * distance + 1);
        Object expected = type.newArray(rows * columns + 1);
        Object actual = type.newArray(rows * columns + 1);
        MicroKernels.of(type, new Tile(Lanes.preferred(type), rows, columns), Kind.DOT).run(a, 1, distance, b, 1, distance, expected, 1,
                columns, depth, 0);
        new PlainDot(rows, columns).run(a, 1, distance, b, 1, distance, actual, 1, columns, depth, 0);
        assertSame(type, expected, actual);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT, 12, 2", "DOUBLE, 3, 1"})
    void oneKernelAddsWhatTheOtherGives(ElementType type, int rows, int vectors) {
        Tile tile = new Tile(Lanes.preferred(type), rows, vectors);
        int columns = tile.columns();
        Random random = new Random(10);
        Object a = numbers(random, type, rows * DEPTH);
        Object b = numbers(random, type, DEPTH * columns);
        Object product = type.newArray(rows * columns);
        Object expected = numbers(new Random(11), type, rows * columns);
        Object actual = numbers(new Random(11), type, rows * columns);
        MicroKernels.of(type, tile, Kind.PANEL).run(a, 0, DEPTH, b, 0, 0, product, 0, columns, DEPTH, 0);
        MicroKernels.of(type, tile, Kind.PANEL_ADDING).run(a, 0, DEPTH, b, 0, 0, actual, 0, columns, DEPTH, 0);
        if (type == ElementType.FLOAT) {
            AttentionBlocks.add((float[]) product, 0, (float[]) expected, 0, rows * columns);
        } else {
            AttentionBlocks.add((double[]) product, 0, (double[]) expected, 0, rows * columns);
        }
        assertSame(type, expected, actual);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT, 5, 2", "DOUBLE, 3, 1"})
    void hasTheBitsOfThePanelKernel(ElementType type, int rows, int vectors) {
        Tile tile = new Tile(Lanes.preferred(type), rows, vectors);
        int columns = tile.columns();
        Random random = new Random(8);
        Object a = numbers(random, type, rows * DEPTH);
        Object b = numbers(random, type, DEPTH * columns);
        Object expected = type.newArray(rows * columns);
        Object actual = type.newArray(rows * columns);
        MicroKernels.of(type, tile, Kind.PANEL).run(a, 0, DEPTH, b, 0, 0, expected, 0, columns, DEPTH, 0);
        new PlainKernel(rows, columns, columns).run(a, 0, DEPTH, b, 0, 0, actual, 0, columns, DEPTH, 0);
        assertSame(type, expected, actual);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT, 6, 2, 37", "FLOAT, 3, 2, 16", "FLOAT, 12, 2, 0", "DOUBLE, 6, 2, 1", "DOUBLE, 5, 2, 9"})
    void twoStepsATurnHaveTheBitsOfOne(ElementType type, int rows, int vectors, int depth) {
        Tile tile = new Tile(Lanes.preferred(type), rows, vectors);
        int columns = tile.columns();
        int all = 2 * rows + 1;
        Random random = new Random(13);
        Object a = numbers(random, type, all * (depth + 1) + 1);
        Object b = numbers(random, type, depth * columns + 2);
        for (Kind kind : List.of(Kind.PANEL, Kind.PANEL_ADDING)) {
            Object expected = numbers(new Random(14), type, rows * (columns + 1));
            Object actual = numbers(new Random(14), type, rows * (columns + 1));
            MicroKernels.of(type, tile, kind).run(a, 1, depth + 1, b, 2, 0, expected, 0, columns + 1, depth, 0);
            MicroKernels.of(type, tile, Objects.requireNonNull(kind.byTwo())).run(a, 1, depth + 1, b, 2, 0, actual, 0, columns + 1, depth,
                    0);
            assertSame(type, expected, actual);
        }
        Object expected = type.newArray(all * columns);
        Object actual = type.newArray(all * columns);
        MicroKernels.stripOf(type, tile, Kind.STRIP).run(a, 1, depth + 1, b, 2, 0, expected, 0, columns, depth, columns, all);
        MicroKernels.stripOf(type, tile, Kind.STRIP_BY_TWO).run(a, 1, depth + 1, b, 2, 0, actual, 0, columns, depth, columns, all);
        assertSame(type, expected, actual);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT, 6, 2, 3", "DOUBLE, 3, 1, 2"})
    void hasTheBitsOfTheTileOfAConvolution(ElementType type, int rows, int vectors, int distance) {
        Tile tile = new Tile(Lanes.preferred(type), rows, vectors);
        int columns = tile.columns();
        int[] places = IntStream.range(0, DEPTH).map(i -> i * 7 % DEPTH).toArray();
        for (boolean adds : new boolean[] {false, true}) {
            Random random = new Random(9);
            Object a = numbers(random, type, DEPTH + rows * distance);
            Object b = numbers(random, type, DEPTH * (columns + 1));
            long seed = random.nextLong();
            Object expected = numbers(new Random(seed), type, rows * columns);
            Object actual = numbers(new Random(seed), type, rows * columns);
            DirectTile.of(type, tile, distance, adds).kernel()
                    .run(a, 1, places, b, 1, columns + 1, expected, 0, columns, DEPTH - 1);
            new PlainTile(rows, columns, distance, false, adds).run(a, 1, places, b, 1, columns + 1, actual, 0, columns, DEPTH - 1);
            assertSame(type, expected, actual);
            if (!adds) {
                DirectTile.ofPanel(type, tile, distance).kernel().run(a, 1, places, b, 1, columns, expected, 0, columns, DEPTH);
                new PlainTile(rows, columns, distance, false, false).run(a, 1, places, b, 1, columns, actual, 0, columns, DEPTH);
                assertSame(type, expected, actual);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"FLOAT, 1, 0, 37", "FLOAT, 2, 3, 48", "FLOAT, 3, 5, 17", "DOUBLE, 2, 1, 29"})
    void hasTheBitsOfAStrip(ElementType type, int vectors, int missing, int rows) {
        Tile tile = Tile.of(Lanes.preferred(type), vectors);
        int columns = tile.lanes().isVector() ? tile.columns() - missing : tile.columns();
        Random random = new Random(11);
        Object a = numbers(random, type, rows * (DEPTH + 2) + 1);
        Object b = numbers(random, type, DEPTH * tile.columns());
        Object expected = type.newArray(rows * (columns + 3) + 2);
        Object actual = type.newArray(rows * (columns + 3) + 2);
        MicroKernels.warmStrip(type, tile).kernel()
                .run(a, 1, DEPTH + 2, b, 0, 0, expected, 2, columns + 3, DEPTH, columns, rows);
        new PlainStrip(tile).run(a, 1, DEPTH + 2, b, 0, 0, actual, 2, columns + 3, DEPTH, columns, rows);
        assertSame(type, expected, actual);
    }

    @ParameterizedTest
    @CsvSource({"FLOAT, 40, 3, 1, 1, 11", "FLOAT, 40, 3, 2, 1, 11", "FLOAT, 24, 5, 1, -1, 11", "FLOAT, 3, 1, 1, 0, 11",
            "FLOAT, 40, 1, 2, 0, 3", "DOUBLE, 19, 3, 1, 2, 2", "FLOAT, 16, 5, 2, 1, 5", "FLOAT, 33, 3, 1, 1, 1"})
    void hasTheBitsOfADepthwiseSum(ElementType type, int channels, int columns, int move, int reach, int pixels) {
        Lanes lanes = Lanes.preferred(type);
        DepthwiseSum.Taps taps = columns == 1 ? DepthwiseSum.Taps.APART
                : new DepthwiseSum.Taps(columns, move * channels, reach * channels, channels);
        int rows = 3;
        int lines = 2;
        int line = 2 * (pixels + columns) * channels;
        int[] xRows = IntStream.range(0, rows).map(j -> j * line).toArray();
        int[] wRows = IntStream.range(0, rows).map(j -> j * columns * channels).toArray();
        Random random = new Random(10);
        Object x = numbers(random, type, (rows + lines) * line);
        Object w = numbers(random, type, rows * columns * channels);
        Object expected = type.newArray(lines * pixels * channels);
        Object actual = type.newArray(lines * pixels * channels);
        int first = columns * channels;
        DepthwiseSum.of(type, lanes, channels, taps, DepthwiseSum.pixelsAtATime(lanes, channels, taps, pixels)).kernel()
                .run(x, first, line, move * channels, xRows, w, 0, wRows, expected, 0, pixels * channels, channels, 0, rows, lines, pixels,
                        channels);
        for (int repeat = 0; repeat < 2; repeat++) {
            new PlainDepthwise(taps).run(x, first, line, move * channels, xRows, w, 0, wRows, actual, 0, pixels * channels, channels, 0,
                    rows,
                    lines, pixels,
                    channels);
            assertSame(type, expected, actual);
            EarlyDepthwise.await();
        }
    }

    private static void assertSame(ElementType type, Object expected, Object actual) {
        if (type == ElementType.FLOAT) {
            assertArrayEquals((float[]) expected, (float[]) actual);
        } else {
            assertArrayEquals((double[]) expected, (double[]) actual);
        }
    }

    private static Object numbers(Random random, ElementType type, int length) {
        Object array = type.newArray(length);
        for (int i = 0; i < length; i++) {
            if (array instanceof float[] floats) {
                floats[i] = (float) random.nextGaussian();
            } else {
                ((double[]) array)[i] = random.nextGaussian();
            }
        }
        return array;
    }
}
