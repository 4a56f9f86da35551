package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Lets a later kernel compute again what it would otherwise read: where several of its operands follow, element by element, from one value, that
 * one alone is kept in memory. So the gradient of an activation keeps the activation's argument, and not all the terms of its derivative.
 */
final class Recomputation {

    /** Vector instructions that take as long as writing one FLOAT32 vector to memory and reading it again. */
    private static final int WORTH = 12;
    /** Fewer elements stay in the cache. */
    private static final int MANY = 1 << 14;

    /**
     * @param again the new nodes, which are copies of others and belong to the kernels that read them
     * @param storedBefore the bytes of all values that leave kernels without them
     */
    record Result(Graph graph, Set<Node> again, long storedBefore) {}

    /** The values of one unit that its readers compute again, from a source that is kept. */
    private record Plan(Node source, Set<Node> values, double gain) {}

    private final Views views;
    private final Map<Node, Unit> unitOf = new IdentityHashMap<>();
    /** For each value the units other than its own that need it. */
    private final Map<Node, Set<Unit>> readers = new IdentityHashMap<>();
    /** What is read in other ways than element by element as it is, or is a result. */
    private final Set<Node> fixed = identitySet();
    private final int largestKernel;

    private Recomputation(Views views, List<Unit> units, int largestKernel) {
        this.views = views;
        this.largestKernel = largestKernel;
        units.forEach(unit -> unit.nodes.forEach(node -> unitOf.put(node, unit)));
        units.forEach(this::note);
        views.graph().outputs().forEach(output -> fixed.add(views.view(output).root()));
    }

    /** The graph in which values are computed again, if that is worth it anywhere. */
    static Optional<Result> of(Views views, List<Unit> units, int largestKernel) {
        Recomputation recomputation = new Recomputation(views, units, largestKernel);
        List<Plan> plans = units.stream().map(recomputation::plan).flatMap(Optional::stream).toList();
        return plans.isEmpty() ? Optional.empty() : Optional.of(recomputation.apply(plans));
    }

    /** The bytes of all values that leave the kernels in which they are computed. */
    static long storedBytes(Views views, List<Unit> units) {
        return new Recomputation(views, units, 0).storedBytes();
    }

    private long storedBytes() {
        return unitOf.keySet().stream().filter(this::isStored).mapToLong(Recomputation::bytes).sum();
    }

    private void note(Unit unit) {
        unit.step.ifPresent(step -> step.reads().forEach(read -> {
            read(unit, read);
            fixed.add(read);
        }));
        for (Node node : unit.nodes) {
            for (Node operand : node.operands()) {
                Node root = views.view(operand).root();
                if (unitOf.get(root) != unit) {
                    read(unit, root);
                    if (root != operand || !unit.fused || unit.isRowWise() || !root.shape().equals(unit.frame)) {
                        fixed.add(root);
                    }
                }
            }
        }
    }

    private void read(Unit unit, Node root) {
        readers.computeIfAbsent(root, _ -> identitySet()).add(unit);
    }

    private boolean isStored(Node node) {
        return readers.containsKey(node) || fixed.contains(node);
    }

    private static long bytes(Node node) {
        return (long) node.shape().size() * node.dtype().bytes();
    }

    /** The best way to keep less of a unit, if there is one. */
    private Optional<Plan> plan(Unit unit) {
        if (!unit.fused || unit.frame.size() < MANY) {
            return Optional.empty();
        }
        Map<Node, Set<Node>> sources = new IdentityHashMap<>();
        unit.nodes.forEach(node -> sources.put(node, sources(node, unit, sources)));
        Set<Node> movable = identitySet();
        unit.nodes.stream().filter(node -> Views.isPointwise(node.op()) && node.shape().equals(unit.frame) && readers.containsKey(node)
                && !fixed.contains(node)).forEach(movable::add);
        Set<Node> candidates = new LinkedHashSet<>();
        movable.forEach(value -> candidates.addAll(Objects.requireNonNull(sources.get(value))));
        Plan best = null;
        for (Node source : candidates) {
            Set<Node> values = identitySet();
            movable.stream().filter(value -> value != source && Objects.requireNonNull(sources.get(value)).contains(source))
                    .forEach(values::add);
            double gain = gain(unit, source, values);
            if (gain > 0 && (best == null || gain > best.gain)) {
                best = new Plan(source, values, gain);
            }
        }
        return Optional.ofNullable(best);
    }

    /**
     * The values of which, each alone, a node of a unit is a function, element by element; small operands that are in memory do not count. The first
     * is the node itself, and the last may be of another unit.
     */
    private Set<Node> sources(Node node, Unit unit, Map<Node, Set<Node>> known) {
        Set<Node> self = new LinkedHashSet<>(List.of(node));
        if (!Views.isPointwise(node.op()) || !node.shape().equals(unit.frame)) {
            return self;
        }
        Set<Node> common = null;
        for (Node operand : node.operands()) {
            Node root = views.view(operand).root();
            boolean small = Views.isLeaf(root.op()) || unitOf.get(root) != unit;
            if (root == operand && root.shape().equals(unit.frame) && (isInput(root) || !Views.isLeaf(root.op()))) {
                Set<Node> above = unitOf.get(root) == unit ? Objects.requireNonNull(known.get(root)) : Set.of(root);
                if (common == null) {
                    common = new LinkedHashSet<>(above);
                } else {
                    common.retainAll(above);
                }
            } else if (!small || 4L * root.shape().size() > unit.frame.size() && !Views.isLeaf(root.op())) {
                return self;
            }
        }
        if (common != null) {
            self.addAll(common);
        }
        return self;
    }

    private static boolean isInput(Node node) {
        return node.op() instanceof Op.Input;
    }

    /** Vector instructions saved for each element; negative if it costs more, or does not fit into the kernels of the readers. */
    private double gain(Unit unit, Node source, Set<Node> values) {
        if (values.isEmpty()) {
            return -1;
        }
        long saved = values.stream().mapToLong(Recomputation::bytes).sum();
        boolean kept = isInput(source) || fixed.contains(source)
                || readers.getOrDefault(source, Set.of()).stream().anyMatch(reader -> reader != unit);
        saved -= kept ? 0 : bytes(source);
        Set<Unit> users = identitySet();
        values.forEach(value -> users.addAll(Objects.requireNonNull(readers.get(value))));
        double cost = -cost(onlyFor(unit, source, values));
        for (Unit user : users) {
            Set<Node> again = between(unit, source, values.stream().filter(value -> isReadBy(value, user)).toList());
            cost += cost(again);
            if (user.cost + cost(again) > largestKernel || user.nodes.size() + again.size() > Fusion.MAX_NODES) {
                return -1;
            }
        }
        return saved <= 0 ? -1 : WORTH * saved / (4.0 * unit.frame.size()) - cost;
    }

    private boolean isReadBy(Node value, Unit user) {
        return Objects.requireNonNull(readers.get(value)).contains(user);
    }

    private static int cost(Collection<Node> nodes) {
        return nodes.stream().mapToInt(Costs::of).sum();
    }

    /** The nodes of a unit from which values are made out of the source; the values included, the source not. */
    private Set<Node> between(Unit unit, Node source, Collection<Node> values) {
        return above(unit, values, Set.of(source));
    }

    /** These nodes and what they are made from within a unit, but nothing beyond {@code ends}. */
    private Set<Node> above(Unit unit, Collection<Node> nodes, Set<Node> ends) {
        Set<Node> found = identitySet();
        Deque<Node> open = new ArrayDeque<>(nodes);
        while (!open.isEmpty()) {
            Node node = open.pop();
            if (!ends.contains(node) && unitOf.get(node) == unit && found.add(node)) {
                node.operands().forEach(operand -> open.push(views.view(operand).root()));
            }
        }
        return found;
    }

    /** The nodes that a unit no longer computes when these values are no longer read, and the source is. */
    private Set<Node> onlyFor(Unit unit, Node source, Set<Node> values) {
        List<Node> needed = unit.nodes.stream()
                .filter(node -> node == source || !Views.isPointwise(node.op()) || isStored(node) && !values.contains(node)).toList();
        Set<Node> rest = between(unit, source, values);
        rest.removeAll(above(unit, needed, Set.of()));
        return rest;
    }

    private Result apply(List<Plan> plans) {
        Map<Node, Plan> planOf = new IdentityHashMap<>();
        plans.forEach(plan -> plan.values.forEach(value -> planOf.put(value, plan)));
        Map<Node, Node> replaced = new IdentityHashMap<>();
        Map<Unit, Map<Node, Node>> copies = new IdentityHashMap<>();
        Graph graph = views.graph().rewrite((node, operands) -> {
            Unit user = unitOf.get(node);
            List<Node> old = node.operands();
            boolean reads = user != null && old.stream().anyMatch(operand -> planOf.containsKey(operand) && unitOf.get(operand) != user);
            Node result;
            if (reads) {
                Map<Node, Node> mine = copies.computeIfAbsent(user, _ -> new IdentityHashMap<>());
                List<Node> renewed = IntStream.range(0, old.size()).mapToObj(i -> {
                    Plan plan = unitOf.get(old.get(i)) == user ? null : planOf.get(old.get(i));
                    return plan == null ? operands.get(i)
                            : copy(old.get(i), plan, Objects.requireNonNull(unitOf.get(old.get(i))), replaced, mine);
                }).toList();
                result = Node.of(node.op(), renewed, node.origin());
            } else {
                result = views.graph().keep(node, operands);
            }
            replaced.put(node, result);
            return result;
        });
        Set<Node> again = identitySet();
        copies.values().forEach(each -> again.addAll(each.values()));
        return new Result(graph, again, storedBytes());
    }

    /** The copy of a value of a unit for one reader. */
    private Node copy(Node node, Plan plan, Unit unit, Map<Node, Node> replaced, Map<Node, Node> copies) {
        if (node == plan.source || unitOf.get(node) != unit) {
            return replaced.getOrDefault(node, node);
        }
        Node known = copies.get(node);
        if (known != null) {
            return known;
        }
        List<Node> operands = node.operands().stream().map(operand -> copy(operand, plan, unit, replaced, copies)).toList();
        Node copy = Node.of(node.op(), operands, node.origin());
        copies.put(node, copy);
        return copy;
    }

    private static <T> Set<T> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }
}
