package dev.gamelan.grad;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Origin;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Vectorization: a program for one example becomes a program for many, which are counted by a new axis 0. What does not
 * depend on the examples is computed once.
 *
 * <p>A branch whose predicate differs between examples computes both programs and selects.
 */
public final class Batching {

    private final Graph graph;
    private final int size;
    private final Map<Node, List<Lane>> lanes = new IdentityHashMap<>();

    private Batching(Graph graph, int size) {
        this.graph = graph;
        this.size = size;
    }

    /**
     * The outputs for many examples.
     *
     * @param mapped nodes that stand for one example
     * @param batched for each of these the examples: a node of its type with an axis 0 of extent {@code size} in front
     * @param size how many examples there are; may be 0
     * @return for each output a node with an axis 0 of extent {@code size} in front
     */
    public static List<Node> of(List<Node> outputs, List<Node> mapped, List<Node> batched, int size) {
        Map<Node, Lane> known = new IdentityHashMap<>();
        for (int i = 0; i < mapped.size(); i++) {
            Type expected = mapped.get(i).type().with(mapped.get(i).shape().insert(0, size));
            if (!batched.get(i).type().equals(expected)) {
                throw ShapeException.of("vmap: the examples do not fit", expected.toString(), batched.get(i).type().toString());
            }
            known.put(mapped.get(i), Lane.batched(batched.get(i)));
        }
        if (size == 0) {
            return outputs.stream().map(y -> Ops.fill(y.type().with(y.shape().insert(0, 0)), 0)).toList();
        }
        return of(Graph.of(List.of(), outputs), known, size).stream().map(lane -> lane.stretched(size)).toList();
    }

    /** The outputs of a graph if some of its nodes have these values. */
    static List<Lane> of(Graph graph, Map<Node, Lane> known, int size) {
        Batching sweep = new Batching(graph, size);
        known.forEach((node, lane) -> sweep.lanes.put(node, List.of(lane)));
        graph.nodes().stream().filter(node -> !known.containsKey(node))
                .forEach(node -> Origin.onBehalf(node.origin(), () -> sweep.lanes.put(node, sweep.visit(node))));
        return graph.outputs().stream().map(output -> sweep.lanes(output).getFirst()).toList();
    }

    private List<Lane> visit(Node node) {
        Op op = graph.op(node);
        if (op instanceof Op.Get(int index)) {
            return List.of(lanes(graph.operands(node).getFirst()).get(index));
        }
        List<Lane> operands = graph.operands(node).stream().map(operand -> lanes(operand).getFirst()).toList();
        boolean common = operands.stream().noneMatch(Lane::batched);
        if (op instanceof Op.Program program) {
            return common ? results(keep(node, operands)) : new BatchedPrograms(size).batch(program, operands);
        } else if (common || op instanceof Op.Barrier && !operands.getFirst().batched()) {
            return List.of(Lane.common(keep(node, operands)));
        }
        return List.of(Lane.batched(batch(op, operands)));
    }

    private List<Lane> lanes(Node node) {
        return Objects.requireNonNull(lanes.get(node));
    }

    private Node keep(Node node, List<Lane> operands) {
        return graph.keep(node, operands.stream().map(Lane::node).toList());
    }

    private static List<Lane> results(Node program) {
        return IntStream.range(0, program.types().size()).mapToObj(i -> Lane.common(Ops.get(program, i))).toList();
    }

    /** The results of all examples; at least one operand differs between them. */
    private Node batch(Op op, List<Lane> x) {
        Lane first = x.getFirst();
        return switch (op) {
            case Op.Input _, Op.Constant _, Op.Fill _, Op.Iota _ -> throw new IllegalStateException(op + " has no operands");
            case Op.Unary _, Op.Cast _, Op.StopGradient _, Op.Barrier _ -> Node.of(op, x.stream().map(Lane::node).toArray(Node[]::new));
            case Op.Binary _, Op.Compare _, Op.Select _ -> all(op, x);
            case Op.Broadcast o -> broadcast(o, first);
            case Op.Reshape o -> Ops.reshape(first.node(), o.shape().insert(0, size));
            case Op.Permute o -> Node.of(new Op.Permute(behind(0, o.order())), first.node());
            case Op.Slice o -> Node.of(new Op.Slice(with(0, o.start()), with(size, o.limit()), with(1, o.step())), first.node());
            case Op.Flip o -> Node.of(new Op.Flip(shifted(o.axes())), first.node());
            case Op.Pad o -> pad(o, first, x.get(1));
            case Op.Concat o -> all(new Op.Concat(o.axis() + 1), x);
            case Op.Gather o -> new BatchedIndexing(size).gather(o.axis(), first, x.get(1));
            case Op.ScatterAdd o -> new BatchedIndexing(size).scatterAdd(o.axis(), first, x.get(1), x.get(2));
            case Op.ArgSort o -> all(new Op.ArgSort(o.axis() + 1, o.descending()), x);
            case Op.Reduce o -> all(new Op.Reduce(o.kind(), shifted(o.axes())), x);
            case Op.ArgReduce o -> all(new Op.ArgReduce(o.kind(), o.axis() + 1), x);
            case Op.CumSum o -> all(new Op.CumSum(o.axis() + 1, o.reverse()), x);
            case Op.MatMul _ -> new BatchedContractions(size).matmul(first, x.get(1));
            case Op.Conv o -> new BatchedContractions(size).conv(o, first, x.get(1));
            case Op.ConvInputGradient o -> new BatchedContractions(size).inputGradient(o, first, x.get(1));
            case Op.ConvKernelGradient o -> new BatchedContractions(size).kernelGradient(o, first, x.get(1));
            case Op.MaxPool _, Op.MaxPoolGradient _, Op.MaxPoolPick _, Op.SumPool _, Op.SumPoolGradient _ ->
                    new BatchedContractions(size).folded(op, x);
            case Op.RandomBits o -> randomBits(o, first.node());
            case Op.Program _, Op.Get _ -> throw new IllegalStateException(op + " has no single result");
        };
    }

    private Node all(Op op, List<Lane> x) {
        return Node.of(op, x.stream().map(lane -> lane.stretched(size)).toArray(Node[]::new));
    }

    private Node broadcast(Op.Broadcast op, Lane x) {
        Shape aligned = x.shape();
        while (aligned.rank() < op.shape().rank()) {
            aligned = aligned.insert(0, 1);
        }
        return Ops.broadcast(Ops.reshape(x.node(), aligned.insert(0, size)), op.shape().insert(0, size));
    }

    private Node pad(Op.Pad op, Lane x, Lane value) {
        Op.Pad batched = new Op.Pad(with(0, op.low()), with(0, op.high()), with(0, op.inner()));
        if (!value.batched()) {
            return Node.of(batched, x.node(), value.node());
        }
        Node elements = Node.of(batched, x.stretched(size), Ops.scalar(x.node().dtype(), 0));
        Node values = Ops.reshape(value.node(),
                Shape.of(size).concat(Shape.of(IntStream.generate(() -> 1).limit(op.low().size()).toArray())));
        return Ops.select(Layouts.padding(op, x.shape()), values, elements);
    }

    /** A loop over the keys. */
    private Node randomBits(Op.RandomBits op, Node keys) {
        Node key = Ops.input(keys.type().with(keys.shape().without(0)), "key");
        Graph body = Graph.of(List.of(key), List.of(Node.of(op, key)));
        return Ops.get(Node.of(new Op.Scan(body, 0, 1, size, false), keys), 0);
    }

    private static List<Integer> shifted(List<Integer> axes) {
        return axes.stream().map(axis -> axis + 1).toList();
    }

    private static List<Integer> behind(int first, List<Integer> axes) {
        return with(first, shifted(axes));
    }

    private static List<Integer> with(int first, List<Integer> rest) {
        return IntStream.concat(IntStream.of(first), rest.stream().mapToInt(Integer::intValue)).boxed().toList();
    }
}
