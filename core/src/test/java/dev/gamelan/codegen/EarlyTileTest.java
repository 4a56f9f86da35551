package dev.gamelan.codegen;

import static dev.gamelan.codegen.Numbers.numbers;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gamelan.codegen.MicroKernels.Kind;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tile and the transform that stand in for kernels have their bits. */
class EarlyTileTest {
    private static final Lanes LANES = Lanes.preferred(ElementType.FLOAT);

    @BeforeEach
    void waitForTheTile() {
        assumeTrue(EarlyTile.await(ElementType.FLOAT));
        assumeTrue(EarlyTransform.await());
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 5", "1, 3, 37", "2, 2, 64", "3, 1, 1", "4, 2, 17", "5, 2, 1300", "6, 2, 40", "11, 1, 9", "12, 2, 300", "16, 1, 33",
            "12, 2, 0"})
    void multipliesPanels(int rows, int vectors, int depth) {
        Tile tile = new Tile(LANES, rows, vectors);
        int columns = tile.columns();
        float[] a = numbers(1, rows * (depth + 3) + 2);
        float[] b = numbers(2, depth * columns + 1);
        for (boolean accumulate : new boolean[] {false, true}) {
            float[] expected = numbers(3, rows * (columns + 5) + 1);
            float[] actual = expected.clone();
            MicroKernels.of(ElementType.FLOAT, tile, accumulate ? Kind.PANEL_ADDING : Kind.PANEL)
                    .run(a, 2, depth + 3, b, 1, 0, expected, 1, columns + 5, depth, 0);
            new PlainKernel(rows, columns, columns, accumulate).run(a, 2, depth + 3, b, 1, 0, actual, 1, columns + 5, depth, 0);
            assertArrayEquals(expected, actual);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 8", "3, 5", "12, 2"})
    void multipliesMatrices(int rows, int vectors) {
        Tile tile = new Tile(LANES, rows, vectors);
        int columns = tile.columns();
        int depth = 50;
        int distance = columns + 7;
        float[] a = numbers(4, rows * depth);
        float[] b = numbers(5, depth * distance);
        float[] expected = new float[rows * columns];
        float[] actual = new float[rows * columns];
        MicroKernels.of(ElementType.FLOAT, tile, Kind.DIRECT).run(a, 0, depth, b, 0, distance, expected, 0, columns, depth, 0);
        new PlainKernel(rows, columns).run(a, 0, depth, b, 0, distance, actual, 0, columns, depth, 0);
        assertArrayEquals(expected, actual);
    }

    /** What fills no tile: columns moved back over others, the last ones alone, rows one by one. */
    @ParameterizedTest
    @CsvSource({"12, 24, 144", "5, 17, 20", "4, 31, 9", "1, 40, 33", "3, 64, 5", "7, 70, 12", "13, 16, 8", "6, 35, 0"})
    void multipliesAnyColumns(int rows, int columns, int depth) {
        assumeTrue(columns >= LANES.count());
        float[] a = numbers(1, rows * depth + 1);
        float[] b = numbers(2, depth * columns);
        for (boolean adds : new boolean[] {false, true}) {
            float[] expected = numbers(3, rows * (columns + 3));
            float[] actual = expected.clone();
            for (int row = 0; row < rows; row++) {
                for (int column = 0; column < columns; column++) {
                    float sum = 0;
                    for (int i = 0; i < depth; i++) {
                        sum = Math.fma(a[1 + row * depth + i], b[i * columns + column], sum);
                    }
                    int at = row * (columns + 3) + column;
                    expected[at] = adds ? expected[at] + sum : sum;
                }
            }
            new PlainKernel(rows, columns, columns, adds).run(a, 1, depth, b, 0, 0, actual, 0, columns + 3, depth, 0);
            assertArrayEquals(expected, actual);
        }
    }

    @ParameterizedTest
    @CsvSource({"12, 2, 3, false", "7, 1, 64, false", "12, 2, 1, false", "8, 3, 1, true", "8, 1, 1, true"})
    void findsElementsAtPlaces(int rows, int vectors, int distance, boolean right) {
        Tile tile = new Tile(LANES, rows, vectors);
        int columns = tile.columns();
        int depth = 45;
        int step = right ? rows + 2 : columns + 1;
        int[] places = IntStream.range(0, depth).map(i -> i * 7 % depth * (right ? columns : 1)).toArray();
        float[] placed = numbers(6, right ? depth * columns + 1 : depth + rows * distance);
        float[] stepped = numbers(7, depth * step + 1);
        float[] a = right ? stepped : placed;
        float[] b = right ? placed : stepped;
        for (boolean adds : new boolean[] {false, true}) {
            Warm<DirectTile> kernel = right ? DirectTile.placedRight(ElementType.FLOAT, tile, adds)
                    : DirectTile.of(ElementType.FLOAT, tile, distance, adds);
            float[] expected = numbers(8, rows * columns);
            float[] actual = expected.clone();
            kernel.kernel().run(a, 0, places, b, 1, step, expected, 0, columns, depth);
            new PlainTile(rows, columns, distance, right, adds).run(a, 0, places, b, 1, step, actual, 0, columns, depth);
            assertArrayEquals(expected, actual);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 24, 128, 300})
    void transformsWithoutKernels(int channels) {
        for (WinogradPoints points : WinogradPoints.values()) {
            int taps = points.side(3);
            for (WinogradKernels transform : new WinogradKernels[] {points.input(), points.factors(3), points.results(taps),
                    points.results(3)}) {
                WinogradKernels.Squares both = transform.of(ElementType.FLOAT, LANES);
                int row = WinogradPoints.MOST * channels + 3;
                float[] from = numbers(9, WinogradPoints.MOST * row + 1);
                float[] expected = new float[WinogradPoints.MOST * row];
                float[] actual = new float[WinogradPoints.MOST * row];
                both.compiled().kernel().run(from, 1, row, channels, expected, 0, row, channels, new float[WinogradKernels.SCRATCH],
                        channels);
                both.plain().run(from, 1, row, channels, actual, 0, row, channels, from, channels);
                assertArrayEquals(expected, actual);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 40, 300})
    void transformsRowsWithoutKernels(int channels) {
        WinogradPoints points = WinogradPoints.SIX;
        for (WinogradKernels transform : new WinogradKernels[] {points.input(), points.factors(4), points.factors(2)}) {
            WinogradKernels.Rows both = transform.rowsOf(ElementType.FLOAT, LANES);
            int row = WinogradPoints.MOST * channels + 3;
            float[] from = numbers(10, WinogradPoints.MOST * row + 1);
            float[] factors = (float[]) transform.elements(ElementType.FLOAT);
            int inputs = factors.length / points.count();
            for (int i = 0; i < points.count(); i += WinogradKernels.ROWS) {
                float[] expected = new float[WinogradKernels.ROWS * row];
                float[] actual = new float[WinogradKernels.ROWS * row];
                both.compiled().kernel().run(from, 1, row, channels, factors, i * inputs, expected, 0, channels,
                        new float[WinogradKernels.SCRATCH], channels);
                both.plain().run(from, 1, row, channels, factors, i * inputs, actual, 0, channels, from, channels);
                assertArrayEquals(expected, actual);
            }
            assertEquals(0, factors.length % points.count());
        }
    }
}
