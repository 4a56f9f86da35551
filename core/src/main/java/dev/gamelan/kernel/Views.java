package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Where each value of a graph really lies: layout operations move nothing, they are other ways to read a buffer. Making the
 * views also puts a copy (a {@code Barrier}) wherever a value must lie in a row-major buffer of its own, and brings
 * reductions into the two forms that kernels have.
 */
final class Views {

    /** The node whose buffer holds a value, and how. */
    record View(Node root, Access access) {
        boolean isWhole() {
            return access.isContiguous() && access.shape().size() == root.shape().size() && !(root.op() instanceof Op.Iota);
        }
    }

    private final Map<Node, View> views = new IdentityHashMap<>();
    /** The copy of a value that all share who need one. */
    private final Map<Node, Node> copies = new IdentityHashMap<>();
    private final Predicate<Node> readsPlanes;
    private Graph graph;

    private Views(Graph graph, Predicate<Node> readsPlanes) {
        this.graph = graph;
        this.readsPlanes = readsPlanes;
    }

    /** @param readsPlanes see {@link Target} */
    static Views of(Graph original, Predicate<Node> readsPlanes) {
        Views views = new Views(original, readsPlanes);
        Graph result = original.rewrite((node, operands) -> views.visit(original.keep(node, operands)));
        Set<Node> used = new HashSet<>();
        List<Node> outputs = result.outputs().stream().map(output -> views.output(output, used)).toList();
        views.graph = Graph.of(result.inputs(), outputs);
        return views;
    }

    /** The views of a graph made from one that has all copies already. */
    static Views ofCopied(Graph graph) {
        return new Views(graph, _ -> false);
    }

    /** The graph with the copies. */
    Graph graph() {
        return graph;
    }

    View view(Node node) {
        return views.computeIfAbsent(node, this::compute);
    }

    private View compute(Node node) {
        if (isLayout(node.op())) {
            View operand = view(node.operand(0));
            return new View(operand.root(), operand.access().through(node.op()).orElseThrow());
        } else if (node.op() instanceof Op.Iota iota) {
            List<Integer> strides = new ArrayList<>(Collections.nCopies(node.shape().rank(), 0));
            strides.set(iota.axis(), node.shape().dim(iota.axis()) <= 1 ? 0 : 1);
            return new View(node, new Access(node.shape(), 0, strides));
        }
        return new View(node, Access.contiguous(node.shape()));
    }

    private Node visit(Node node) {
        Op op = node.op();
        if (op instanceof Op.Reshape reshape && view(node.operand(0)).access().through(reshape).isEmpty()) {
            return Node.of(op, List.of(ordered(node.operand(0))), node.origin());
        } else if (op instanceof Op.Reduce reduce) {
            return canonical(reduce, node);
        } else if (op instanceof Op.MatMul) {
            List<Node> operands = node.operands().stream().map(x -> isMatrix(x) ? x : ordered(x)).toList();
            return operands.equals(node.operands()) ? node : Node.of(op, operands, node.origin());
        } else if (op instanceof Op.Conv && planes(node.operand(0)).isPresent() && readsPlanes.test(node)) {
            Node kernel = node.operand(1);
            return isBuffer(kernel) ? node : Node.of(op, List.of(node.operand(0), ordered(kernel)), node.origin());
        } else if (needsWholeOperands(op)) {
            // What is added to is written over, so each has its own.
            List<Node> operands = node.operands().stream()
                    .map(x -> isBuffer(x) ? x : op instanceof Op.ScatterAdd && x == node.operand(0) ? copy(x) : ordered(x)).toList();
            return operands.equals(node.operands()) ? node : Node.of(op, operands, node.origin());
        }
        return node;
    }

    /** Each output has a buffer of its own. */
    private Node output(Node node, Set<Node> used) {
        boolean own = !isLayout(node.op()) && !isLeaf(node.op());
        return own && used.add(node) ? node : copy(node);
    }

    private Node ordered(Node node) {
        return copies.computeIfAbsent(node, Views::copy);
    }

    private static Node copy(Node node) {
        return Node.of(new Op.Barrier(), List.of(node), node.origin());
    }

    /** Reductions run over the last axes, or over a block of axes before the last ones; others are permuted to be so. */
    private Node canonical(Op.Reduce reduce, Node node) {
        Node x = node.operand(0);
        int rank = x.shape().rank();
        List<Integer> axes = reduce.axes();
        int inner = rank;
        while (inner > 0 && !axes.contains(inner - 1)) {
            inner--;
        }
        boolean block = axes.getLast() - axes.getFirst() == axes.size() - 1;
        if (block) {
            return node;
        }
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < inner; i++) {
            if (!axes.contains(i)) {
                order.add(i);
            }
        }
        int first = order.size();
        order.addAll(axes);
        for (int i = inner; i < rank; i++) {
            order.add(i);
        }
        Node permuted = Node.of(new Op.Permute(order), List.of(x), node.origin());
        List<Integer> newAxes = IntStream.range(first, first + axes.size()).boxed().toList();
        return Node.of(new Op.Reduce(reduce.kind(), newAxes), List.of(permuted), node.origin());
    }

    /** Whether a value lies in a buffer as it is, row-major and from the start. */
    private boolean isBuffer(Node node) {
        View view = view(node);
        return view.isWhole() && !(view.root().op() instanceof Op.Fill);
    }

    /** Whether the batch axes of a matrix operand are one axis in memory. */
    private boolean isMatrix(Node node) {
        View view = view(node);
        return !isLeafWithoutBuffer(view.root().op()) && matrix(view.access()).isPresent();
    }

    private static boolean isLeafWithoutBuffer(Op op) {
        return op instanceof Op.Fill || op instanceof Op.Iota;
    }

    /** (batch, row, column) strides of a matrix operand. */
    static Optional<Access> matrix(Access access) {
        Shape shape = access.shape();
        int rank = shape.rank();
        Shape batch = shape.slice(0, rank - 2);
        Shape flat = Shape.of((int) batch.size(), shape.dim(-2), shape.dim(-1));
        boolean forward = access.strides().stream().allMatch(stride -> stride >= 0);
        return forward ? access.through(new Op.Reshape(flat)) : Optional.empty();
    }

    /** (image, pixel, channel) strides of images that lie channel by channel, though their channels are the last axis. */
    Optional<View> planes(Node images) {
        View view = view(images);
        Shape shape = images.shape();
        int channels = shape.dim(-1);
        int pixels = (int) shape.slice(1, shape.rank() - 1).size();
        if (isLeafWithoutBuffer(view.root().op()) || shape.size() == 0) {
            return Optional.empty();
        }
        return view.access().through(new Op.Reshape(Shape.of(shape.dim(0), pixels, channels)))
                .filter(flat -> channels > 1 && flat.stride(1) == 1 && flat.stride(2) == pixels)
                .filter(flat -> shape.dim(0) == 1 || flat.stride(0) == channels * pixels)
                .map(flat -> new View(view.root(), flat));
    }

    static boolean isLayout(Op op) {
        return op instanceof Op.Broadcast || op instanceof Op.Reshape || op instanceof Op.Permute || op instanceof Op.Slice
                || op instanceof Op.Flip;
    }

    static boolean isLeaf(Op op) {
        return op instanceof Op.Input || op instanceof Op.Constant || op instanceof Op.Fill || op instanceof Op.Iota;
    }

    static boolean isPointwise(Op op) {
        return op instanceof Op.Unary || op instanceof Op.Binary || op instanceof Op.Compare || op instanceof Op.Select
                || op instanceof Op.Cast || op instanceof Op.Barrier;
    }

    /** Whether kernels are made of it. */
    static boolean isFused(Op op) {
        return isPointwise(op) || op instanceof Op.Reduce;
    }

    private static boolean needsWholeOperands(Op op) {
        return !isFused(op) && !isLayout(op) && !isLeaf(op) && !(op instanceof Op.Get)
                && !(op instanceof Op.Pad) && !(op instanceof Op.Concat);
    }
}
