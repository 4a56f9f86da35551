package dev.gamelan.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Window;
import dev.gamelan.pass.Passes;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How many kernels a program becomes, and of which form. */
final class LoweringTest {

    private static Node input(int... dims) {
        return Ops.input(new Type(DType.FLOAT32, Shape.of(dims)), "x");
    }

    private static Schedule lower(int donated, List<Node> inputs, Node... outputs) {
        return Lowering.lower(Passes.optimize(Graph.of(inputs, List.of(outputs))), donated, new Target(90));
    }

    private static String story(Schedule schedule) {
        return schedule.steps().stream().map(LoweringTest::story).collect(Collectors.joining(", "));
    }

    private static String story(Step step) {
        return switch (step) {
            case Step.Loop loop -> loop.kernel().form().toString();
            case Step.Contraction contraction -> contraction.node().op().getClass().getSimpleName()
                    + contraction.epilogue().map(loop -> "+" + loop.kernel().form()).orElse("");
            case Step.Library library -> library.node().op().getClass().getSimpleName();
            case Step.Attend _ -> "attention";
            case Step.AttendGradient _ -> "attention gradient";
        };
    }

    private static Node softmax(Node x) {
        Shape keep = Shape.of(x.shape().dim(0), 1);
        Node e = Ops.unary(Op.UnaryKind.EXP, Ops.sub(x, Ops.reshape(Ops.reduce(Op.ReduceKind.MAX, x, 1), keep)));
        return Ops.div(e, Ops.reshape(Ops.sum(e, 1), keep));
    }

    @Test
    void aChainOfElementwiseOperationsIsOneLoopOverOneAxis() {
        Node x = input(3, 5, 7);
        Schedule schedule = lower(0, List.of(x), Ops.mul(Ops.unary(Op.UnaryKind.TANH, Ops.add(x, x)), x));
        assertEquals("MAP", story(schedule));
        assertEquals(List.of(105), ((Step.Loop) schedule.steps().getFirst()).extents());
    }

    /** A bias that is added to many lines is laid out for some of them, so that fewer end within a vector; to few, it would not pay. */
    @Test
    void manyLinesThatEndWithinAVectorBecomeFewerLongOnes() {
        assertEquals(List.of(List.of(14, 72), List.of(224, 1008)), extentsOfBiased(56, 56, 72));
        assertEquals(List.of(List.of(16, 48), List.of(784, 768)), extentsOfBiased(112, 112, 48));
        assertEquals(List.of(List.of(113, 24), List.of(50, 2712)), extentsOfBiased(50, 113, 24));
        assertEquals(List.of(List.of(196, 72)), extentsOfBiased(14, 14, 72));
        assertEquals(List.of(List.of(3136, 80)), extentsOfBiased(56, 56, 80));
        assertEquals(List.of(List.of(3136, 264)), extentsOfBiased(56, 56, 264));
    }

    private static List<List<Integer>> extentsOfBiased(int height, int width, int channels) {
        Node x = input(1, height, width, channels);
        Node b = input(channels);
        Node y = Ops.unary(Op.UnaryKind.RELU, Ops.add(x, Ops.broadcast(b, x.shape())));
        return lower(0, List.of(x, b), y).steps().stream().map(step -> ((Step.Loop) step).extents()).toList();
    }

    @Test
    void softmaxIsOneKernel() {
        Node x = input(6, 10);
        assertEquals("ROW_WISE", story(lower(0, List.of(x), softmax(x))));
    }

    @Test
    void imagesByChannelsAreCopiedOnlyForConvolutionsThatNeedThemOtherwise() {
        Node x = input(2, 3, 8, 9);
        Node w = input(3, 3, 3, 5);
        Node conv = Node.of(new Op.Conv(new Window(List.of(1, 1), List.of(1, 1), List.of(1, 1), List.of(1, 1)), 1),
                Ops.permute(x, 0, 2, 3, 1), w);
        Graph graph = Passes.optimize(Graph.of(List.of(x, w), List.of(conv)));
        assertEquals("MAP, Conv", story(Lowering.lower(graph, 0, new Target(90))));
        Step.Contraction step = (Step.Contraction) Lowering.lower(graph, 0, new Target(90, _ -> true)).steps().getFirst();
        assertEquals(List.of(x.type(), w.type()), step.reads().stream().map(Node::type).toList());
        assertEquals(List.of(3 * 72, 1, 72), step.operands().stream()
                .flatMap(images -> Stream.of(images.batchStride(), images.rowStride(), images.columnStride())).toList());
    }

    private static Node concat(int axis, Node... parts) {
        return Node.of(new Op.Concat(axis), parts);
    }

    @Test
    void kernelsStoreWhatOnlyAConcatenationReadsInIt() {
        Node x = input(4, 40);
        Node y = input(4, 50);
        Node whole = concat(1, Ops.unary(Op.UnaryKind.EXP, x), softmax(y));
        Schedule schedule = lower(0, List.of(x, y), whole);
        assertEquals("MAP, ROW_WISE", story(schedule));
        Step.Loop second = (Step.Loop) schedule.steps().getLast();
        assertEquals(List.of(schedule.graph().outputs().getFirst()), second.writes());
        Step.Binding part = second.bindings().stream().filter(Step.Binding::written).findFirst().orElseThrow();
        assertEquals(new Step.Binding(part.buffer(), 40, List.of(90, 1), true), part);
    }

    @Test
    void whatOthersReadTooIsCopiedIntoAConcatenation() {
        Node x = input(4, 40);
        Node exp = Ops.unary(Op.UnaryKind.EXP, x);
        assertEquals("MAP, MAP, MAP", story(lower(0, List.of(x), concat(1, exp, x), exp)));
        assertEquals("MAP, MAP, MAP", story(lower(0, List.of(x), concat(1, exp, exp))));
    }

    @Test
    void whatReadsAConcatenationComesAfterAllOfIt() {
        Node x = input(4, 40);
        Node v = input(40, 40);
        Node w = input(80, 80);
        Node sum = Ops.reshape(Ops.sum(Ops.unary(Op.UnaryKind.EXP, x), 1), Shape.of(4, 1));
        Node whole = concat(1, Ops.unary(Op.UnaryKind.SIN, x), Ops.mul(Ops.matmul(x, v), sum));
        List<Step> steps = lower(0, List.of(x, v, w), Ops.matmul(whole, w)).steps();
        Node read = steps.getLast().reads().getFirst();
        assertEquals(new Op.Concat(1), read.op());
        assertEquals(2, steps.subList(0, steps.size() - 1).stream().filter(step -> step.writes().contains(read)).count());
    }

    private static Node layerNorm(Node x, Node scale, Node shift) {
        Shape keep = Shape.of(x.shape().dim(0), 1);
        Node count = Ops.scalar(DType.FLOAT32, x.shape().dim(1));
        Node centered = Ops.sub(x, Ops.reshape(Ops.div(Ops.sum(x, 1), count), keep));
        Node variance = Ops.div(Ops.sum(Ops.mul(centered, centered), 1), count);
        Node factor = Ops.unary(Op.UnaryKind.RSQRT, Ops.add(variance, Ops.scalar(DType.FLOAT32, 1e-5)));
        return Ops.add(Ops.mul(Ops.mul(centered, Ops.reshape(factor, keep)), scale), shift);
    }

    @Test
    void oneLayerNormAfterAnotherIsTwoKernels() {
        Node x = input(6, 10);
        Node scale = input(10);
        Node shift = input(10);
        Node first = layerNorm(Ops.add(x, x), scale, shift);
        assertEquals("ROW_WISE", story(lower(0, List.of(x, scale, shift), first)));
        assertEquals("ROW_WISE, ROW_WISE", story(lower(0, List.of(x, scale, shift), layerNorm(first, scale, shift))));
    }

    @Test
    void biasActivationAndSoftmaxFollowTheProductInItsRows() {
        Node x = input(6, 10);
        Node w = input(10, 4);
        Node b = input(4);
        Node relu = Ops.unary(Op.UnaryKind.RELU, Ops.add(Ops.matmul(x, w), b));
        assertEquals("MatMul+MAP", story(lower(0, List.of(x, w, b), relu)));
        assertEquals("MatMul+ROW_WISE", story(lower(0, List.of(x, w, b), softmax(Ops.add(Ops.matmul(x, w), b)))));
    }

    @Test
    void transposedOperandsCostNothing() {
        Node x = input(6, 10);
        Node w = input(4, 10);
        assertEquals("MatMul", story(lower(0, List.of(x, w), Ops.matmul(x, Ops.transpose(w)))));
    }

    @Test
    void sumsOverRowsAreColumnWiseAndShareOnePass() {
        Node x = input(6, 10);
        Node y = Ops.unary(Op.UnaryKind.TANH, x);
        assertEquals("COLUMN_WISE", story(lower(0, List.of(x), Ops.sum(y, 0), Ops.sum(Ops.mul(y, y), 0))));
    }

    @Test
    void whatReplacesADonatedInputComesAfterItsReaders() {
        Node weight = input(8, 8);
        Node x = input(8, 8);
        Node update = Ops.mul(weight, 0.5);
        Node later = Ops.matmul(Ops.matmul(x, x), weight);
        List<Step> steps = lower(1, List.of(weight, x), update, later).steps();
        int last = IntStream.range(0, steps.size()).filter(i -> steps.get(i) instanceof Step.Loop).max().orElseThrow();
        assertEquals(steps.size() - 1, last, () -> steps.toString());
    }

    @Test
    void independentUnitsThatNeedEachOtherInTurnDoNotMerge() {
        Node x = input(6, 6);
        Node e = Ops.unary(Op.UnaryKind.EXP, x);
        Node through = Ops.add(e, Ops.matmul(e, e));
        Schedule schedule = lower(0, List.of(x), through);
        assertTrue(story(schedule).equals("MAP, MatMul+MAP"), () -> story(schedule));
    }

    @Test
    void costlyFunctionsOfFewColumnsAreComputedInWholeVectors() {
        Node x = input(4000, 8);
        for (int columns : new int[] {6, 32}) {
            Node w = input(8, columns);
            Node b = input(columns);
            Node sum = Ops.add(Ops.matmul(x, w), b);
            // The bias is laid out for some rows before, so that they are one long loop.
            assertEquals("MAP, MatMul+MAP", story(lower(0, List.of(x, w, b), Ops.unary(Op.UnaryKind.RELU, sum))));
            Set<String> expected = columns < 16 ? Set.of("MatMul, MAP, MAP", "MAP, MatMul, MAP") : Set.of("MAP, MatMul+MAP");
            String received = story(lower(0, List.of(x, w, b), Ops.unary(Op.UnaryKind.TANH, sum)));
            assertTrue(expected.contains(received), received);
        }
    }

    /** The outputs of a layer with an activation like GELU, and the gradients of its weight and bias. */
    private static Schedule activationWithGradients(int rows, int columns) {
        Node x = input(rows, 24);
        Node w = input(24, columns);
        Node b = input(columns);
        Node next = input(columns, 20);
        Node h = Ops.add(Ops.matmul(x, w), b);
        Node scaled = Ops.mul(h, 0.7);
        Node half = Ops.mul(h, 0.5);
        Node cumulative = Ops.add(Ops.unary(Op.UnaryKind.ERF, scaled), Ops.mul(h, 0));
        Node density = Ops.unary(Op.UnaryKind.EXP, Ops.neg(Ops.mul(scaled, scaled)));
        Node y = Ops.matmul(Ops.mul(half, cumulative), next);
        Node inner = Ops.matmul(Ops.mul(y, y), Ops.transpose(next));
        Node gradient = Ops.add(Ops.mul(Ops.mul(inner, half), density), Ops.mul(inner, cumulative));
        return lower(0, List.of(x, w, b, next), y, Ops.matmul(Ops.transpose(x), gradient), Ops.sum(gradient, 0));
    }

    @Test
    void theGradientOfAnActivationKeepsItsArgumentAlone() {
        List<Integer> stores = activationWithGradients(32, 1024).steps().stream()
                .flatMap(step -> step instanceof Step.Contraction contraction ? contraction.epilogue().stream() : Stream.empty())
                .map(loop -> loop.kernel().stores().size()).toList();
        assertEquals(List.of(1, 1, 2), stores.stream().sorted().toList(), "the square, the gradient, and the activation with its argument");
        List<Integer> kept = activationWithGradients(16, 16).steps().stream()
                .flatMap(step -> step instanceof Step.Contraction contraction ? contraction.epilogue().stream() : Stream.empty())
                .map(loop -> loop.kernel().stores().size()).toList();
        assertTrue(kept.contains(4), () -> "few elements are in the cache: " + kept);
    }

    @Test
    void theGradientOfABiasIsSummedApartFromWhatFollowsAProduct() {
        String story = story(activationWithGradients(32, 1024));
        assertEquals("MatMul+MAP, MatMul+MAP, MatMul+MAP, MatMul, COLUMN_WISE", story);
    }

    @Test
    void aReshapeDoesNotCutAKernelInTwo() {
        Node x = input(4, 8, 16);
        Node w = input(16, 12);
        Node a = Ops.unary(Op.UnaryKind.TANH, x);
        Node product = Ops.mul(Ops.mul(x, 0.5), a);
        Schedule schedule = lower(0, List.of(x, w), a, Ops.matmul(Ops.reshape(product, Shape.of(32, 16)), w));
        assertEquals("MAP, MatMul", story(schedule));
    }

    @Test
    void allWhoNeedACopyShareIt() {
        Node x = input(4, 6, 8);
        Node w = input(24, 5);
        Node permuted = Ops.permute(Ops.unary(Op.UnaryKind.TANH, x), 1, 0, 2);
        Node gradient = Ops.matmul(Ops.transpose(Ops.reshape(permuted, Shape.of(8, 24))), Ops.reshape(permuted, Shape.of(8, 24)));
        Node product = Ops.matmul(Ops.reshape(permuted, Shape.of(8, 24)), w);
        assertEquals(2, Stream.of(story(lower(0, List.of(x, w), gradient, product)).split(", ")).filter("MAP"::equals).count());
    }

    @Test
    void whatFollowsFromOneLongRowIsLeftToAllThreads() {
        for (int columns : new int[] {1000, 8192}) {
            Node x = input(1, columns);
            Node largest = Ops.reshape(Ops.reduce(Op.ReduceKind.MAX, x, 1), Shape.of(1, 1));
            assertEquals(columns == 1000 ? "ROW_WISE" : "ROW_WISE, MAP", story(lower(0, List.of(x), Ops.div(x, largest))));
        }
    }
}
