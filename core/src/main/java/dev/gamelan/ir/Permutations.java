package dev.gamelan.ir;

import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Permutations of what was permuted before, with a reshape between them or not, as one. */
public final class Permutations {

    /** Axes of a shape, and those that they become by a reshape: both hold the same elements in the same order. */
    private record Group(List<Integer> before, List<Integer> after) {}

    private Permutations() {}

    /**
     * The permutation of a node with as few operations as it takes, if that is none more than the node has.
     *
     * @param order as in {@link Op.Permute}
     */
    public static Optional<Node> joined(List<Integer> order, Node x) {
        if (order.equals(IntStream.range(0, order.size()).boxed().toList())) {
            return Optional.of(x);
        }
        if (x.op() instanceof Op.Permute inner) {
            return Optional.of(permute(x.operand(0), order.stream().map(inner.order()::get).toList()));
        }
        return x.op() instanceof Op.Reshape && x.operand(0).op() instanceof Op.Permute
                ? before(order, x.operand(0).shape(), x.shape())
                        .map(earlier -> Ops.reshape(moved(permute(x.operand(0), earlier)), permuted(x.shape(), order)))
                : Optional.empty();
    }

    /** What a node permutes, if only axes of one element move: for a reshape that is the same. */
    private static Node moved(Node node) {
        if (!(node.op() instanceof Op.Permute permute)) {
            return node;
        }
        List<Integer> wide = permute.order().stream().filter(axis -> node.operand(0).shape().dim(axis) != 1).toList();
        return wide.equals(wide.stream().sorted().toList()) ? node.operand(0) : node;
    }

    private static Node permute(Node x, List<Integer> order) {
        return joined(order, x).orElseGet(() -> Ops.permute(x, order.stream().mapToInt(axis -> axis).toArray()));
    }

    /**
     * The permutation before a reshape that does what another does behind it: groups of axes move as wholes. Empty if it takes axes apart that
     * the reshape has made of one, or joins.
     *
     * @param order of the axes behind the reshape
     * @param from the shape before the reshape
     * @param to the shape behind it
     */
    public static Optional<List<Integer>> before(List<Integer> order, Shape from, Shape to) {
        List<Integer> earlier = new ArrayList<>();
        List<Group> groups = groups(from, to);
        for (int at = 0; at < order.size();) {
            int axis = order.get(at);
            Optional<Group> found = groups.stream().filter(group -> group.after().getFirst() == axis).findFirst();
            if (found.isEmpty()) {
                return Optional.empty();
            }
            int end = at + found.get().after().size();
            if (end > order.size() || !order.subList(at, end).equals(found.get().after())) {
                return Optional.empty();
            }
            earlier.addAll(found.get().before());
            at = end;
        }
        return earlier.size() == from.rank() ? Optional.of(earlier) : Optional.empty();
    }

    /** The smallest groups of neighbors with as many elements before and after a reshape. */
    private static List<Group> groups(Shape from, Shape to) {
        List<Group> groups = new ArrayList<>();
        int i = 0;
        int k = 0;
        while (i < from.rank() && k < to.rank()) {
            int firstBefore = i;
            int firstAfter = k;
            long before = from.dim(i++);
            long after = to.dim(k++);
            while (before != after && (before < after ? i < from.rank() : k < to.rank())) {
                if (before < after) {
                    before *= from.dim(i++);
                } else {
                    after *= to.dim(k++);
                }
            }
            boolean last = i == from.rank() || k == to.rank();
            i = last ? from.rank() : i;
            k = last ? to.rank() : k;
            groups.add(new Group(range(firstBefore, i), range(firstAfter, k)));
        }
        return groups;
    }

    private static List<Integer> range(int from, int to) {
        return IntStream.range(from, to).boxed().toList();
    }

    private static Shape permuted(Shape shape, List<Integer> order) {
        return Shape.of(order.stream().mapToInt(shape::dim).toArray());
    }
}
