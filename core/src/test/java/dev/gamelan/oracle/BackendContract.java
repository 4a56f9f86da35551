package dev.gamelan.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Backend;
import dev.gamelan.runtime.Executable;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What every backend keeps: one subclass per backend. */
public abstract class BackendContract {

    private final Backend reference = new Reference();

    /** The backend under test. */
    protected abstract Backend backend();

    @TestFactory
    Stream<DynamicTest> everyOperation() {
        return OpCases.all().stream().map(c -> DynamicTest.dynamicTest(c.name(), () -> check(c)));
    }

    private void check(OpCase c) {
        Graph graph = c.graph();
        List<Data> expected = reference.compile(graph).run(c.sample(1));
        Executable executable = backend().compile(graph);
        compare(c, graph, expected, executable.run(c.sample(1)));
        compare(c, graph, expected, executable.run(c.sample(1)));
    }

    /** What is compiled in a hurry computes the same bits. */
    @TestFactory
    Stream<DynamicTest> everyOperationOnce() {
        return OpCases.all().stream().map(c -> DynamicTest.dynamicTest(c.name(), () -> {
            Graph graph = c.graph();
            List<Data> expected = backend().compile(graph).run(c.sample(1));
            List<Data> actual = backend().compileOnce(graph).run(c.sample(1));
            for (int i = 0; i < expected.size(); i++) {
                Exactness.EXACT.difference(expected.get(i), actual.get(i)).ifPresent(difference -> {
                    throw new AssertionError(difference + "\n" + graph);
                });
            }
        }));
    }

    private static void compare(OpCase c, Graph graph, List<Data> expected, List<Data> actual) {
        compare(c.exactness(), graph, expected, actual);
    }

    private static void compare(Exactness exactness, Graph graph, List<Data> expected, List<Data> actual) {
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            int output = i;
            exactness.difference(expected.get(i), actual.get(i)).ifPresent(difference -> {
                throw new AssertionError("output " + output + ", " + difference + "\n" + graph);
            });
        }
    }

    @TestFactory
    Stream<DynamicTest> outputsGoIntoGivenArrays() {
        return OpCases.all().stream().map(c -> DynamicTest.dynamicTest(c.name(), () -> {
            Graph graph = c.graph();
            Executable executable = backend().compile(graph);
            List<Data> expected = executable.run(c.sample(1));
            List<Data> actual = executable.run(c.sample(2));
            executable.run(c.sample(1), actual);
            compare(Exactness.BITS, graph, expected, actual);
        }));
    }

    @Test
    void arraysOfAnotherTypeAreRefused() {
        Type type = new Type(DType.FLOAT32, Shape.of(3));
        Executable executable = backend().compile(ProgramCases.program(List.of(type), in -> List.of(Ops.neg(in.getFirst()))));
        Data x = Data.of(DType.FLOAT32, Shape.of(3), new float[] {1, 2, 3});
        Data wrong = Data.of(DType.FLOAT32, Shape.of(4), new float[4]);
        assertThrows(IllegalArgumentException.class, () -> executable.run(List.of(x), List.of(wrong)));
        assertThrows(IllegalArgumentException.class, () -> executable.run(List.of(x), List.of()));
    }

    @TestFactory
    Stream<DynamicTest> donatedInputsHoldTheOutputs() {
        return OpCases.all().stream().filter(c -> donatable(c) > 0).map(c -> DynamicTest.dynamicTest(c.name(), () -> checkDonation(c)));
    }

    /** How many first inputs have the type of the output at their place. */
    private static int donatable(OpCase c) {
        Graph graph = c.graph();
        int most = Math.min(graph.inputs().size(), graph.outputs().size());
        return (int) IntStream.range(0, most).takeWhile(i -> graph.inputs().get(i).type().equals(graph.outputs().get(i).type())).count();
    }

    private void checkDonation(OpCase c) {
        Graph graph = c.graph();
        int donated = donatable(c);
        List<Data> expected = reference.compile(graph).run(c.sample(1));
        List<Data> given = c.sample(1);
        List<Data> untouched = c.sample(1);
        List<Data> actual = backend().compile(graph, donated).run(given);
        compare(c, graph, expected, actual);
        for (int i = 0; i < given.size(); i++) {
            if (i < donated) {
                assertSame(given.get(i), actual.get(i), "a donated output is the donated input");
            } else {
                assertEquals("", Exactness.BITS.difference(untouched.get(i), given.get(i)).orElse(""), "an input was overwritten");
            }
        }
    }

    @Test
    void donatedStateStepsForward() {
        Type type = new Type(DType.FLOAT32, Shape.of(67));
        Graph graph = ProgramCases.program(List.of(type, type),
                in -> List.of(Ops.add(in.get(0), in.get(1)), Ops.mul(in.get(0), in.get(1))));
        Executable step = backend().compile(graph, 1);
        Data state = Domain.constant(1).sample(type, new Random(1));
        Data one = Domain.constant(1).sample(type, new Random(1));
        for (int i = 1; i <= 20; i++) {
            List<Data> results = step.run(List.of(state, one));
            assertEquals(i, results.get(1).getDouble(66));
        }
        assertEquals(21, state.getDouble(0));
    }

    @Test
    void whatIsKeptOfAnInputIsForgottenWhenAProgramWritesOverIt() {
        Type left = new Type(DType.FLOAT32, Shape.of(20, 30));
        Type right = new Type(DType.FLOAT32, Shape.of(30, 40));
        Graph product = ProgramCases.program(List.of(left, right), in -> List.of(Ops.matmul(in.get(0), in.get(1))));
        Executable multiply = backend().compile(product);
        Executable twice = backend().compile(ProgramCases.program(List.of(right), in -> List.of(Ops.mul(in.getFirst(), 2))), 1);
        Data a = Domain.SMALL.sample(left, new Random(1));
        Data b = Domain.SMALL.sample(right, new Random(2));
        for (int step = 0; step < 3; step++) {
            List<Data> expected = reference.compile(product).run(List.of(a, b));
            for (int repeat = 0; repeat < 3; repeat++) {
                compare(Exactness.ACCUMULATED, product, expected, multiply.run(List.of(a, b)));
            }
            twice.run(List.of(b));
        }
    }

    /** The matrix that all steps of a loop multiply with is another in each run. */
    @Test
    void loopsMultiplyWithTheMatrixOfTheirRun() {
        Type state = new Type(DType.FLOAT32, Shape.of(20, 24));
        Type matrix = new Type(DType.FLOAT32, Shape.of(24, 24));
        Graph body = ProgramCases.program(List.of(state, matrix), in -> List.of(Ops.matmul(in.get(0), in.get(1))));
        Graph loop = ProgramCases.program(List.of(state, matrix), in -> {
            Node scan = Node.of(new Op.Scan(body, 1, 0, 4, false), in.get(0), Ops.mul(in.get(1), 4));
            return List.of(Node.of(new Op.Get(0), scan));
        });
        Executable executable = backend().compile(loop);
        for (int run = 0; run < 4; run++) {
            List<Data> inputs = List.of(Domain.SMALL.sample(state, new Random(run)), Domain.SMALL.sample(matrix, new Random(run + 10)));
            compare(Exactness.ACCUMULATED, loop, reference.compile(loop).run(inputs), executable.run(inputs));
        }
    }

    private static final double[] SPECIAL = {0, -0.0, 1, -1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 6, 1e-60};

    /** Where zeros differ in their signs, and of NaN. */
    @Test
    void extremesAreThoseOfJava() {
        int count = 1031;
        for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
            Type type = new Type(dtype, Shape.of(count));
            double[] numbers = IntStream.range(0, count).mapToDouble(i -> SPECIAL[i * 5 % SPECIAL.length]).toArray();
            Data x = dtype == DType.FLOAT64 ? Data.of(dtype, type.shape(), numbers) : Data.of(dtype, type.shape(), floats(numbers));
            for (double bound : SPECIAL) {
                Node number = Ops.scalar(dtype, bound);
                Executable executable = backend().compile(ProgramCases.program(List.of(type), in -> List.of(
                        Ops.binary(Op.BinaryKind.MAX, in.getFirst(), number), Ops.binary(Op.BinaryKind.MAX, number, in.getFirst()),
                        Ops.binary(Op.BinaryKind.MIN, in.getFirst(), number), Ops.binary(Op.BinaryKind.MIN, number, in.getFirst()))));
                double rounded = dtype == DType.FLOAT64 ? bound : (float) bound;
                for (int run = 0; run < 2; run++) {
                    List<Data> results = executable.run(List.of(x));
                    for (int i = 0; i < count; i++) {
                        double value = x.getDouble(i);
                        assertEquals(Math.max(value, rounded), results.get(0).getDouble(i), value + " or " + bound);
                        assertEquals(Math.max(value, rounded), results.get(1).getDouble(i), bound + " or " + value);
                        assertEquals(Math.min(value, rounded), results.get(2).getDouble(i), value + " or " + bound);
                        assertEquals(Math.min(value, rounded), results.get(3).getDouble(i), bound + " or " + value);
                    }
                }
            }
        }
    }

    private static float[] floats(double[] numbers) {
        float[] result = new float[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            result[i] = (float) numbers[i];
        }
        return result;
    }

    @Test
    void resultsOutliveTheNextRun() {
        Type type = new Type(DType.FLOAT32, Shape.of(1031));
        Graph graph = ProgramCases.program(List.of(type), in -> List.of(Ops.mul(in.getFirst(), 2), Ops.sum(in.getFirst(), 0)));
        Executable executable = backend().compile(graph);
        List<Data> first = executable.run(List.of(Domain.constant(1).sample(type, new Random(1))));
        executable.run(List.of(Domain.constant(5).sample(type, new Random(1))));
        assertEquals(2, first.get(0).getDouble(1030));
        assertEquals(1031, first.get(1).getDouble(0));
    }

    @Test
    void inputsOfTheWrongTypeAreRefused() {
        Type type = new Type(DType.FLOAT32, Shape.of(3));
        Executable executable = backend().compile(ProgramCases.program(List.of(type), in -> List.of(Ops.neg(in.getFirst()))));
        Data wrong = Data.of(DType.FLOAT32, Shape.of(4), new float[4]);
        RuntimeException e = assertThrows(RuntimeException.class, () -> executable.run(List.of(wrong)));
        assertTrue(e.getMessage().contains("(4,)"), e.getMessage());
        assertThrows(RuntimeException.class, () -> executable.run(List.of()));
    }

    @Test
    void donationOfAnotherTypeIsRefused() {
        Type type = new Type(DType.FLOAT32, Shape.of(3));
        Graph graph = ProgramCases.program(List.of(type), in -> List.of(Ops.sum(in.getFirst(), 0)));
        assertThrows(IllegalArgumentException.class, () -> backend().compile(graph, 1));
        assertThrows(IllegalArgumentException.class, () -> backend().compile(graph, 2));
    }

    @Test
    void indicesOutOfRangeAreRefused() {
        Type type = new Type(DType.FLOAT32, Shape.of(5));
        Type indices = new Type(DType.INT32, Shape.of(2));
        Executable take = backend()
                .compile(ProgramCases.program(List.of(type, indices), in -> List.of(Node.of(new Op.Gather(0), in.get(0), in.get(1)))));
        Executable add = backend().compile(ProgramCases.program(List.of(type, indices),
                in -> List.of(Node.of(new Op.ScatterAdd(0), in.get(0), in.get(1), Ops.fill(new Type(DType.FLOAT32, Shape.of(2)), 1)))));
        for (int wrong : new int[] {-1, 5, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
            List<Data> inputs = List.of(new Data(type, new float[5]), new Data(indices, new int[] {4, wrong}));
            for (Executable executable : List.of(take, add)) {
                Exception e = assertThrows(IndexOutOfBoundsException.class, () -> executable.run(inputs));
                assertTrue(e.getMessage().contains(Integer.toString(wrong)) && e.getMessage().contains("5"), e.getMessage());
            }
        }
    }

    @Test
    void divisionOfIntegersByZeroIsRefused() {
        Type type = new Type(DType.INT32, Shape.of(67));
        for (Op.BinaryKind kind : List.of(Op.BinaryKind.DIV, Op.BinaryKind.REM)) {
            Executable divide = backend()
                    .compile(ProgramCases.program(List.of(type, type), in -> List.of(Ops.binary(kind, in.get(0), in.get(1)))));
            assertThrows(ArithmeticException.class, () -> divide.run(List.of(new Data(type, new int[67]), new Data(type, new int[67]))));
        }
    }

    @Test
    void deepProgramsDoNotOverflowTheStack() {
        Type type = new Type(DType.FLOAT32, Shape.of(3));
        Graph graph = ProgramCases.program(List.of(type), in -> {
            Node x = in.getFirst();
            for (int i = 0; i < 3000; i++) {
                x = Ops.unary(Op.UnaryKind.NEG, x);
            }
            return List.of(x);
        });
        assertEquals(2, backend().compile(graph).run(List.of(new Data(type, new float[] {1, 2, 3}))).getFirst().getDouble(1));
    }

    @Test
    void concurrentRunsDoNotMix() throws Exception {
        Type type = new Type(DType.FLOAT32, Shape.of(37, 41));
        Graph graph = ProgramCases.program(List.of(type),
                in -> List.of(Ops.sum(Ops.matmul(in.getFirst(), Ops.transpose(in.getFirst())), 1), CompositeCases.softmax(in.getFirst())));
        Executable executable = backend().compile(graph);
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            List<Future<Boolean>> runs = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                runs.add(pool.submit(repeats(executable, graph, i)));
            }
            for (Future<Boolean> run : runs) {
                assertTrue(run.get());
            }
        }
    }

    private Callable<Boolean> repeats(Executable executable, Graph graph, int seed) {
        return () -> {
            List<Data> inputs = List.of(Domain.MEDIUM.sample(graph.inputs().getFirst().type(), new Random(seed)));
            List<Data> expected = reference.compile(graph).run(inputs);
            List<Data> actual = executable.run(inputs);
            return IntStream.range(0, expected.size())
                    .allMatch(i -> Exactness.ACCUMULATED.difference(expected.get(i), actual.get(i)).isEmpty());
        };
    }
}
