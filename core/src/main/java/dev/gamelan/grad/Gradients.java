package dev.gamelan.grad;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Origin;
import dev.gamelan.shape.ShapeException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reverse-mode differentiation. The gradients are nodes like any others, so they can be differentiated again.
 *
 * <p>Where a derivative does not exist: ABS and RELU have 0 at 0, MAX and MIN share equally among equals, rounding and
 * comparisons have 0, and POW has 0 with respect to the exponent where the base is 0. Gradients pass SELECT only where it
 * took the operand, so infinite or undefined gradients of the other do not come through it.
 */
public final class Gradients {

    private final Graph graph;
    private final Set<Node> active;
    private final Set<Node> wanted = Activity.identitySet();
    private final Map<Node, Node> gradients = new IdentityHashMap<>();
    private final Map<Node, List<@Nullable Node>> tuples = new IdentityHashMap<>();

    private Gradients(Graph graph, Set<Node> active) {
        this.graph = graph;
        this.active = active;
    }

    /**
     * The gradients of a weighted sum of outputs.
     *
     * @param outputGradients the weights: for each output a node of its type
     * @param wrt any nodes; what does not depend on them is constant, and the values among them may depend on each other
     * @return for each of {@code wrt} a node of its type, zeros if the outputs do not depend on it or if it is not of a
     *         type with fractions
     */
    public static List<Node> of(List<Node> outputs, List<Node> outputGradients, List<Node> wrt) {
        for (int i = 0; i < outputs.size(); i++) {
            check(outputs.get(i), outputGradients.get(i));
        }
        List<Node> gradients = propagate(outputs, outputGradients, wrt);
        return IntStream.range(0, wrt.size()).mapToObj(i -> Ops.cast(gradients.get(i), wrt.get(i).dtype())).toList();
    }

    /** As {@link #of}, but gradients of values of storage types come and go in FLOAT32. */
    static List<Node> propagate(List<Node> outputs, List<Node> outputGradients, List<Node> wrt) {
        Graph graph = Graph.of(List.of(), outputs);
        Gradients sweep = new Gradients(graph, Activity.of(graph, wrt));
        sweep.wanted.addAll(wrt);
        for (int i = 0; i < outputs.size(); i++) {
            sweep.accumulate(outputs.get(i), outputGradients.get(i));
        }
        graph.nodes().reversed().forEach(node -> Origin.onBehalf(node.origin(), () -> sweep.visit(node)));
        return wrt.stream().map(sweep::result).toList();
    }

    private static void check(Node output, Node gradient) {
        if (!gradient.type().equals(output.type())) {
            throw ShapeException.of("gradient: an output and its gradient differ", output.type().toString(), gradient.type().toString());
        }
    }

    private Node result(Node source) {
        Node gradient = gradients.get(source);
        return gradient == null ? Ops.fill(Activity.gradientType(source.type()), 0) : gradient;
    }

    private void accumulate(Node node, Node gradient) {
        if (active.contains(node)) {
            gradients.merge(node, Ops.cast(gradient, Activity.gradientType(node.type()).dtype()), Ops::add);
        }
    }

    private void visit(Node node) {
        List<Node> operands = graph.operands(node);
        Node gradient = gradients.get(node);
        List<@Nullable Node> parts = tuples.remove(node);
        if (gradient != null && graph.op(node) instanceof Op.Get(int index)) {
            List<@Nullable Node> all = tuples.computeIfAbsent(operands.getFirst(),
                    tuple -> new ArrayList<>(Collections.nCopies(tuple.types().size(), null)));
            Node other = all.get(index);
            all.set(index, other == null ? gradient : Ops.add(other, gradient));
        } else if (gradient != null) {
            Optional<Softmax> softmax = Softmax.of(graph, node).filter(found -> found.within().stream().noneMatch(wanted::contains));
            if (softmax.isPresent()) {
                accumulate(softmax.get().x(), softmax.get().gradient(node, gradient));
                return;
            }
            accumulate(operands, pull(graph.op(node), operands, node, gradient));
        } else if (parts != null && graph.op(node) instanceof Op.Program program) {
            accumulate(operands, Programs.gradients(program, tuple(node, operands, parts)));
        }
    }

    private void accumulate(List<Node> operands, List<Node> passed) {
        for (int i = 0; i < passed.size(); i++) {
            accumulate(operands.get(i), passed.get(i));
        }
    }

    private Programs.Tuple tuple(Node node, List<Node> operands, List<@Nullable Node> parts) {
        List<Integer> wanted = IntStream.range(0, operands.size()).filter(i -> active.contains(operands.get(i))).boxed().toList();
        List<Integer> given = IntStream.range(0, parts.size()).filter(i -> parts.get(i) != null).boxed().toList();
        return new Programs.Tuple(node, operands, wanted, given, parts.stream().filter(Objects::nonNull).toList());
    }

    /**
     * The gradients of the first operands, from that of the result; the others have none. What is said of an operand
     * without a derivative is ignored.
     */
    private static List<Node> pull(Op op, List<Node> x, Node y, Node g) {
        return switch (op) {
            case Op.Input _, Op.Constant _, Op.Fill _, Op.Iota _ -> List.of();
            case Op.Unary o -> List.of(Pointwise.derivative(o.kind(), x.get(0), y, g));
            case Op.Binary o -> List.of(Pointwise.first(o.kind(), x.get(0), x.get(1), y, g),
                    Pointwise.second(o.kind(), x.get(0), x.get(1), y, g));
            case Op.Compare _ -> List.of();
            case Op.Select _ -> List.of(x.get(0), Ops.select(x.get(0), g, Ops.fillLike(g, 0)), Ops.select(x.get(0), Ops.fillLike(g, 0), g));
            case Op.Cast _ -> List.of(g);
            case Op.Broadcast _ -> List.of(Ops.sumTo(g, x.get(0).shape()));
            case Op.Reshape _ -> List.of(Ops.reshape(g, x.get(0).shape()));
            case Op.Permute o -> List.of(Layouts.permute(o, g));
            case Op.Slice o -> List.of(Layouts.slice(o, x.get(0).shape(), g));
            case Op.Flip o -> List.of(Node.of(o, g));
            case Op.Pad o -> List.of(Layouts.unpad(o, x.get(0).shape(), g), Layouts.padded(o, x.get(0).shape(), g));
            case Op.Concat o -> Layouts.split(o, x, g);
            case Op.Gather o -> List.of(Node.of(new Op.ScatterAdd(o.axis()), Ops.fill(g.type().with(x.get(0).shape()), 0), x.get(1), g));
            case Op.ScatterAdd o -> List.of(g, x.get(1), Node.of(new Op.Gather(o.axis()), g, x.get(1)));
            case Op.ArgSort _, Op.ArgReduce _ -> List.of();
            case Op.Reduce o -> List.of(Reductions.gradient(o, x.get(0), y, g));
            case Op.CumSum o -> List.of(Node.of(new Op.CumSum(o.axis(), !o.reverse()), g));
            case Op.MatMul _ -> List.of(Ops.matmul(g, Ops.transpose(x.get(1))), Ops.matmul(Ops.transpose(x.get(0)), g));
            case Op.Conv o -> Windows.conv(o, x.get(0), x.get(1), g);
            case Op.ConvInputGradient o -> Windows.inputGradient(o, x.get(0), x.get(1), g);
            case Op.ConvKernelGradient o -> Windows.kernelGradient(o, x.get(0), x.get(1), g);
            case Op.MaxPool o -> List.of(Node.of(new Op.MaxPoolGradient(o.size(), o.window()), x.get(0), g));
            case Op.MaxPoolGradient o -> List.of(Ops.fillLike(g, 0), Node.of(new Op.MaxPoolPick(o.size(), o.window()), x.get(0), g));
            case Op.MaxPoolPick o -> List.of(Ops.fillLike(x.get(0), 0),
                    Node.of(new Op.MaxPoolGradient(o.size(), o.window()), x.get(0), g));
            case Op.SumPool o -> List.of(Node.of(new Op.SumPoolGradient(o.size(), o.window(), Windows.input(x.get(0))), g));
            case Op.SumPoolGradient o -> List.of(Node.of(new Op.SumPool(o.size(), o.window()), g));
            case Op.RandomBits _, Op.StopGradient _ -> List.of();
            case Op.Barrier _ -> List.of(g);
            case Op.Program _, Op.Get _ -> throw new IllegalStateException(op + " has no single result");
        };
    }
}
