package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Origin;
import dev.gamelan.ir.Permutations;
import dev.gamelan.shape.Shape;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Moves reshapes and permutations from the result of element-wise operations (permutations also from that of a concatenation with others) to their operands,
 * where they cost nothing: a kernel reads through them. Only where the result has no other use, so nothing is computed twice. A reshape costs nothing where it is
 * either, so it moves past all the operations that could share a kernel with its operand or past none: half of them in one shape and half in
 * another would be two kernels.
 */
final class PushLayouts implements Pass {

    @Override
    public String name() {
        return "push-layouts";
    }

    /** Each round moves every layout one operation further, or joins those that came to the same value by several ways; long chains of single use are rare. */
    private static final int ROUNDS = 24;
    /** Elements of which a copy costs more than to begin with it. */
    private static final int LARGE = 2 * 1024;

    @Override
    public Graph apply(Graph graph) {
        Graph result = graph;
        for (int i = 0; i < ROUNDS; i++) {
            Graph next = round(result);
            if (next.nodes().equals(result.nodes())) {
                if (!hasTwins(result)) {
                    return result;
                }
                next = new CommonSubexpressions().apply(result);
            }
            result = next;
        }
        return result;
    }

    /** Whether a value has the same layout twice. */
    private static boolean hasTwins(Graph graph) {
        Set<List<Object>> seen = new HashSet<>();
        return graph.nodes().stream()
                .anyMatch(node -> isLayout(graph.op(node)) && !seen.add(List.of(graph.op(node), graph.operands(node))));
    }

    private static Graph round(Graph graph) {
        Map<Node, List<Node>> users = graph.users();
        graph.outputs().forEach(output -> Objects.requireNonNull(users.get(output)).add(output));
        if (graph.nodes().stream().noneMatch(node -> isLayout(graph.op(node)) && mayPush(graph, graph.operands(node).getFirst(), users))) {
            return graph;
        }
        Set<Node> tied = tied(graph, users);
        return graph.rewrite((node, operands) -> {
            Node kept = graph.keep(node, operands);
            if (!isLayout(graph.op(node))) {
                return kept;
            }
            Node x = graph.operands(node).getFirst();
            if (graph.op(node) instanceof Op.Permute permute && isWorthACopy(permute, x.shape()) && isCopied(graph, node, users)
                    && !meetsPermutation(graph, permute.order(), x)) {
                return kept;
            }
            boolean free = graph.op(node) instanceof Op.Permute || !tied.contains(x) || isReduced(graph, node, users);
            return free && isUsedOnce(x, users) ? push(graph.op(node), kept) : kept;
        });
    }

    /** Whether reading through a permutation, element by element from far apart, takes longer than a copy in tiles of what is computed. */
    private static boolean isWorthACopy(Op.Permute permute, Shape shape) {
        int last = permute.order().size() - 1;
        while (last > 0 && shape.dim(permute.order().get(last)) == 1) {
            last--;
        }
        int apart = 1;
        for (int axis = permute.order().get(last) + 1; axis < shape.rank(); axis++) {
            apart *= shape.dim(axis);
        }
        return apart > 1 && shape.size() >= LARGE;
    }

    /** Whether a permutation that moves down through what a node is computed from, element by element, meets another. */
    private static boolean meetsPermutation(Graph graph, List<Integer> order, Node node) {
        Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Node> open = new ArrayDeque<>(List.of(node));
        while (!open.isEmpty()) {
            Node next = open.pop();
            Op op = graph.op(next);
            if (op instanceof Op.Permute || isReshapedPermutation(graph, order, next)) {
                return true;
            }
            if (seen.add(next) && (isElementwise(op) || op instanceof Op.Concat)) {
                open.addAll(graph.operands(next));
            }
        }
        return false;
    }

    /** Whether a permutation of a node would join with one before the reshape that the node is. */
    private static boolean isReshapedPermutation(Graph graph, List<Integer> order, Node node) {
        if (!(graph.op(node) instanceof Op.Reshape)) {
            return false;
        }
        Node x = graph.operands(node).getFirst();
        return graph.op(x) instanceof Op.Permute && Permutations.before(order, x.shape(), node.shape()).isPresent();
    }

    /** Whether all who use a value need it in a buffer of its own, or read it with any strides. */
    private static boolean isCopied(Graph graph, Node node, Map<Node, List<Node>> users) {
        return Objects.requireNonNull(users.get(node)).stream().allMatch(user -> user == node
                || !isElementwise(graph.op(user)) && !isLayout(graph.op(user)) && !(graph.op(user) instanceof Op.Reduce)
                        && !(graph.op(user) instanceof Op.Broadcast) && !(graph.op(user) instanceof Op.Slice));
    }

    private static boolean isLayout(Op op) {
        return op instanceof Op.Reshape || op instanceof Op.Permute;
    }

    /** Whether a layout operation might move from the result of a node to its operands. */
    private static boolean mayPush(Graph graph, Node node, Map<Node, List<Node>> users) {
        return (isElementwise(graph.op(node)) || graph.op(node) instanceof Op.Concat) && isUsedOnce(node, users);
    }

    private static boolean isUsedOnce(Node node, Map<Node, List<Node>> users) {
        return Objects.requireNonNull(users.get(node)).size() == 1;
    }

    /** Whether a value is made for a reduction alone, which then computes it. */
    private static boolean isReduced(Graph graph, Node node, Map<Node, List<Node>> users) {
        return Objects.requireNonNull(users.get(node)).stream().allMatch(user -> graph.op(user) instanceof Op.Reduce);
    }

    /**
     * What has to keep its shape to be in one kernel with what it is computed from: reductions, values with several uses, and all that follows from them
     * element by element.
     */
    private static Set<Node> tied(Graph graph, Map<Node, List<Node>> users) {
        Set<Node> tied = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Node node : graph.nodes()) {
            Op op = graph.op(node);
            boolean broadcast = op instanceof Op.Broadcast;
            if (op instanceof Op.Reduce || (isElementwise(op) || broadcast) && graph.operands(node).stream()
                    .anyMatch(operand -> tied.contains(operand)
                            || !broadcast && isElementwise(graph.op(operand)) && !isUsedOnce(operand, users))) {
                tied.add(node);
            }
        }
        return tied;
    }

    /** The layout operation applied to a node that only it uses. */
    private static Node push(Op layout, Node node) {
        Node x = node.operand(0);
        if (layout instanceof Op.Permute permute && x.op() instanceof Op.Concat concat
                && x.operands().stream().anyMatch(part -> part.op() instanceof Op.Permute)) {
            return Node.of(new Op.Concat(permute.order().indexOf(concat.axis())),
                    x.operands().stream().map(part -> move(layout, part)).toList(), x.origin());
        }
        if (!isElementwise(x.op())) {
            return node;
        }
        List<Node> moved = x.operands().stream().map(operand -> move(layout, operand)).toList();
        return Node.of(x.op(), moved, x.origin());
    }

    static Node move(Op layout, Node operand) {
        if (operand.op() instanceof Op.Fill fill) {
            return Node.of(new Op.Fill(operand.type().with(shape(layout, operand)), fill.value()));
        }
        if (layout instanceof Op.Permute permute) {
            return Permutations.joined(permute.order(), operand).orElseGet(() -> Node.of(layout, List.of(operand), Origin.UNKNOWN));
        }
        return layout instanceof Op.Reshape reshape && operand.op() instanceof Op.Broadcast ? RepeatedReshape.of(reshape.shape(), operand)
                : Node.of(layout, List.of(operand), Origin.UNKNOWN);
    }

    private static Shape shape(Op layout, Node operand) {
        return Node.of(layout, List.of(operand), Origin.UNKNOWN).shape();
    }

    static boolean isElementwise(Op op) {
        return op instanceof Op.Unary || op instanceof Op.Binary || op instanceof Op.Compare || op instanceof Op.Select
                || op instanceof Op.Cast;
    }
}
