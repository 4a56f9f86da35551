package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Gathers, scatters and sorts, large enough for the ways that small ones do not take. */
class IndexingKernelsTest {

    private static final List<DType> NUMBERS = List.of(DType.FLOAT32, DType.FLOAT64, DType.INT32, DType.INT64, DType.INT8);

    private static Node input(DType dtype, int... dims) {
        return Ops.input(new Type(dtype, Shape.of(dims)), "x");
    }

    /** Whole numbers up to a bound, so that sums are exact in any case. */
    private static Data numbers(Node input, int from, int bound) {
        Random random = new Random(1);
        Object array = input.dtype().newArray(input.shape().length());
        for (int i = 0; i < input.shape().length(); i++) {
            Scalars.setLong(input.dtype(), array, i, from + random.nextInt(bound - from));
        }
        return new Data(input.type(), array);
    }

    private static void check(Node result, List<Node> inputs, List<Data> values) {
        Graph graph = Graph.of(inputs, List.of(result));
        Data received = new JvmBackend().compile(graph).run(values).getFirst();
        Data expected = new Reference().compile(graph).run(values).getFirst();
        assertEquals(expected.type(), received.type());
        for (int i = 0; i < expected.length(); i++) {
            assertEquals(expected.getDouble(i), received.getDouble(i), result.type() + " at " + i);
        }
    }

    @Test
    void gathers() {
        for (DType dtype : DType.values()) {
            for (DType type : List.of(DType.INT32, DType.INT64)) {
                for (int inner : new int[] {1, 2, 5, 8, 40}) {
                    Node x = input(dtype, 3, 50, inner);
                    Node indices = input(type, 700);
                    check(Node.of(new Op.Gather(1), x, indices), List.of(x, indices),
                            List.of(numbers(x, 0, dtype == DType.BOOL ? 2 : 100), numbers(indices, 0, 50)));
                }
            }
        }
    }

    @Test
    void scatters() {
        for (DType dtype : NUMBERS) {
            for (DType type : List.of(DType.INT32, DType.INT64)) {
                for (int inner : new int[] {1, 5, 33, 100}) {
                    Node base = input(dtype, 1, 50, inner);
                    Node indices = input(type, 9000 / inner);
                    Node updates = input(dtype, 1, 9000 / inner, inner);
                    check(Node.of(new Op.ScatterAdd(1), base, indices, updates), List.of(base, indices, updates),
                            List.of(numbers(base, -5, 5), numbers(indices, 0, 50), numbers(updates, -5, 5)));
                }
            }
        }
    }

    @Test
    void addsInVectorsAsOneByOne() {
        float[] source = new float[500];
        IntStream.range(0, source.length).forEach(i -> source[i] = 1f / (i + 1));
        int[] indices = {3, 0, 3, 3, 1};
        for (Lanes lanes : Forms.all(ElementType.FLOAT)) {
            float[] expected = new float[500];
            float[] received = new float[500];
            for (int i = 0; i < indices.length; i++) {
                for (int j = 0; j < 37; j++) {
                    expected[7 + indices[i] * 60 + j] += source[5 + i * 60 + j];
                }
            }
            ScatterKernel.Add kernel = KernelClass.define(ScatterKernel.Add.class, "TestScatter", lanes, ScatterKernel::emit);
            kernel.run(source, 5, received, 7, indices, 0, indices.length, 60, 37);
            assertArrayEquals(expected, received, lanes.toString());
        }
    }

    @Test
    void findsExtremesInVectorsAsOneByOne() {
        float[] values = new float[500];
        float[] some = {Float.NaN, Float.NEGATIVE_INFINITY, 0, -0f, 1, 1, -1, Float.POSITIVE_INFINITY};
        Random random = new Random(4);
        IntStream.range(0, values.length).forEach(i -> values[i] = some[random.nextInt(i % 3 == 0 ? 2 : 0, some.length)]);
        for (boolean largest : new boolean[] {true, false}) {
            int[] expected = new int[37];
            for (int line = 0; line < expected.length; line++) {
                for (int i = 1; i < 9; i++) {
                    float best = values[3 + expected[line] * 50 + line];
                    float next = values[3 + i * 50 + line];
                    if ((largest ? next > best : next < best) || Float.isNaN(next) && !Float.isNaN(best)) {
                        expected[line] = i;
                    }
                }
            }
            for (Lanes lanes : Forms.all(ElementType.FLOAT)) {
                int[] received = new int[40];
                KernelClass.define(ArgReduceKernel.Find.class, "TestArgReduce", lanes, k -> ArgReduceKernel.emit(k, largest)).run(values, 3,
                        50, received, 2, 9, expected.length);
                assertArrayEquals(expected, Arrays.copyOfRange(received, 2, 2 + expected.length), lanes.toString());
            }
        }
    }

    @Test
    void anIndexThatIsOutside() {
        for (DType type : List.of(DType.INT32, DType.INT64)) {
            for (int bound : new int[] {0, -7}) {
                Node x = input(DType.FLOAT32, 50, 3);
                Node indices = input(type, 100);
                var executable = new JvmBackend().compile(Graph.of(List.of(x, indices), List.of(Node.of(new Op.Gather(0), x, indices))));
                assertThrows(IndexOutOfBoundsException.class,
                        () -> executable.run(List.of(numbers(x, 0, 9), numbers(indices, bound, bound + 51))));
            }
        }
    }

    @Test
    void sortsAndFirstPlaces() {
        for (DType dtype : NUMBERS) {
            for (boolean descending : new boolean[] {false, true}) {
                for (int extent : new int[] {1, 15, 17, 300, 1000}) {
                    Node x = input(dtype, 2, extent, 3);
                    Node order = Node.of(new Op.ArgSort(1, descending), x);
                    List<Data> values = List.of(numbers(x, -100, 100));
                    check(order, List.of(x), values);
                    for (int first : new int[] {0, 1, extent / 8, extent / 3}) {
                        check(Ops.slice(order, 1, 0, first), List.of(x), values);
                    }
                }
            }
        }
    }

    @Test
    void firstPlacesOfWhatIsNoNumber() {
        float[] values = new float[200];
        Random random = new Random(2);
        float[] some = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 0, -0f, 1, -1};
        IntStream.range(0, values.length).forEach(i -> values[i] = some[random.nextInt(some.length)]);
        for (boolean descending : new boolean[] {false, true}) {
            Node x = input(DType.FLOAT32, 200);
            check(Ops.slice(Node.of(new Op.ArgSort(0, descending), x), 0, 2, 25), List.of(x),
                    List.of(Data.of(DType.FLOAT32, x.shape(), values)));
        }
    }
}
