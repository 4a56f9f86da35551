package dev.gamelan.codegen.blocks;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.JvmBackend;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Op.BinaryKind;
import dev.gamelan.ir.Op.CompareKind;
import dev.gamelan.ir.Op.UnaryKind;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Pool;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Emitted kernels are the judge: the bits are the same. */
class BlockProgramTest {

    private static final Type KEY = new Type(DType.INT32, Shape.of(2));
    private static final float[] SPECIAL = {0, -0f, 1, -1, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.MIN_VALUE,
            -Float.MIN_VALUE, Float.MIN_NORMAL, Float.MAX_VALUE, -Float.MAX_VALUE, 0.5f, 1e-30f, 88.8f};

    private static Type floats(int... dims) {
        return new Type(DType.FLOAT32, Shape.of(dims));
    }

    private static void assertSameAsKernels(List<Node> inputs, List<Node> outputs, List<Data> values) {
        Graph graph = Graph.of(inputs, outputs);
        List<Data> expected = new JvmBackend().compile(graph, 0).run(values);
        for (int threads = 1; threads <= 3; threads++) {
            try (Pool pool = new Pool(threads)) {
                List<Data> actual = BlockProgram.of(graph, pool).orElseThrow().run(values);
                for (int i = 0; i < expected.size(); i++) {
                    assertEquals(expected.get(i).type(), actual.get(i).type());
                    assertSameBits(expected.get(i).array(), actual.get(i).array());
                }
            }
        }
    }

    private static void assertSameBits(Object expected, Object actual) {
        switch (expected) {
            case float[] floats -> assertArrayEquals(bits(floats), bits((float[]) actual));
            case int[] ints -> assertArrayEquals(ints, (int[]) actual);
            case boolean[] truths -> assertArrayEquals(truths, (boolean[]) actual);
            default -> throw new AssertionError(expected.getClass());
        }
    }

    /** All NaN count as one. */
    private static int[] bits(float[] x) {
        return IntStream.range(0, x.length).map(i -> Float.floatToIntBits(x[i])).toArray();
    }

    private static Data data(Type type, Random random) {
        int length = type.shape().length();
        Object array = switch (type.dtype()) {
            case FLOAT32 -> {
                float[] floats = new float[length];
                for (int i = 0; i < length; i++) {
                    floats[i] = random.nextInt(4) == 0 ? SPECIAL[random.nextInt(SPECIAL.length)] : 10 * random.nextFloat() - 5;
                }
                yield floats;
            }
            case INT32 -> random.ints(length).toArray();
            default -> throw new AssertionError(type);
        };
        return new Data(type, array);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7, 1023, 1024, 1025, 8191, 8192, 8193, 30000})
    void givesTheBitsOfKernelsForEachLength(int length) {
        Random random = new Random(length);
        for (int round = 0; round < 20; round++) {
            Expression expression = new Expression(random, Shape.of(length));
            assertSameAsKernels(expression.inputs, List.of(expression.make(4)), expression.values);
        }
    }

    /** A random expression of FLOAT32, INT32 and BOOL. */
    private static final class Expression {
        private final Random random;
        private final Shape shape;
        private final List<Node> inputs = new ArrayList<>();
        private final List<Data> values = new ArrayList<>();
        private final List<Node> made = new ArrayList<>();

        Expression(Random random, Shape shape) {
            this.random = random;
            this.shape = shape;
        }

        Node make(int depth) {
            Node result = switch (random.nextInt(3)) {
                case 0 -> Ops.select(truth(depth), floats(depth), floats(depth));
                case 1 -> ints(depth);
                default -> floats(depth);
            };
            // A number is none of what is wanted.
            return result.op() instanceof Op.Broadcast || result.op() instanceof Op.Fill || result.op() instanceof Op.Input
                    ? Ops.select(truth(depth), result, result) : result;
        }

        private Node input(Type type) {
            Node input = Ops.input(type, "x" + inputs.size());
            inputs.add(input);
            values.add(data(type, random));
            return input;
        }

        private Node leaf(DType dtype) {
            return switch (random.nextInt(4)) {
                case 0 -> Ops.fill(new Type(dtype, shape), random.nextInt(5) - 1);
                case 1 -> Ops.broadcast(input(new Type(dtype, Shape.SCALAR)), shape);
                case 2 -> dtype == DType.INT32 ? Node.of(new Op.RandomBits(shape), input(KEY)) : input(new Type(dtype, shape));
                default -> input(new Type(dtype, shape));
            };
        }

        private Node floats(int depth) {
            Node result = depth == 0 ? leaf(DType.FLOAT32) : switch (random.nextInt(9)) {
                case 0 -> Ops.unary(List.of(UnaryKind.NEG, UnaryKind.ABS, UnaryKind.SQRT, UnaryKind.LOG).get(random.nextInt(4)),
                        floats(depth - 1));
                case 1 -> Ops.cast(ints(depth - 1), DType.FLOAT32);
                case 2 -> Ops.select(truth(depth - 1), floats(depth - 1), floats(depth - 1));
                case 3 -> again(DType.FLOAT32, depth);
                default -> Ops.binary(List.of(BinaryKind.ADD, BinaryKind.SUB, BinaryKind.MUL, BinaryKind.DIV, BinaryKind.MAX,
                        BinaryKind.MIN).get(random.nextInt(6)), floats(depth - 1), floats(depth - 1));
            };
            made.add(result);
            return result;
        }

        private Node ints(int depth) {
            Node result = depth == 0 ? leaf(DType.INT32) : random.nextInt(5) == 0
                    ? Ops.select(truth(depth - 1), ints(depth - 1), again(DType.INT32, depth))
                    : Ops.binary(List.of(BinaryKind.ADD, BinaryKind.SUB, BinaryKind.MUL, BinaryKind.AND, BinaryKind.OR, BinaryKind.XOR,
                            BinaryKind.SHL, BinaryKind.SHR, BinaryKind.USHR).get(random.nextInt(9)), ints(depth - 1), ints(depth - 1));
            made.add(result);
            return result;
        }

        private Node truth(int depth) {
            CompareKind kind = List.of(CompareKind.LT, CompareKind.LE, CompareKind.GT, CompareKind.GE, CompareKind.EQ)
                    .get(random.nextInt(5));
            int next = Math.max(0, depth - 1);
            return random.nextBoolean() ? Ops.compare(kind, floats(next), floats(next)) : Ops.compare(kind, ints(next), ints(next));
        }

        /** A node that has another use. */
        private Node again(DType dtype, int depth) {
            List<Node> candidates = made.stream().filter(node -> node.type().dtype() == dtype).toList();
            if (!candidates.isEmpty()) {
                return candidates.get(random.nextInt(candidates.size()));
            }
            return dtype == DType.INT32 ? ints(depth - 1) : floats(depth - 1);
        }
    }

    @Test
    void logarithmHasTheBitsOfKernels() {
        float[] x = new float[1 << 20];
        for (int i = 0; i < x.length; i++) {
            x[i] = Float.intBitsToFloat(i * 4093);
        }
        Node input = Ops.input(floats(x.length), "x");
        assertSameAsKernels(List.of(input), List.of(Ops.unary(UnaryKind.LOG, input)), List.of(new Data(input.type(), x)));
    }

    @Test
    void independentOutputsOfDifferentShapes() {
        Node key = Ops.input(KEY, "key");
        Node scale = Ops.input(floats(), "scale");
        List<Node> outputs = Stream.of(Shape.of(3, 5), Shape.of(20_000), Shape.of(), Shape.of(0, 4))
                .map(shape -> Ops.mul(Ops.cast(Node.of(new Op.RandomBits(shape), key), DType.FLOAT32), Ops.broadcast(scale, shape)))
                .toList();
        List<Data> values = List.of(new Data(KEY, new int[] {1, 2}), new Data(floats(), new float[] {0.25f}));
        assertSameAsKernels(List.of(key, scale), outputs, values);
    }

    @Test
    void whatHasNoLoopIsLeftToKernels() {
        Node x = Ops.input(floats(8, 8), "x");
        Node doubles = Ops.input(new Type(DType.FLOAT64, Shape.of(8)), "d");
        Node shared = Ops.add(x, x);
        try (Pool pool = new Pool(1)) {
            assertTrue(BlockProgram.of(Graph.of(List.of(x), List.of(Ops.sum(x, 0))), pool).isEmpty());
            assertTrue(BlockProgram.of(Graph.of(List.of(x), List.of(Ops.unary(UnaryKind.TANH, x))), pool).isEmpty());
            assertTrue(BlockProgram.of(Graph.of(List.of(x), List.of(Ops.transpose(x))), pool).isEmpty());
            assertTrue(BlockProgram.of(Graph.of(List.of(doubles), List.of(Ops.add(doubles, doubles))), pool).isEmpty());
            assertTrue(BlockProgram.of(Graph.of(List.of(x), List.of(Ops.mul(shared, x), shared)), pool).isEmpty());
        }
    }
}
