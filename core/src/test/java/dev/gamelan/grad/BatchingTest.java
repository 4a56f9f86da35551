package dev.gamelan.grad;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Ops;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Many examples at once against one after the other. */
class BatchingTest {

    private static final int SIZE = 3;

    static Stream<DerivativeCase> cases() {
        return Stream.concat(DerivativeCases.all(), DiscreteCases.all().stream());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void allInputsDiffer(DerivativeCase c) {
        check(c, i -> true);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void oneInputDiffers(DerivativeCase c) {
        for (int input = 0; input < c.inputs().size(); input++) {
            int only = input;
            check(c, i -> i == only);
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void nothingDiffers(DerivativeCase c) {
        check(c, i -> false);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void gradients(DerivativeCase c) {
        DerivativeCase gradient = new DerivativeCase(c.name(), GradientsTest.gradientOf(c), c.inputs());
        check(gradient, i -> true);
        check(gradient, i -> i == 0);
    }

    /** The gradient of the whole batch is the gradient of each example, and their sum for what is common. */
    @ParameterizedTest
    @MethodSource("cases")
    void gradientsOfBatches(DerivativeCase c) {
        for (int common = 0; common <= c.inputs().size(); common++) {
            int same = common;
            List<Node> single = c.newInputs();
            List<Node> outputs = c.program().apply(single);
            List<Node> mapped = IntStream.range(0, single.size()).filter(i -> i != same).mapToObj(single::get).toList();
            List<Node> batched = mapped.stream().map(BatchingTest::batchedInput).toList();
            List<Node> wrt = Programs.concat(batched, same < single.size() ? List.of(single.get(same)) : List.of());
            List<Node> weights = GradientsTest.weights(outputs);
            List<Node> results = Batching.of(outputs, mapped, batched, SIZE);
            List<Node> actual = Gradients.of(results, weights.stream().map(w -> Ops.broadcast(w, w.shape().insert(0, SIZE))).toList(), wrt);
            List<Node> each = Batching.of(Gradients.of(outputs, weights, single), mapped, batched, SIZE);
            List<Node> expected = IntStream.range(0, single.size()).mapToObj(i -> i != same ? each.get(i)
                    : each.get(i).dtype().isFloating() ? Ops.sum(each.get(i), 0) : Ops.fillLike(single.get(i), 0)).toList();
            List<Node> ordered = new ArrayList<>(expected);
            if (same < single.size()) {
                ordered.add(ordered.remove(same));
            }
            List<Data> values = new ArrayList<>();
            mapped.forEach(x -> values.add(Evaluation.stack(examples(c.inputs().get(single.indexOf(x))))));
            if (same < single.size()) {
                values.add(c.inputs().get(same));
            }
            Evaluation.assertClose(Evaluation.run(wrt, ordered, values), Evaluation.run(wrt, actual, values), 1e-11);
        }
    }

    private static Node batchedInput(Node x) {
        return Ops.input(x.type().with(x.shape().insert(0, SIZE)), "batch");
    }

    private static void check(DerivativeCase c, IntPredicate differs) {
        List<Node> single = c.newInputs();
        List<Node> outputs = c.program().apply(single);
        List<Integer> mapped = IntStream.range(0, single.size()).filter(differs).boxed().toList();
        List<Node> batched = IntStream.range(0, single.size())
                .mapToObj(i -> mapped.contains(i) ? batchedInput(single.get(i)) : single.get(i)).toList();
        List<Node> results = Batching.of(outputs, mapped.stream().map(single::get).toList(), mapped.stream().map(batched::get).toList(),
                SIZE);
        List<Data> values = IntStream.range(0, single.size())
                .mapToObj(i -> mapped.contains(i) ? Evaluation.stack(examples(c.inputs().get(i))) : c.inputs().get(i)).toList();
        List<List<Data>> each = IntStream.range(0, SIZE).mapToObj(b -> Evaluation.run(single, outputs, IntStream.range(0, single.size())
                .mapToObj(i -> mapped.contains(i) ? examples(c.inputs().get(i)).get(b) : c.inputs().get(i)).toList())).toList();
        List<Data> expected = IntStream.range(0, outputs.size())
                .mapToObj(i -> Evaluation.stack(each.stream().map(result -> result.get(i)).toList())).toList();
        Evaluation.assertClose(expected, Evaluation.run(batched, results, values), 1e-11);
    }

    /** The same elements in other orders. */
    private static List<Data> examples(Data data) {
        return IntStream.range(0, SIZE).mapToObj(by -> {
            int length = data.length();
            Object array = data.dtype().newArray(length);
            for (int i = 0; i < length; i++) {
                System.arraycopy(data.array(), i, array, (i + by) % length, 1);
            }
            return new Data(data.type(), array);
        }).toList();
    }
}
