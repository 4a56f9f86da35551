package dev.gamelan.tensor;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The nodes below some roots, operands first, with what they were defined as when they were visited. Below a boundary
 * nothing is visited.
 */
final class Walk {

    private final List<Node> order = new ArrayList<>();
    private final List<Node> boundary = new ArrayList<>();
    private final Map<Node, Node.Definition> definitions = new IdentityHashMap<>();

    private Walk() {}

    /** Nodes of the boundary are listed, in the order of their discovery, but not looked into. */
    static Walk below(List<Node> roots, Predicate<Node> isBoundary) {
        return below(roots, isBoundary, Integer.MAX_VALUE);
    }

    /** Gives up after so many nodes: then the order is not complete. */
    static Walk below(List<Node> roots, Predicate<Node> isBoundary, int limit) {
        Walk walk = new Walk();
        Set<Node> outside = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Node root : roots) {
            walk.visit(root, isBoundary, outside, limit);
        }
        return walk;
    }

    private record Frame(Node node, List<Node> operands, int[] next) {}

    /** Depth first without recursion: expressions may be deeper than a thread's stack. */
    private void visit(Node root, Predicate<Node> isBoundary, Set<Node> outside, int limit) {
        Deque<Frame> stack = new ArrayDeque<>();
        enter(root, isBoundary, outside, stack);
        while (!stack.isEmpty() && definitions.size() < limit) {
            Frame frame = stack.peek();
            if (frame.next[0] == frame.operands.size()) {
                order.add(frame.node);
                stack.pop();
            } else {
                enter(frame.operands.get(frame.next[0]++), isBoundary, outside, stack);
            }
        }
    }

    private void enter(Node node, Predicate<Node> isBoundary, Set<Node> outside, Deque<Frame> stack) {
        if (definitions.containsKey(node) || outside.contains(node)) {
            return;
        }
        if (isBoundary.test(node)) {
            outside.add(node);
            boundary.add(node);
            return;
        }
        Node.Definition definition = node.definition();
        definitions.put(node, definition);
        stack.push(new Frame(node, definition.operands(), new int[1]));
    }

    List<Node> order() {
        return order;
    }

    List<Node> boundary() {
        return boundary;
    }

    Op op(Node node) {
        return definition(node).op();
    }

    List<Node> operands(Node node) {
        return definition(node).operands();
    }

    private Node.Definition definition(Node node) {
        return Objects.requireNonNull(definitions.get(node));
    }

    int visited() {
        return definitions.size();
    }

    /**
     * What stands for the roots if some nodes are replaced.
     *
     * @param replaced grows by what stands for every node of this walk; nodes of the boundary that are not in it stay
     */
    List<Node> rebuild(List<Node> roots, Map<Node, Node> replaced) {
        for (Node node : order) {
            if (!replaced.containsKey(node)) {
                replaced.put(node, rebuilt(node, replaced));
            }
        }
        return roots.stream().map(root -> replaced.getOrDefault(root, root)).toList();
    }

    private Node rebuilt(Node node, Map<Node, Node> replaced) {
        List<Node> before = operands(node);
        List<Node> after = new ArrayList<>(before.size());
        boolean changed = false;
        for (Node operand : before) {
            Node other = replaced.getOrDefault(operand, operand);
            changed |= other != operand;
            after.add(other);
        }
        return changed ? Node.of(op(node), after, node.origin()) : node;
    }
}
