package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Puts groups of nodes into the order of a graph: each as one item, after all that it reads. What only groups would have needed is left out. */
final class Groups {

    /** One node, or a whole group in its place. */
    record Item(Node node, Optional<Attentions.Group> group) {}

    private final Views views;
    private final Map<Node, Item> itemOf = new IdentityHashMap<>();
    private final Set<Item> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Map<Item, Boolean> done = new IdentityHashMap<>();
    private final List<Item> order = new ArrayList<>();

    private Groups(Views views, List<Attentions.Group> groups) {
        this.views = views;
        for (Attentions.Group group : groups) {
            Item item = new Item(group.step().node(), Optional.of(group));
            group.nodes().forEach(node -> itemOf.put(node, item));
        }
    }

    /** All items, operands first. Groups that wait for each other, or share nodes, are not made. */
    static List<Item> order(Views views) {
        List<Attentions.Group> groups = Attentions.find(views);
        long nodes = groups.stream().mapToLong(group -> group.nodes().size()).sum();
        Groups made = new Groups(views, groups);
        boolean apart = made.itemOf.size() == nodes;
        if (groups.isEmpty() || !apart || !made.sort()) {
            return views.graph().nodes().stream().map(node -> new Item(node, Optional.empty())).toList();
        }
        return made.order;
    }

    private Item item(Node node) {
        return itemOf.computeIfAbsent(node, _ -> new Item(node, Optional.empty()));
    }

    private List<Node> operands(Item item) {
        return item.group().map(group -> group.step().reads()).orElseGet(() -> item.node().operands());
    }

    /** Depth first, as {@link Graph#of}; false if there is a cycle. */
    private boolean sort() {
        record Frame(Item item, List<Node> operands, int[] next) {}
        Deque<Frame> stack = new ArrayDeque<>();
        List<Node> roots = new ArrayList<>(views.graph().inputs());
        roots.addAll(views.graph().outputs());
        for (Node root : roots) {
            Item first = item(root);
            if (done.putIfAbsent(first, true) == null) {
                stack.push(new Frame(first, operands(first), new int[1]));
            }
            while (!stack.isEmpty()) {
                Frame frame = stack.peek();
                if (frame.next[0] == frame.operands.size()) {
                    order.add(frame.item);
                    open.remove(frame.item);
                    stack.pop();
                    continue;
                }
                open.add(frame.item);
                Item operand = item(frame.operands.get(frame.next[0]++));
                if (open.contains(operand)) {
                    return false;
                }
                if (done.putIfAbsent(operand, true) == null) {
                    stack.push(new Frame(operand, operands(operand), new int[1]));
                }
            }
        }
        return true;
    }
}
