package dev.gamelan.ir;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A whole program: nodes from inputs to outputs, in an order in which operands come first. A graph is a snapshot: nodes
 * that settle later do not change it. Two graphs are equal if they compute the same in the same way, constants by
 * identity.
 */
public final class Graph {

    /** A node's structure: its operation, and each operand as its place in {@link #nodes}. */
    private record Entry(Op op, List<Integer> operands) {}

    private final List<Node> inputs;
    private final List<Node> outputs;
    private final List<Node> nodes;
    private final Map<Node, Node.Definition> definitions;
    private volatile @Nullable Structure structure;

    private record Structure(List<Entry> entries, List<Integer> outputs, int hash) {}

    private Graph(List<Node> inputs, List<Node> outputs, List<Node> nodes, Map<Node, Node.Definition> definitions) {
        this.inputs = inputs;
        this.outputs = outputs;
        this.nodes = nodes;
        this.definitions = definitions;
    }

    /** The program that computes the outputs. Inputs that nothing needs stay inputs. */
    public static Graph of(List<Node> inputs, List<Node> outputs) {
        Map<Node, Node.Definition> definitions = new IdentityHashMap<>();
        List<Node> order = new ArrayList<>();
        inputs.forEach(input -> visit(input, definitions, order));
        outputs.forEach(output -> visit(output, definitions, order));
        return new Graph(List.copyOf(inputs), List.copyOf(outputs), List.copyOf(order), definitions);
    }

    /** Depth first without recursion: programs may be deeper than a thread's stack. */
    private static void visit(Node root, Map<Node, Node.Definition> definitions, List<Node> order) {
        if (definitions.containsKey(root)) {
            return;
        }
        record Frame(Node node, Node.Definition definition, int[] next) {}
        Deque<Frame> stack = new ArrayDeque<>();
        Node.Definition rootDefinition = root.definition();
        definitions.put(root, rootDefinition);
        stack.push(new Frame(root, rootDefinition, new int[1]));
        while (!stack.isEmpty()) {
            Frame frame = stack.peek();
            if (frame.next[0] == frame.definition.operands().size()) {
                order.add(frame.node);
                stack.pop();
                continue;
            }
            Node operand = frame.definition.operands().get(frame.next[0]++);
            if (!definitions.containsKey(operand)) {
                Node.Definition definition = operand.definition();
                definitions.put(operand, definition);
                stack.push(new Frame(operand, definition, new int[1]));
            }
        }
    }

    public List<Node> inputs() {
        return inputs;
    }

    public List<Node> outputs() {
        return outputs;
    }

    /** Every node that the inputs and outputs reach, operands first. */
    public List<Node> nodes() {
        return nodes;
    }

    /** The operation of a node of this graph. */
    public Op op(Node node) {
        return definition(node).op();
    }

    /** The operands of a node of this graph. */
    public List<Node> operands(Node node) {
        return definition(node).operands();
    }

    private Node.Definition definition(Node node) {
        return Objects.requireNonNull(definitions.get(node), "the node is not part of this graph");
    }

    public boolean contains(Node node) {
        return definitions.containsKey(node);
    }

    /** For each node the nodes that have it as an operand, once per use, in order. */
    public Map<Node, List<Node>> users() {
        Map<Node, List<Node>> users = new IdentityHashMap<>(nodes.size());
        for (Node node : nodes) {
            users.put(node, new ArrayList<>(2));
            for (Node operand : operands(node)) {
                Objects.requireNonNull(users.get(operand)).add(node);
            }
        }
        return users;
    }

    /**
     * A graph made from this one node by node.
     *
     * @param rule gets a node of this graph and its operands in the new one, and returns what stands for it there;
     *             {@link #keep} is the rule that changes nothing. It is not asked about inputs.
     */
    public Graph rewrite(BiFunction<Node, List<Node>, Node> rule) {
        Map<Node, Node> replaced = replace(inputs, rule);
        List<Node> results = mapped(outputs, replaced);
        return results.equals(outputs) ? this : of(inputs, results);
    }

    /** The outputs of this program for other nodes in the place of its inputs. */
    public List<Node> inline(Collection<Node> arguments) {
        return mapped(outputs, replace(List.copyOf(arguments), this::keep));
    }

    /** What stands for each node of this graph if its inputs are replaced and the rule is applied to the others. */
    public Map<Node, Node> replace(List<Node> arguments, BiFunction<Node, List<Node>, Node> rule) {
        Map<Node, Node> replaced = new IdentityHashMap<>(nodes.size());
        for (int i = 0; i < inputs.size(); i++) {
            replaced.put(inputs.get(i), arguments.get(i));
        }
        for (Node node : nodes) {
            if (!replaced.containsKey(node)) {
                replaced.put(node, rule.apply(node, mapped(operands(node), replaced)));
            }
        }
        return replaced;
    }

    /** What stands for each node of a list; the list itself if they all stand for themselves. */
    private static List<Node> mapped(List<Node> nodes, Map<Node, Node> replaced) {
        Node[] mapped = new Node[nodes.size()];
        boolean same = true;
        for (int i = 0; i < mapped.length; i++) {
            Node node = nodes.get(i);
            mapped[i] = Objects.requireNonNull(replaced.get(node));
            same &= mapped[i] == node;
        }
        return same ? nodes : List.of(mapped);
    }

    /** The node itself if its operands did not change, else the same operation on the new ones. */
    public Node keep(Node node, List<Node> newOperands) {
        return operands(node).equals(newOperands) ? node : copy(node, newOperands);
    }

    /** A new node of the same operation on other operands. */
    public Node copy(Node node, List<Node> newOperands) {
        return node.copy(definition(node), newOperands);
    }

    private Structure structure() {
        Structure result = structure;
        if (result == null) {
            Map<Node, Integer> place = new IdentityHashMap<>();
            List<Entry> entries = new ArrayList<>(nodes.size());
            for (Node node : nodes) {
                place.put(node, entries.size());
                entries.add(new Entry(op(node), operands(node).stream().map(place::get).toList()));
            }
            List<Integer> ends = new ArrayList<>(inputs.stream().map(place::get).toList());
            outputs.forEach(output -> ends.add(place.get(output)));
            result = new Structure(List.copyOf(entries), List.copyOf(ends), entries.hashCode() * 31 + ends.hashCode());
            structure = result;
        }
        return result;
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof Graph graph && structure().hash() == graph.structure().hash()
                && structure().equals(graph.structure());
    }

    @Override
    public int hashCode() {
        return structure().hash();
    }

    /** One line per node; see {@link GraphPrinter}. */
    @Override
    public String toString() {
        return GraphPrinter.print(this);
    }

    /** A number for each node, for printing and reports: its place in {@link #nodes}. */
    public Map<Node, Integer> places() {
        Map<Node, Integer> places = new HashMap<>();
        nodes.forEach(node -> places.put(node, places.size()));
        return places;
    }
}
