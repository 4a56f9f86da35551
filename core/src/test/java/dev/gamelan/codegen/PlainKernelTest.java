package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.gamelan.codegen.MicroKernels.Kind;
import java.util.Random;
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
        for (boolean accumulate : new boolean[] {false, true}) {
            Random random = new Random(7);
            Object a = numbers(random, type, rows * (DEPTH + 2) + 1);
            Object b = numbers(random, type, DEPTH * distance + 1);
            long seed = random.nextLong();
            Object expected = numbers(new Random(seed), type, rows * distance + 1);
            Object actual = numbers(new Random(seed), type, rows * distance + 1);
            MicroKernels.of(type, tile, kind).run(a, 1, DEPTH + 2, b, 1, distance, expected, 1, distance, DEPTH, columns, accumulate);
            new PlainKernel(rows, kind == Kind.EDGE ? 0 : columns)
                    .run(a, 1, DEPTH + 2, b, 1, distance, actual, 1, distance, DEPTH, columns, accumulate);
            if (type == ElementType.FLOAT) {
                assertArrayEquals((float[]) expected, (float[]) actual, kind + " accumulate " + accumulate);
            } else {
                assertArrayEquals((double[]) expected, (double[]) actual, kind + " accumulate " + accumulate);
            }
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
