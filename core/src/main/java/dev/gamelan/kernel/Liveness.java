package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Which pooled buffers are still to be read while items run one after the other, and so what running an item next frees. */
final class Liveness {

    private static final int BARRIER_ALONE = 1;

    private final Map<Node, Set<Integer>> readers = new IdentityHashMap<>();
    private final List<Set<Node>> reads = new ArrayList<>();
    private final long[] taken;
    private final boolean[] waits;

    /** @param writers of each buffer, the items */
    Liveness(Graph graph, List<List<Step>> items, Map<Node, List<Integer>> writers) {
        taken = new long[items.size()];
        waits = new boolean[items.size()];
        Set<Node> outputs = identitySet();
        outputs.addAll(graph.outputs());
        for (int i = 0; i < items.size(); i++) {
            int item = i;
            Set<Node> own = identitySet();
            items.get(i).stream().flatMap(step -> step.reads().stream())
                    .filter(node -> !isWrittenBy(item, node, writers) && !outputs.contains(node)).forEach(own::add);
            own.forEach(node -> readers.computeIfAbsent(node, _ -> new HashSet<>()).add(item));
            reads.add(own);
        }
        for (int i = 0; i < items.size(); i++) {
            Set<Node> written = identitySet();
            items.get(i).forEach(step -> written.addAll(step.writes()));
            // What only the item itself reads is gone when it has run.
            taken[i] = written.stream().filter(readers::containsKey).mapToLong(Liveness::bytes).sum();
            waits[i] = waits(i, written, writers);
        }
    }

    private static Set<Node> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    private static long bytes(Node node) {
        return node.shape().size() * node.dtype().bytes();
    }

    /** Whether an item holds a barrier, so that it must not run before its time: what it reads does not tell. */
    private static boolean waits(int item, Set<Node> written, Map<Node, List<Integer>> writers) {
        Set<Node> seen = identitySet();
        Deque<Node> open = new ArrayDeque<>(written);
        while (!open.isEmpty()) {
            Node node = open.pop();
            if (!seen.add(node)) {
                continue;
            }
            if (node.op() instanceof Op.Barrier && node.operands().size() > BARRIER_ALONE) {
                return true;
            }
            for (Node operand : node.operands()) {
                if (isWrittenBy(item, operand, writers)) {
                    open.push(operand);
                }
            }
        }
        return false;
    }

    /** Whether nobody else writes it, or nobody at all. */
    private static boolean isWrittenBy(int item, Node node, Map<Node, List<Integer>> writers) {
        for (int writer : writers.getOrDefault(node, List.of())) {
            if (writer != item) {
                return false;
            }
        }
        return true;
    }

    /** Whether an item that is ready frees something, and as much as the buffers take that it leaves. Once true, that stays. */
    boolean frees(int item) {
        long freed = 0;
        if (!waits[item]) {
            for (Node node : reads.get(item)) {
                freed += readersOf(node).size() == 1 ? bytes(node) : 0;
            }
        }
        return freed > 0 && freed >= taken[item];
    }

    /** Notes that an item has run; gives those that are now the last to read a buffer. */
    List<Integer> ran(int item) {
        List<Integer> last = new ArrayList<>();
        for (Node node : reads.get(item)) {
            Set<Integer> left = readersOf(node);
            left.remove(item);
            if (left.size() == 1) {
                last.addAll(left);
            }
        }
        return last;
    }

    private Set<Integer> readersOf(Node node) {
        return readers.getOrDefault(node, Set.of());
    }
}
