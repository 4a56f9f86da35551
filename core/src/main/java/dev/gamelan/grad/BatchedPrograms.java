package dev.gamelan.grad;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Programs in programs, for many examples. */
record BatchedPrograms(int size) {

    /** All results; at least one operand differs between the examples. */
    List<Lane> batch(Op.Program op, List<Lane> x) {
        return switch (op) {
            case Op.Scan scan -> scan(scan, x);
            case Op.If branch when x.getFirst().batched() -> both(branch, x);
            case Op.If branch -> branch(branch, x);
            case Op.Call(Graph body, Op.CallRule.Rematerialize rule) -> call(body, rule, x);
            case Op.Call(Graph body, Op.CallRule.Custom(UnaryOperator<List<Node>> rule)) -> {
                List<Boolean> batched = x.stream().map(Lane::batched).toList();
                List<Type> results = body.outputs().stream().map(Node::type).toList();
                List<Type> operands = body.inputs().stream().map(Node::type).toList();
                yield call(body, new Op.CallRule.Custom(new BatchedRule(rule, operands, batched, results, size)), x);
            }
        };
    }

    private List<Lane> scan(Op.Scan op, List<Lane> x) {
        int firstCaptured = op.carries() + op.sequences();
        Set<Integer> moving = Set.copyOf(batchedInputs(op, x));
        List<Boolean> batched = IntStream.range(0, x.size()).mapToObj(moving::contains).toList();
        Body body = Body.of(op.body(), batched, size);
        List<Boolean> outputs = IntStream.range(0, body.outputs().size())
                .mapToObj(i -> i < op.carries() ? batched.get(i) : body.outputs().get(i).batched()).toList();
        Node[] operands = IntStream.range(0, x.size()).mapToObj(i -> {
            Lane lane = x.get(i);
            boolean sequence = i >= op.carries() && i < firstCaptured;
            return !batched.get(i) ? lane.node() : sequence ? Ops.swap(lane.node(), 0, 1) : lane.stretched(size);
        }).toArray(Node[]::new);
        Node loop = Node.of(new Op.Scan(body.graph(outputs, size), op.carries(), op.sequences(), op.length(), op.reverse()), operands);
        return IntStream.range(0, outputs.size()).mapToObj(i -> {
            Node result = Ops.get(loop, i);
            return new Lane(outputs.get(i) && i >= op.carries() ? Ops.swap(result, 0, 1) : result, outputs.get(i));
        }).toList();
    }

    /** The operands that differ between examples, and the carried values that will after some steps. */
    private static List<Integer> batchedInputs(Op.Scan op, List<Lane> x) {
        Graph body = op.body();
        List<Integer> moving = new ArrayList<>(IntStream.range(0, x.size()).filter(i -> x.get(i).batched()).boxed().toList());
        while (true) {
            Set<Node> reached = Activity.dependents(body, moving.stream().map(body.inputs()::get).toList());
            List<Integer> more = IntStream.range(0, op.carries())
                    .filter(i -> !moving.contains(i) && reached.contains(body.outputs().get(i))).boxed().toList();
            if (more.isEmpty()) {
                return moving;
            }
            moving.addAll(more);
        }
    }

    /** One choice for all examples. */
    private List<Lane> branch(Op.If op, List<Lane> x) {
        List<Boolean> batched = x.stream().skip(1).map(Lane::batched).toList();
        Body then = Body.of(op.then(), batched, size);
        Body otherwise = Body.of(op.otherwise(), batched, size);
        List<Boolean> outputs = IntStream.range(0, then.outputs().size())
                .mapToObj(i -> then.outputs().get(i).batched() || otherwise.outputs().get(i).batched()).toList();
        return results(new Op.If(then.graph(outputs, size), otherwise.graph(outputs, size)), x, outputs);
    }

    /** Each example chooses: both programs are computed. */
    private List<Lane> both(Op.If op, List<Lane> x) {
        List<Lane> then = Batching.of(op.then(), known(op.then(), x.subList(1, x.size())), size);
        List<Lane> otherwise = Batching.of(op.otherwise(), known(op.otherwise(), x.subList(1, x.size())), size);
        return IntStream.range(0, then.size()).mapToObj(i -> {
            Node a = then.get(i).stretched(size);
            Shape column = Shape.of(IntStream.range(0, a.shape().rank()).map(axis -> axis == 0 ? size : 1).toArray());
            return Lane.batched(Ops.select(Ops.reshape(x.getFirst().node(), column), a, otherwise.get(i).stretched(size)));
        }).toList();
    }

    private List<Lane> call(Graph callee, Op.CallRule rule, List<Lane> x) {
        Body body = Body.of(callee, x.stream().map(Lane::batched).toList(), size);
        List<Boolean> outputs = body.outputs().stream().map(_ -> true).toList();
        return results(new Op.Call(body.graph(outputs, size), rule), x, outputs);
    }

    private static List<Lane> results(Op.Program op, List<Lane> x, List<Boolean> batched) {
        Node node = Node.of(op, x.stream().map(Lane::node).toArray(Node[]::new));
        return IntStream.range(0, batched.size()).mapToObj(i -> new Lane(Ops.get(node, i), batched.get(i))).toList();
    }

    private static Map<Node, Lane> known(Graph body, List<Lane> x) {
        Map<Node, Lane> known = new IdentityHashMap<>();
        IntStream.range(0, x.size()).forEach(i -> known.put(body.inputs().get(i), x.get(i)));
        return known;
    }

    /** An inner program for many examples, of which some inputs and outputs are the same for all. */
    private record Body(List<Node> inputs, List<Lane> outputs) {

        static Body of(Graph body, List<Boolean> batched, int size) {
            List<Lane> inputs = IntStream.range(0, batched.size()).mapToObj(i -> {
                Type type = body.inputs().get(i).type();
                return new Lane(Ops.input(batched.get(i) ? type.with(type.shape().insert(0, size)) : type, "x"), batched.get(i));
            }).toList();
            return new Body(inputs.stream().map(Lane::node).toList(), Batching.of(body, known(body, inputs), size));
        }

        Graph graph(List<Boolean> batched, int size) {
            return Graph.of(inputs, IntStream.range(0, outputs.size())
                    .mapToObj(i -> batched.get(i) ? outputs.get(i).stretched(size) : outputs.get(i).node()).toList());
        }
    }

    /** A user's gradient for many examples. Operands that are the same for all get the sum. Compares by what it is made of. */
    private record BatchedRule(UnaryOperator<List<Node>> rule, List<Type> operands, List<Boolean> batched, List<Type> results, int size)
            implements UnaryOperator<List<Node>> {

        @Override
        public List<Node> apply(List<Node> values) {
            List<Node> single = Stream.of(operands, results, results).flatMap(List::stream).map(type -> Ops.input(type, "x")).toList();
            Graph graph = Graph.of(single, rule.apply(single));
            List<Lane> lanes = IntStream.range(0, values.size())
                    .mapToObj(i -> new Lane(values.get(i), i >= operands.size() || batched.get(i))).toList();
            List<Lane> gradients = Batching.of(graph, known(graph, lanes), size);
            return IntStream.range(0, gradients.size()).mapToObj(i -> {
                Node all = gradients.get(i).stretched(size);
                boolean sum = !batched.get(i) && Activity.differentiable(all.dtype());
                return sum ? Ops.cast(Ops.sum(Ops.cast(all, Activity.gradientType(all.type()).dtype()), 0), all.dtype()) : all;
            }).toList();
        }
    }
}
