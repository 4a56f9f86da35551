package dev.gamelan.grad;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Ops;
import dev.gamelan.oracle.OpCase;
import dev.gamelan.oracle.OpCases;
import dev.gamelan.shape.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The cases that all backends share, differentiated in one random direction and run for several examples. */
class OpCaseTest {

    private static final int SIZE = 2;

    static Stream<OpCase> smooth() {
        return OpCases.all().stream().filter(OpCase::isForFiniteDifferences);
    }

    /** Those of moderate size, in one type. */
    static Stream<OpCase> all() {
        return OpCases.all().stream().filter(c -> c.arguments().stream().noneMatch(a -> a.type().dtype() == DType.FLOAT32))
                .filter(c -> c.arguments().stream().allMatch(a -> a.type().shape().size() < 300));
    }

    @ParameterizedTest
    @MethodSource("smooth")
    void bothModesAgreeWithDifferences(OpCase c) {
        Graph graph = c.graph();
        List<Data> values = c.sample(1);
        List<Node> wrt = c.differentiable().stream().map(graph.inputs()::get).toList();
        List<Data> direction = IntStream.range(0, wrt.size()).mapToObj(i -> Evaluation.random(wrt.get(i).type(), i)).toList();
        List<Node> tangents = direction.stream().map(Node::of).toList();
        List<Node> weights = GradientsTest.weights(graph.outputs());
        List<Data> weightValues = Evaluation.run(graph.inputs(), weights, values);

        double reverse = Evaluation.dot(Evaluation.run(graph.inputs(), Gradients.of(graph.outputs(), weights, wrt), values), direction);
        double forward = Evaluation.dot(Evaluation.run(graph.inputs(), Tangents.of(graph.outputs(), wrt, tangents), values), weightValues);
        double h = 1e-4;
        double wide = difference(c, graph, values, direction, weightValues, h);
        double narrow = difference(c, graph, values, direction, weightValues, h / 2);
        double expected = (4 * narrow - wide) / 3;
        assertEquals(expected, reverse, 2e-6 * (1 + Math.abs(expected)));
        assertEquals(reverse, forward, 1e-9 * (1 + Math.abs(reverse)));
    }

    private static double difference(OpCase c, Graph graph, List<Data> values, List<Data> direction, List<Data> weights, double h) {
        double[] ends = new double[2];
        for (int side = 0; side < 2; side++) {
            List<Data> moved = new ArrayList<>(values);
            for (int i = 0; i < direction.size(); i++) {
                int input = c.differentiable().get(i);
                double[] numbers = ((double[]) values.get(input).array()).clone();
                for (int j = 0; j < numbers.length; j++) {
                    numbers[j] += (side == 0 ? h : -h) * direction.get(i).getDouble(j);
                }
                moved.set(input, new Data(values.get(input).type(), numbers));
            }
            ends[side] = Evaluation.dot(Evaluation.run(graph.inputs(), graph.outputs(), moved), weights);
        }
        return (ends[0] - ends[1]) / (2 * h);
    }

    @ParameterizedTest
    @MethodSource("all")
    void examplesTogetherAreExamplesApart(OpCase c) {
        Graph graph = c.graph();
        List<List<Data>> samples = IntStream.range(0, SIZE).mapToObj(c::sample).toList();
        for (int common = 0; common <= graph.inputs().size(); common++) {
            int same = common;
            List<Node> mapped = IntStream.range(0, graph.inputs().size()).filter(i -> i != same).mapToObj(graph.inputs()::get).toList();
            List<Node> batched = mapped.stream().map(x -> Ops.input(x.type().with(x.shape().insert(0, SIZE)), "batch")).toList();
            List<Node> results = Batching.of(graph.outputs(), mapped, batched, SIZE);
            List<Node> inputs = new ArrayList<>(graph.inputs());
            List<Data> together = new ArrayList<>(samples.getFirst());
            for (int i = 0; i < mapped.size(); i++) {
                int at = graph.inputs().indexOf(mapped.get(i));
                inputs.set(at, batched.get(i));
                together.set(at, Evaluation.stack(samples.stream().map(sample -> sample.get(at)).toList()));
            }
            List<List<Data>> apart = samples.stream().map(sample -> {
                List<Data> values = new ArrayList<>(sample);
                if (same < values.size()) {
                    values.set(same, samples.getFirst().get(same));
                }
                return Evaluation.run(graph.inputs(), graph.outputs(), values);
            }).toList();
            List<Data> expected = IntStream.range(0, results.size())
                    .mapToObj(i -> Evaluation.stack(apart.stream().map(result -> result.get(i)).toList())).toList();
            Evaluation.assertClose(expected, Evaluation.run(inputs, results, together), 1e-11);
        }
    }
}
