package dev.gamelan.grad;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Origin;
import dev.gamelan.shape.ShapeException;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Forward-mode differentiation: how outputs change as inputs change. It takes what {@link Gradients} takes back. */
public final class Tangents {

    private final Graph graph;
    private final Set<Node> active;
    private final Map<Node, Node> given = new IdentityHashMap<>();
    private final Map<Node, List<@Nullable Node>> tangents = new IdentityHashMap<>();

    private Tangents(Graph graph, Set<Node> active) {
        this.graph = graph;
        this.active = active;
    }

    /**
     * The change of the outputs.
     *
     * @param wrt any nodes; what does not depend on them is constant
     * @param tangents how fast each of these changes: a node of its type; those of types without fractions do not change.
     *                 One that depends on others changes with them besides.
     * @return for each output a node of its type, zeros if it does not depend on {@code wrt} or has no fractions
     */
    public static List<Node> of(List<Node> outputs, List<Node> wrt, List<Node> tangents) {
        for (int i = 0; i < wrt.size(); i++) {
            if (!tangents.get(i).type().equals(wrt.get(i).type())) {
                throw ShapeException.of("tangent: a value and its change differ", wrt.get(i).type().toString(),
                        tangents.get(i).type().toString());
            }
        }
        List<Node> results = propagate(outputs, wrt, tangents);
        return IntStream.range(0, outputs.size()).mapToObj(i -> Ops.cast(results.get(i), outputs.get(i).dtype())).toList();
    }

    /** As {@link #of}, but tangents of values of storage types come and go in FLOAT32. */
    static List<Node> propagate(List<Node> outputs, List<Node> wrt, List<Node> tangents) {
        Graph graph = Graph.of(List.of(), outputs);
        Tangents sweep = new Tangents(graph, Activity.of(graph, wrt));
        for (int i = 0; i < wrt.size(); i++) {
            sweep.given.merge(wrt.get(i), toGradientType(tangents.get(i), wrt.get(i)), Ops::add);
        }
        graph.nodes().stream().filter(sweep.active::contains)
                .forEach(node -> Origin.onBehalf(node.origin(), () -> sweep.visit(node)));
        return outputs.stream().map(output -> orZeros(output, sweep.tangent(output))).toList();
    }

    private @Nullable Node tangent(Node node) {
        return active.contains(node) ? tangents(node).getFirst() : null;
    }

    private List<@Nullable Node> tangents(Node node) {
        return Objects.requireNonNull(tangents.get(node));
    }

    private static Node orZeros(Node node, @Nullable Node tangent) {
        return tangent == null ? Ops.fill(Activity.gradientType(node.type()), 0) : tangent;
    }

    private static Node toGradientType(Node tangent, Node value) {
        return Ops.cast(tangent, Activity.gradientType(value.type()).dtype());
    }

    private void visit(Node node) {
        Op op = graph.op(node);
        List<Node> operands = graph.operands(node);
        if (op instanceof Op.Program program) {
            tangents.put(node, ProgramTangents.of(program, node, operands, operands.stream().map(this::tangent).toArray(Node[]::new)));
        } else if (op instanceof Op.Get(int index)) {
            tangents.put(node, Collections.singletonList(tangents(operands.getFirst()).get(index)));
        } else {
            tangents.put(node, Collections.singletonList(total(node, op, operands)));
        }
    }

    private @Nullable Node total(Node node, Op op, List<Node> operands) {
        @Nullable Node[] changes = operands.stream().map(this::tangent).toArray(Node[]::new);
        boolean changed = Arrays.stream(changes).anyMatch(t -> t != null);
        Node pushed = changed ? push(op, operands, node, changes) : null;
        Node own = given.get(node);
        return pushed == null ? own : own == null ? toGradientType(pushed, node) : Ops.add(toGradientType(pushed, node), own);
    }

    /** The change of the result, from those of the operands, at least one of which changes. */
    private static @Nullable Node push(Op op, List<Node> x, Node y, @Nullable Node[] t) {
        return switch (op) {
            case Op.Input _, Op.Constant _, Op.Fill _, Op.Iota _ -> null;
            case Op.Unary o -> Pointwise.derivative(o.kind(), x.get(0), y, zeros(x, t, 0));
            case Op.Binary o -> sum(t[0] == null ? null : Pointwise.first(o.kind(), x.get(0), x.get(1), y, t[0]),
                    t[1] == null ? null : Pointwise.second(o.kind(), x.get(0), x.get(1), y, t[1]));
            case Op.Compare _ -> null;
            case Op.Select o -> Node.of(o, x.get(0), zeros(x, t, 1), zeros(x, t, 2));
            case Op.Cast _ -> t[0];
            case Op.Broadcast _, Op.Reshape _, Op.Permute _, Op.Slice _, Op.Flip _, Op.CumSum _, Op.SumPool _, Op.SumPoolGradient _ ->
                    Node.of(op, zeros(x, t, 0));
            case Op.Pad _, Op.Concat _ ->
                    Node.of(op, IntStream.range(0, x.size()).mapToObj(i -> zeros(x, t, i)).toArray(Node[]::new));
            case Op.Gather o -> Node.of(o, zeros(x, t, 0), x.get(1));
            case Op.ScatterAdd o -> Node.of(o, zeros(x, t, 0), x.get(1), zeros(x, t, 2));
            case Op.ArgSort _, Op.ArgReduce _ -> null;
            case Op.Reduce o -> Reductions.tangent(o, x.get(0), y, zeros(x, t, 0));
            case Op.MatMul _, Op.Conv _, Op.ConvInputGradient _, Op.ConvKernelGradient _ ->
                    sum(t[0] == null ? null : Node.of(op, t[0], x.get(1)), t[1] == null ? null : Node.of(op, x.get(0), t[1]));
            case Op.MaxPool o -> Node.of(new Op.MaxPoolPick(o.size(), o.window()), x.get(0), zeros(x, t, 0));
            case Op.MaxPoolGradient _, Op.MaxPoolPick _ -> Node.of(op, x.get(0), zeros(x, t, 1));
            case Op.RandomBits _, Op.StopGradient _ -> null;
            case Op.Barrier _ -> t[0];
            case Op.Program _, Op.Get _ -> throw new IllegalStateException(op + " has no single result");
        };
    }

    private static Node zeros(List<Node> x, @Nullable Node[] t, int operand) {
        return orZeros(x.get(operand), t[operand]);
    }

    private static @Nullable Node sum(@Nullable Node a, @Nullable Node b) {
        return a == null ? b : b == null ? a : Ops.add(a, b);
    }
}
