package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.Shape;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Reduces values in the order in which they lie. Where a permutation is followed by nothing but element-wise operations, reductions and the opposite
 * permutation, all of that is done to what was permuted: so the normalization of an image whose channels come first, behind a convolution whose channels come
 * last, reads and writes whole lines of memory.
 */
final class StraightReductions implements Pass {

    @Override
    public String name() {
        return "straight-reductions";
    }

    @Override
    public Graph apply(Graph graph) {
        Map<Node, List<Node>> users = graph.users();
        Map<Node, List<Integer>> orders = new IdentityHashMap<>();
        Set<Node> seen = identitySet();
        for (Node node : graph.nodes()) {
            if (graph.op(node) instanceof Op.Permute permute && seen.add(node)) {
                Region region = new Region(graph, users, permute.order());
                boolean closed = region.closeOver(node);
                seen.addAll(region.roots);
                if (closed) {
                    region.nodes.forEach(each -> orders.put(each, permute.order()));
                }
            }
        }
        return orders.isEmpty() ? graph : rewritten(graph, orders);
    }

    private static Set<Node> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    /** What follows from permutations of one order element by element. */
    private static final class Region {
        private final Graph graph;
        private final Map<Node, List<Node>> users;
        private final List<Integer> order;
        private final List<Integer> opposite;
        private final Set<Node> nodes = identitySet();
        private final Set<Node> roots = identitySet();
        private final Deque<Node> open = new ArrayDeque<>();
        private boolean reduces;

        Region(Graph graph, Map<Node, List<Node>> users, List<Integer> order) {
            this.graph = graph;
            this.users = users;
            this.order = order;
            this.opposite = inverse(order);
        }

        /** Whether nothing else reads what is in the region or is read there, and something is reduced. */
        boolean closeOver(Node root) {
            if (!admits(root)) {
                return false;
            }
            while (!open.isEmpty()) {
                Node node = open.remove();
                if (graph.outputs().contains(node)) {
                    return false;
                }
                for (Node user : Objects.requireNonNull(users.get(node))) {
                    boolean isReduced = graph.op(user) instanceof Op.Reduce;
                    reduces |= isReduced;
                    if (!isReduced && !isOpposite(user) && !admits(user)) {
                        return false;
                    }
                }
            }
            return reduces;
        }

        private boolean isOpposite(Node node) {
            return graph.op(node) instanceof Op.Permute permute && permute.order().equals(opposite);
        }

        /** Takes the node and what it is computed from into the region, if all that belongs there. */
        private boolean admits(Node node) {
            Deque<Node> pending = new ArrayDeque<>(List.of(node));
            while (!pending.isEmpty()) {
                Node next = pending.pop();
                if (nodes.contains(next) || next != node && isRepeated(graph.op(next))) {
                    continue;
                }
                boolean isRoot = graph.op(next) instanceof Op.Permute permute && permute.order().equals(order);
                if (!isRoot && !PushLayouts.isElementwise(graph.op(next))) {
                    return false;
                }
                nodes.add(next);
                open.add(next);
                if (isRoot) {
                    roots.add(next);
                } else {
                    pending.addAll(graph.operands(next));
                }
            }
            return true;
        }
    }

    private static boolean isRepeated(Op op) {
        return op instanceof Op.Broadcast || op instanceof Op.Fill;
    }

    /** @param orders of the permutations behind the nodes that are done to what was permuted */
    private static Graph rewritten(Graph graph, Map<Node, List<Integer>> orders) {
        Map<Node, Node> straight = new IdentityHashMap<>();
        return graph.rewrite((node, operands) -> {
            @Nullable List<Integer> order = orders.get(node);
            if (order != null) {
                straight.put(node, graph.op(node) instanceof Op.Permute ? operands.getFirst()
                        : Node.of(graph.op(node), IntStream.range(0, operands.size())
                                .mapToObj(i -> Optional.ofNullable(straight.get(graph.operands(node).get(i)))
                                        .orElseGet(() -> repeated(operands.get(i), inverse(order))))
                                .toList(), node.origin()));
                return graph.keep(node, operands);
            }
            Node x = graph.operands(node).isEmpty() ? node : graph.operands(node).getFirst();
            @Nullable Node lying = straight.get(x);
            if (lying != null && graph.op(node) instanceof Op.Reduce reduce) {
                return reduced(reduce, lying, Objects.requireNonNull(orders.get(x)), node);
            }
            return lying != null && graph.op(node) instanceof Op.Permute ? lying : graph.keep(node, operands);
        });
    }

    private static Node reduced(Op.Reduce reduce, Node lying, List<Integer> order, Node node) {
        List<Integer> axes = reduce.axes().stream().map(order::get).sorted().toList();
        Node result = Node.of(new Op.Reduce(reduce.kind(), axes), List.of(lying), node.origin());
        List<Integer> kept = order.stream().filter(axis -> !axes.contains(axis)).toList();
        List<Integer> sorted = kept.stream().sorted().toList();
        return kept.equals(sorted) ? result
                : Node.of(new Op.Permute(kept.stream().map(sorted::indexOf).toList()), List.of(result), node.origin());
    }

    /** The same numbers along other axes; where only axes of extent 1 move, that is another shape. */
    private static Node repeated(Node node, List<Integer> order) {
        if (!(node.op() instanceof Op.Broadcast)) {
            return PushLayouts.move(new Op.Permute(order), node);
        }
        Node x = node.operand(0);
        Shape full = Ops.reshape(x, ones(node.shape().rank() - x.shape().rank()).concat(x.shape())).shape();
        Shape permuted = Shape.of(order.stream().mapToInt(full::dim).toArray());
        List<Integer> wide = order.stream().filter(axis -> full.dim(axis) != 1).toList();
        boolean keepsOrder = wide.equals(wide.stream().sorted().toList());
        Node moved = keepsOrder ? Ops.reshape(x, permuted) : Node.of(new Op.Permute(order), List.of(Ops.reshape(x, full)), node.origin());
        return Ops.broadcast(moved, Shape.of(order.stream().mapToInt(node.shape()::dim).toArray()));
    }

    private static Shape ones(int rank) {
        return Shape.of(IntStream.range(0, rank).map(_ -> 1).toArray());
    }

    private static List<Integer> inverse(List<Integer> order) {
        List<Integer> inverse = new ArrayList<>(order.size());
        for (int axis = 0; axis < order.size(); axis++) {
            inverse.add(order.indexOf(axis));
        }
        return inverse;
    }
}
