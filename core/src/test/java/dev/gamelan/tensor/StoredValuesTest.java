package dev.gamelan.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Weights that stay where they are stored give the bits of weights in memory, and come into memory only where a kernel reads them. */
class StoredValuesTest {

    /** As many runs as few rows take until their weights are packed, and some more. */
    private static final int RUNS = 12;

    private record Two(Tensor x, Tensor w) implements Tree {}

    private static Tensor stored(Tensor values) {
        Data data = values.data();
        return Tensor.of(Data.stored(data.type(), data::read));
    }

    /** @return whether the weight is in memory afterwards */
    private static boolean check(Tensor x, Tensor w, BinaryOperator<Tensor> function) {
        Program<Two, Tensor> program = Functions.compile((Two two) -> function.apply(two.x, two.w));
        Program<Two, Tensor> other = Functions.compile((Two two) -> function.apply(two.x, two.w));
        Tensor weight = stored(w);
        for (int run = 0; run < RUNS; run++) {
            assertArrayEquals(program.apply(new Two(x, w)).toFloatArray(), other.apply(new Two(x, weight)).toFloatArray(), "run " + run);
        }
        boolean kept = weight.data().arrayIfKept() != null;
        assertArrayEquals(w.toFloatArray(), weight.toFloatArray());
        return kept;
    }

    private static Tensor numbers(int seed, int... dims) {
        return RandomKey.of(seed).normal(dims).eval();
    }

    @ParameterizedTest
    @CsvSource({"1, 128, 256, false", "5, 96, 128, false", "12, 64, 384, false", "13, 64, 100, false", "128, 1100, 96, false",
            "300, 3000, 70, false", "1, 64, 100, true", "3, 50, 10, true", "7, 20, 1, true"})
    void products(int rows, int depth, int columns, boolean kept) {
        assertEquals(kept, check(numbers(1, rows, depth), numbers(2, depth, columns), Tensor::matmul));
    }

    @Test
    void aPartOfAWeight() {
        Tensor x = numbers(1, 30, 48);
        check(x, numbers(2, 48, 96), (a, w) -> a.matmul(w.slice(1, 32, 96)));
        check(x, numbers(2, 96, 64), (a, w) -> a.matmul(w.slice(0, 48, 96)));
        check(x, numbers(2, 2, 48, 64), (a, w) -> a.matmul(w.get(1)));
        check(x, numbers(2, 64, 48), (a, w) -> a.matmul(w.transpose()));
        check(numbers(1, 2, 64), numbers(2, 32, 64), (a, w) -> a.matmul(w.transpose()));
    }

    /** A few rows of a large table are read alone, until it is clear that they are asked for again and again. */
    @Test
    void rowsOfATable() {
        Tensor table = numbers(2, 200, 64);
        Tensor places = Tensor.ofInts(7, 0, 199, 7).reshape(2, 2);
        assertTrue(check(numbers(1, 2, 2, 64), table, (x, w) -> x.add(w.take(0, places))));
        Program<Tensor, Tensor> program = Functions.compile((Tensor w) -> w.take(0, places));
        Tensor stored = stored(table);
        assertArrayEquals(table.take(0, places).toFloatArray(), program.apply(stored).toFloatArray());
        assertNull(stored.data().arrayIfKept());
        Tensor part = stored(table);
        Program<Tensor, Tensor> shifted = Functions.compile((Tensor w) -> w.slice(0, 3, 200).take(0, Tensor.ofInts(196, 1)));
        assertArrayEquals(table.take(0, Tensor.ofInts(199, 4)).toFloatArray(), shifted.apply(part).toFloatArray());
    }

    @Test
    void matricesOfABatch() {
        check(numbers(1, 3, 20, 40), numbers(2, 3, 40, 64), Tensor::matmul);
        check(numbers(1, 3, 20, 40), numbers(2, 40, 64), Tensor::matmul);
        check(numbers(1, 3, 2, 40), numbers(2, 40, 128), Tensor::matmul);
    }

    static Stream<Arguments> convolutions() {
        return Stream.of(arguments(Shape.of(2, 12, 12, 16), Shape.of(3, 3, 16, 32), 1),
                arguments(Shape.of(1, 9, 10, 8), Shape.of(5, 5, 8, 20), 1),
                arguments(Shape.of(1, 14, 14, 70), Shape.of(3, 3, 70, 130), 1), arguments(Shape.of(2, 9, 9, 3), Shape.of(7, 7, 3, 64), 1),
                arguments(Shape.of(2, 9, 9, 64), Shape.of(1, 1, 64, 48), 1), arguments(Shape.of(2, 9, 9, 300), Shape.of(1, 1, 300, 200), 1),
                arguments(Shape.of(1, 9, 9, 16), Shape.of(3, 3, 1, 16), 16), arguments(Shape.of(1, 9, 9, 32), Shape.of(3, 3, 16, 32), 2));
    }

    @ParameterizedTest
    @MethodSource("convolutions")
    void convolutions(Shape x, Shape w, int groups) {
        Tensor pixels = RandomKey.of(3).normal(x.dims()).eval();
        Tensor kernel = RandomKey.of(4).normal(w.dims()).eval();
        for (int stride : new int[] {1, 2}) {
            int[] strides = {stride, stride};
            check(pixels, kernel, (a, k) -> Tensors.conv(a, k, strides, new int[] {1, 1}, new int[] {1, 1}, groups));
        }
    }

    @Test
    void transposedConvolutions() {
        for (int stride : new int[] {1, 2}) {
            Window window = new Window(List.of(stride, stride), List.of(1, 1), List.of(1, 1), List.of(1, 1));
            check(numbers(1, 1, 10, 10, 32), numbers(2, 3, 3, 32, 16), (a, k) -> Tensors.convTranspose(a, k, window, 1));
        }
    }

    @Test
    void loopsOverTime() {
        Tensor steps = numbers(1, 6, 4, 128);
        check(steps, numbers(2, 128, 128).mul(0.05).eval(), (xs, w) -> {
            var scanned = Functions.scan(Tensor.zeros(4, 128), xs, (Tensor state, Tensor x) -> {
                Tensor next = state.matmul(w).add(x).tanh();
                return new Stepper.Next<>(next, next.sum(-1));
            });
            return Tensors.concat(1, scanned.state(), scanned.output().transpose());
        });
    }

    @Test
    void tablesAndElements() {
        Tensor ids = Tensor.ofInts(3, 1, 7);
        Tensor table = numbers(5, 9, 128);
        check(numbers(1, 3, 128), table, (x, w) -> w.take(0, ids).add(x));
    }

    @Test
    void aStateThatIsStoredIsTrainedInPlace() {
        Tensor start = numbers(1, 128, 128);
        Stepper<Tensor, Tensor, Tensor> one = stepper(start);
        Stepper<Tensor, Tensor, Tensor> two = stepper(stored(start));
        for (int i = 0; i < 3; i++) {
            Tensor x = numbers(i, 4, 128);
            assertArrayEquals(one.step(x).toFloatArray(), two.step(x).toFloatArray());
        }
        assertArrayEquals(one.state().toFloatArray(), two.state().toFloatArray());
    }

    private static Stepper<Tensor, Tensor, Tensor> stepper(Tensor start) {
        return Stepper.of(start, (Tensor w, Tensor x) -> new Stepper.Next<>(w.mul(0.5), x.matmul(w)));
    }
}
