package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;

/**
 * The body of a loop for some of its rows, which axis 0 of everything that it carries and returns counts: the examples of a batch, in a
 * recurrent layer. Where no row needs another, the loop over all rows is one loop for each block of them, which need nothing from each
 * other from the first step to the last.
 *
 * <p>What is asked of the results is asked of operands, from the outputs to the inputs: a value is needed either with some of its rows, along
 * the axis that they have come to lie on, or as it is; the latter only if it does not depend on what is carried. A value may be needed in
 * both ways. Bits stay the same: nothing is added up along rows, and a product keeps its second operand.
 */
public final class FewerRows {

    /** The axis of a value that is needed as it is. */
    private static final int WHOLE = -1;

    /**
     * An input of the body for fewer rows.
     *
     * @param operand the operand of the loop that it is a part of
     * @param rows    whether it has some of the rows; else it is the same for all
     */
    public record Source(int operand, boolean rows) {}

    /** @param sources for each input of the body; what is carried first, then the others in no particular order */
    public record Block(Graph body, List<Source> sources) {
        public Block {
            sources = List.copyOf(sources);
        }
    }

    private final Op.Scan scan;
    private final Graph body;
    private final int rows;
    /** For each node the axes that its rows are needed along, or {@link #WHOLE}. */
    private final Map<Node, Set<Integer>> needed = new IdentityHashMap<>();
    private final Map<Node, Map<Integer, Node>> made = new IdentityHashMap<>();
    private final List<Node> inputs = new ArrayList<>();
    private final List<Source> sources = new ArrayList<>();

    private FewerRows(Op.Scan scan, int rows) {
        this.scan = scan;
        this.body = scan.body();
        this.rows = rows;
    }

    /** How many rows a loop has; empty if they are not the same for all that is carried, or nothing is. */
    public static Optional<Integer> count(Op.Scan scan) {
        List<Shape> shapes = scan.body().outputs().stream().map(Node::shape).toList();
        boolean equal = scan.carries() > 0
                && shapes.stream().allMatch(shape -> shape.rank() > 0 && shape.dim(0) == shapes.getFirst().dim(0));
        return equal ? Optional.of(shapes.getFirst().dim(0)) : Optional.empty();
    }

    /** The body for so many rows; empty if rows need each other, or may do so. */
    public static Optional<Block> of(Op.Scan scan, int rows) {
        FewerRows result = new FewerRows(scan, rows);
        return count(scan).isPresent() && result.ask() ? Optional.of(result.make()) : Optional.empty();
    }

    // ---- what is needed ------------------------------------------------------------------------------------------

    private boolean ask() {
        body.outputs().forEach(output -> need(output, 0));
        body.inputs().subList(0, scan.carries()).forEach(carry -> need(carry, 0));
        for (Node node : body.nodes().reversed()) {
            for (int axis : needed.getOrDefault(node, Set.of())) {
                Optional<List<Integer>> axes = axis == WHOLE ? whole(node) : operandAxes(node, axis);
                if (axes.isEmpty()) {
                    return false;
                }
                for (int i = 0; i < axes.get().size(); i++) {
                    need(body.operands(node).get(i), axes.get().get(i));
                }
            }
        }
        return true;
    }

    private void need(Node node, int axis) {
        needed.computeIfAbsent(node, _ -> new TreeSet<>()).add(axis);
    }

    private Optional<List<Integer>> whole(Node node) {
        boolean carried = body.op(node) instanceof Op.Input && body.inputs().indexOf(node) < scan.carries();
        return carried ? Optional.empty() : Optional.of(Collections.nCopies(body.operands(node).size(), WHOLE));
    }

    /** Along which axes the operands are needed, where a node's rows are along {@code axis}; empty if they cannot be computed apart. */
    private Optional<List<Integer>> operandAxes(Node node, int axis) {
        List<Node> operands = body.operands(node);
        return switch (body.op(node)) {
            case Op.Input _ -> axis == 0 ? Optional.of(List.of()) : Optional.empty();
            case Op.Fill _ -> Optional.of(List.of());
            case Op.Iota iota -> iota.axis() == axis ? Optional.empty() : Optional.of(List.of());
            case Op.Unary _, Op.Binary _, Op.Compare _, Op.Select _, Op.Cast _, Op.StopGradient _, Op.Barrier _ ->
                    Optional.of(Collections.nCopies(operands.size(), axis));
            case Op.Broadcast broadcast -> Optional.of(List.of(beforeBroadcast(operands.getFirst().shape(), broadcast.shape(), axis)));
            case Op.Reshape reshape -> beforeReshape(operands.getFirst().shape(), reshape.shape(), axis).map(List::of);
            case Op.Permute permute -> Optional.of(List.of(permute.order().get(axis)));
            case Op.Slice slice -> when(slice.start().get(axis) == 0 && slice.step().get(axis) == 1
                    && slice.limit().get(axis) == operands.getFirst().shape().dim(axis), axis);
            case Op.Flip flip -> when(!flip.axes().contains(axis), axis);
            case Op.Pad pad -> pad.low().get(axis) == 0 && pad.high().get(axis) == 0 && pad.inner().get(axis) == 0
                    ? Optional.of(List.of(axis, WHOLE)) : Optional.empty();
            case Op.Concat concat -> concat.axis() == axis ? Optional.empty() : Optional.of(Collections.nCopies(operands.size(), axis));
            case Op.Reduce reduce -> Optional.of(List.of(beforeReduction(reduce.axes(), axis)));
            case Op.MatMul _ -> beforeProduct(node, operands.get(1), axis);
            case Op.Constant _, Op.Gather _, Op.ScatterAdd _, Op.ArgSort _, Op.ArgReduce _, Op.CumSum _, Op.Conv _,
                    Op.ConvInputGradient _, Op.ConvKernelGradient _, Op.MaxPool _, Op.MaxPoolGradient _, Op.MaxPoolPick _, Op.SumPool _,
                    Op.SumPoolGradient _, Op.RandomBits _, Op.Program _, Op.Get _ ->
                    Optional.empty();
        };
    }

    private static Optional<List<Integer>> when(boolean holds, int axis) {
        return holds ? Optional.of(List.of(axis)) : Optional.empty();
    }

    private static int beforeBroadcast(Shape from, Shape to, int axis) {
        int before = axis - (to.rank() - from.rank());
        return before < 0 || from.dim(before) != to.dim(axis) ? WHOLE : before;
    }

    /** The axis with as many elements before it, if it is as long. */
    private static Optional<Integer> beforeReshape(Shape from, Shape to, int axis) {
        long before = to.slice(0, axis).size();
        long passed = 1;
        for (int i = 0; i < from.rank(); i++) {
            if (passed == before && from.dim(i) == to.dim(axis)) {
                return Optional.of(i);
            }
            passed *= from.dim(i);
        }
        return Optional.empty();
    }

    private static int beforeReduction(List<Integer> axes, int axis) {
        int before = axis;
        for (int reduced : axes) {
            before += reduced <= before ? 1 : 0;
        }
        return before;
    }

    /** The way in which a product is computed may depend on how many columns there are, and on where its second operand lies. */
    private Optional<List<Integer>> beforeProduct(Node node, Node right, int axis) {
        int rank = node.shape().rank();
        boolean repeated = axis == rank - 2;
        Node root = right;
        while (isLayout(body.op(root))) {
            repeated |= body.op(root) instanceof Op.Broadcast;
            root = body.operands(root).getFirst();
        }
        if (axis == rank - 1 || repeated && !(body.op(root) instanceof Op.Input)) {
            return Optional.empty();
        }
        return Optional.of(List.of(axis, axis == rank - 2 ? WHOLE : axis));
    }

    private static boolean isLayout(Op op) {
        return op instanceof Op.Broadcast || op instanceof Op.Reshape || op instanceof Op.Permute || op instanceof Op.Slice
                || op instanceof Op.Flip;
    }

    // ---- the body ------------------------------------------------------------------------------------------------

    private Block make() {
        for (int i = 0; i < body.inputs().size(); i++) {
            Node input = body.inputs().get(i);
            for (int axis : needed.getOrDefault(input, Set.of())) {
                Type type = axis == WHOLE ? input.type() : input.type().with(input.shape().with(0, rows));
                Node part = Node.of(new Op.Input(type, ((Op.Input) body.op(input)).name()), List.of(), input.origin());
                put(input, axis, part);
                inputs.add(part);
                sources.add(new Source(i, axis != WHOLE));
            }
        }
        for (Node node : body.nodes()) {
            if (!(body.op(node) instanceof Op.Input)) {
                needed.getOrDefault(node, Set.of()).forEach(axis -> put(node, axis, axis == WHOLE ? same(node) : part(node, axis)));
            }
        }
        return new Block(Graph.of(inputs, body.outputs().stream().map(output -> get(output, 0)).toList()), sources);
    }

    private void put(Node node, int axis, Node part) {
        made.computeIfAbsent(node, _ -> new TreeMap<>()).put(axis, part);
    }

    private Node get(Node node, int axis) {
        return Objects.requireNonNull(Objects.requireNonNull(made.get(node)).get(axis));
    }

    private Node same(Node node) {
        return body.keep(node, body.operands(node).stream().map(operand -> get(operand, WHOLE)).toList());
    }

    private Node part(Node node, int axis) {
        List<Integer> axes = operandAxes(node, axis).orElseThrow();
        List<Node> operands = new ArrayList<>();
        for (int i = 0; i < axes.size(); i++) {
            operands.add(get(body.operands(node).get(i), axes.get(i)));
        }
        UnaryOperator<Shape> fewer = shape -> shape.with(axis, rows);
        Op op = switch (body.op(node)) {
            case Op.Fill fill -> new Op.Fill(fill.type().with(fewer.apply(fill.type().shape())), fill.value());
            case Op.Iota iota -> new Op.Iota(iota.type().with(fewer.apply(iota.type().shape())), iota.axis());
            case Op.Broadcast broadcast -> new Op.Broadcast(fewer.apply(broadcast.shape()));
            case Op.Reshape reshape -> new Op.Reshape(fewer.apply(reshape.shape()));
            case Op.Slice slice -> new Op.Slice(slice.start(), with(slice.limit(), axis), slice.step());
            case Op other -> other;
        };
        // A broadcast that has nothing left to repeat is none.
        return op instanceof Op.Broadcast broadcast ? Ops.broadcast(operands.getFirst(), broadcast.shape())
                : Node.of(op, operands, node.origin());
    }

    private List<Integer> with(List<Integer> extents, int axis) {
        List<Integer> result = new ArrayList<>(extents);
        result.set(axis, rows);
        return result;
    }
}
