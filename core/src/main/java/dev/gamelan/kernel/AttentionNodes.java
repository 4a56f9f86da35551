package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** What {@link Attentions} asks about single nodes of a graph: where operands lie, who reads them, which forms they have. */
final class AttentionNodes {

    private final Views views;
    private final Graph graph;
    private final Map<Node, List<Node>> users;

    AttentionNodes(Views views) {
        this.views = views;
        this.graph = views.graph();
        this.users = graph.users();
    }

    static Set<Node> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    List<Node> users(Node node) {
        return Objects.requireNonNull(users.get(node));
    }

    /** Who reads a value, as it is or with rows and columns exchanged; those exchanges belong to {@code within}. */
    List<Node> readers(Node node, Set<Node> within) {
        List<Node> result = new ArrayList<>();
        for (Node user : users(node)) {
            if (isTransposed(user, node)) {
                within.add(user);
                result.addAll(users(user));
            } else {
                result.add(user);
            }
        }
        return result;
    }

    /** Whether a node is another with its last two axes exchanged. */
    boolean isTransposed(Node node, Node of) {
        if (!(node.op() instanceof Op.Permute permute) || node.operand(0) != of) {
            return false;
        }
        int rank = node.shape().rank();
        for (int axis = 0; axis < rank; axis++) {
            int expected = axis < rank - 2 ? axis : 2 * rank - 3 - axis;
            if (permute.order().get(axis) != expected) {
                return false;
            }
        }
        return true;
    }

    /** Whether nothing but the results is read from elsewhere. */
    boolean isClosed(Set<Node> nodes, Set<Node> results) {
        return nodes.stream().allMatch(node -> results.contains(node)
                || !graph.outputs().contains(node) && users(node).stream().allMatch(nodes::contains));
    }

    /** The reduction of {@code of} along its last axis that a node repeats along that axis. */
    Optional<Node> rowValue(Node node, Op.ReduceKind kind, Node of, Set<Node> within) {
        if (!(node.op() instanceof Op.Broadcast)) {
            return Optional.empty();
        }
        Node kept = node.operand(0);
        Node value = kept.op() instanceof Op.Reshape ? kept.operand(0) : kept;
        boolean fits = value.op().equals(new Op.Reduce(kind, List.of(of.shape().rank() - 1))) && value.operand(0) == of
                && kept.shape().equals(of.shape().with(-1, 1));
        if (fits) {
            within.addAll(List.of(node, kept, value));
        }
        return fits ? Optional.of(value) : Optional.empty();
    }

    /** Where an operand lies; copies that only bring it in order are looked through. */
    Optional<Step.Binding> operand(Node node) {
        boolean copied = node.op() instanceof Op.Barrier && node.operands().size() == 1;
        Views.View view = views.view(copied ? node.operand(0) : node);
        boolean readable = !(view.root().op() instanceof Op.Fill) && !(view.root().op() instanceof Op.Iota)
                && view.access().strides().stream().allMatch(stride -> stride >= 0);
        return readable ? Optional.of(new Step.Binding(view.root(), view.access().offset(), view.access().strides(), false))
                : Optional.empty();
    }

    /** Rows and columns exchanged. */
    static Step.Binding transposed(Step.Binding binding) {
        List<Integer> strides = new ArrayList<>(binding.strides());
        Collections.swap(strides, strides.size() - 1, strides.size() - 2);
        return new Step.Binding(binding.buffer(), binding.offset(), strides, binding.written());
    }

    /** Where a product is to be written: if nothing reads it but a copy with another order of axes, right there. */
    Optional<Step.Binding> result(Node product, Set<Node> within) {
        Shape shape = product.shape();
        List<Integer> own = Access.contiguous(shape).strides();
        if (graph.outputs().contains(product) || users(product).size() != 1) {
            return Optional.of(new Step.Binding(product, 0, own, true));
        }
        Node permuted = users(product).getFirst();
        boolean copied = permuted.op() instanceof Op.Permute && !graph.outputs().contains(permuted) && users(permuted).size() == 1
                && users(permuted).getFirst().op() instanceof Op.Barrier && users(permuted).getFirst().operands().size() == 1;
        if (!copied) {
            return Optional.of(new Step.Binding(product, 0, own, true));
        }
        Node copy = users(permuted).getFirst();
        List<Integer> order = ((Op.Permute) permuted.op()).order();
        List<Integer> strides = Access.contiguous(copy.shape()).strides();
        Integer[] moved = new Integer[order.size()];
        for (int axis = 0; axis < moved.length; axis++) {
            moved[order.get(axis)] = strides.get(axis);
        }
        boolean fits = moved[moved.length - 1] <= 1 || moved[moved.length - 2] <= 1;
        if (!fits) {
            return Optional.of(new Step.Binding(product, 0, own, true));
        }
        within.addAll(List.of(permuted, copy));
        return Optional.of(new Step.Binding(copy, 0, Arrays.asList(moved), true));
    }

    /** Whether a mask (..., queries, keys) shows each query the keys up to its own place, the last query standing at the last key. */
    static boolean isCausal(Node mask) {
        Node node = mask;
        while (node.op() instanceof Op.Broadcast) {
            node = node.operand(0);
        }
        int rank = node.shape().rank();
        boolean whole = rank >= 2 && node.shape().dim(-1) == mask.shape().dim(-1) && node.shape().dim(-2) == mask.shape().dim(-2);
        if (!whole || !(node.op() instanceof Op.Compare compare)) {
            return false;
        }
        int behind = mask.shape().dim(-1) - mask.shape().dim(-2);
        return switch (compare.kind()) {
            case LE -> isIndex(node.operand(0), rank - 1, 0) && isIndex(node.operand(1), rank - 2, behind);
            case GE -> isIndex(node.operand(1), rank - 1, 0) && isIndex(node.operand(0), rank - 2, behind);
            case EQ, NE, LT, GT -> false;
        } && behind >= 0;
    }

    /** Whether each element of a node is its index along an axis, plus a number. */
    private static boolean isIndex(Node node, int axis, long plus) {
        if (node.op().equals(new Op.Binary(Op.BinaryKind.ADD)) && node.operand(1).op() instanceof Op.Fill fill) {
            return fill.value().longValue() == plus && isIndex(node.operand(0), axis, 0);
        }
        return plus == 0 && node.op() instanceof Op.Iota iota && iota.axis() == axis;
    }
}
