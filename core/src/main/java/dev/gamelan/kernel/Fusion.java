package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Groups the nodes of a graph into units, greedily in the graph's order: a node joins the units of its operands where frames agree and
 * no cycle arises, and so merges them.
 */
final class Fusion {

    static final int MAX_NODES = 60;
    /** Elements of a single row that are better computed by all threads, after what is reduced to one number by one. */
    private static final int LONG_ROW = 4096;
    /** Reductions that wait for each other, as those of softmax and layer norm do: each needs a pass over the row. */
    private static final int FEW_PASSES = 2;
    /** Nodes times such reductions, where there are more of these: each pass may compute again what the ones before have computed. */
    private static final int LARGEST_ROW = 36;

    private final Views views;
    private final int largestKernel;
    private final Set<Node> again;
    private final List<Unit> units = new ArrayList<>();
    private final Map<Node, Unit> unitOf = new IdentityHashMap<>();

    private Fusion(Views views, int largestKernel, Set<Node> again) {
        this.views = views;
        this.largestKernel = largestKernel;
        this.again = again;
    }

    /**
     * The units, in no particular order.
     *
     * @param again nodes that belong to what reads them, and take what they are computed from out of memory
     */
    static List<Unit> units(Views views, int largestKernel, Set<Node> again) {
        Fusion fusion = new Fusion(views, largestKernel, again);
        for (Groups.Item item : Groups.order(views)) {
            item.group().ifPresentOrElse(fusion::place, () -> fusion.place(item.node()));
        }
        return fusion.units.stream().filter(Objects::nonNull).toList();
    }

    private void place(Attentions.Group group) {
        Unit unit = Unit.group(units.size(), group.step());
        units.add(unit);
        unit.nodes.addAll(group.nodes());
        group.nodes().forEach(node -> unitOf.put(node, unit));
        group.step().reads().stream().map(unitOf::get).filter(Objects::nonNull).distinct().forEach(source -> depend(unit, source));
    }

    private void place(Node node) {
        Op op = node.op();
        if (Views.isLayout(op) || Views.isLeaf(op)) {
            return;
        }
        if (op instanceof Op.Get) {
            unitOf.put(node, unitOf.get(node.operand(0)));
            return;
        }
        if (!Views.isFused(op)) {
            add(Unit.opaque(units.size(), node), node);
            return;
        }
        Unit home = null;
        for (Unit candidate : candidates(node)) {
            if (home == null && canJoin(candidate, node)) {
                home = candidate;
                join(home, node);
            } else if (home != null && canMerge(home, candidate)) {
                home = merge(home, candidate);
            }
        }
        if (home == null) {
            home = Unit.map(units.size(), op instanceof Op.Reduce ? node.operand(0).shape() : node.shape());
            add(home, node);
            if (op instanceof Op.Reduce reduce) {
                home.become(reduce);
            }
        }
    }

    private void add(Unit unit, Node node) {
        units.add(unit);
        join(unit, node);
    }

    private List<Unit> candidates(Node node) {
        List<Unit> candidates = new ArrayList<>();
        for (Node operand : node.operands()) {
            Node root = views.view(operand).root();
            Unit unit = unitOf.get(root);
            if (unit != null && unit.fused && !isApart(node, root) && !candidates.contains(unit)) {
                candidates.add(unit);
            }
        }
        // Comparator's own lambdas can be serialized, and such are not in the launcher's cache.
        candidates.sort((a, b) -> Integer.compare(b.id, a.id));
        return candidates;
    }

    private void join(Unit unit, Node node) {
        unit.nodes.add(node);
        unit.cost += Costs.of(node);
        unitOf.put(node, unit);
        if (node.op() instanceof Op.Reduce reduce && unit.fused) {
            unit.become(reduce);
        }
        for (Node operand : node.operands()) {
            Unit source = unitOf.get(views.view(operand).root());
            if (source != null && source != unit) {
                depend(unit, source);
            }
        }
    }

    private void depend(Unit unit, Unit source) {
        unit.ancestors.or(source.ancestors);
        unit.ancestors.set(source.id);
        for (Unit other : units) {
            if (other != null && other.ancestors.get(unit.id)) {
                other.ancestors.or(unit.ancestors);
            }
        }
    }

    private boolean canJoin(Unit unit, Node node) {
        if (unit.cost + Costs.of(node) > largestKernel || unit.nodes.size() >= MAX_NODES) {
            return false;
        }
        if (node.op() instanceof Op.Reduce reduce) {
            if (!unit.reduces(node.operand(0).shape(), reduce) || unit.isMap() && !staysWhole(unit, reduce)
                    || hasManyPasses(Stream.concat(unit.nodes.stream(), Stream.of(node)).toList())) {
                return false;
            }
        } else if (!unit.isFull(node.shape()) && !unit.isRow(node.shape())) {
            return false;
        }
        return node.operands().stream().allMatch(operand -> fits(unit, unit, node, operand));
    }

    /** Whether so many reductions wait for each other that the code of all passes would get large. */
    private boolean hasManyPasses(List<Node> nodes) {
        Map<Node, Integer> waits = new IdentityHashMap<>();
        int passes = 0;
        for (Node node : nodes) {
            int before = node.operands().stream().mapToInt(operand -> waits.getOrDefault(views.view(operand).root(), 0)).max().orElse(0);
            int after = before + (node.op() instanceof Op.Reduce ? 1 : 0);
            waits.put(node, after);
            passes = Math.max(passes, after);
        }
        return passes > FEW_PASSES && passes * nodes.size() > LARGEST_ROW;
    }

    /** A map of values per element becomes row- or column-wise: nothing else changes, so any reduction will do. */
    private static boolean staysWhole(Unit unit, Op.Reduce reduce) {
        return unit.frame.size() > 0 || reduce.axes().isEmpty();
    }

    /** Whether an operand can be had: from the unit itself in the right pattern, or from elsewhere without a cycle. */
    private boolean fits(Unit unit, Unit other, Node node, Node operand) {
        Views.View view = views.view(operand);
        Unit source = unitOf.get(view.root());
        if (source == null) {
            return true;
        }
        if (source != unit && source != other) {
            return !source.ancestors.get(unit.id) && !source.ancestors.get(other.id);
        }
        return !isApart(node, view.root()) && isLocal(unit, node, view);
    }

    /** Whether an operand comes from memory although it could come from the same unit. */
    private boolean isApart(Node node, Node root) {
        return again.contains(node) && !again.contains(root);
    }

    private static boolean isLocal(Unit unit, Node node, Views.View view) {
        boolean toFull = unit.isFull(node.shape()) || node.op() instanceof Op.Reduce;
        if (unit.isFull(view.root().shape())) {
            return toFull && view.isWhole() && view.access().shape().equals(unit.frame);
        }
        if (!unit.isRow(view.root().shape()) || toFull && unit.rows().size() == 1 && unit.frame.size() >= LONG_ROW) {
            return false;
        }
        return toFull ? view.access().equals(Access.contiguous(unit.rows()).through(new Op.Reshape(stretch(unit))).orElseThrow()
                .through(new Op.Broadcast(unit.frame)).orElseThrow())
                : view.isWhole() && view.access().shape().equals(unit.rows());
    }

    /** The rows' shape with extents of 1 for the rest of the frame. */
    private static Shape stretch(Unit unit) {
        int[] dims = unit.frame.dims();
        Arrays.fill(dims, unit.rowRank, dims.length, 1);
        return Shape.of(dims);
    }

    private boolean canMerge(Unit a, Unit b) {
        if (a == b || a.cost + b.cost > largestKernel || a.nodes.size() + b.nodes.size() > MAX_NODES || hasDetour(a, b)
                || hasDetour(b, a)) {
            return false;
        }
        Unit frame = a.isMap() ? b : a;
        Unit guest = frame == a ? b : a;
        boolean sameFrame = a.frame.equals(b.frame) && (guest.isMap() || a.rowRank == b.rowRank && a.reducedRank == b.reducedRank);
        boolean rowsOnly = frame.isRowWise() && guest.isMap() && guest.frame.equals(frame.rows());
        if (!sameFrame && !rowsOnly) {
            return false;
        }
        return patternsHold(frame, a, b) && patternsHold(frame, b, a)
                && (guest.isMap() || !hasManyPasses(Stream.concat(a.nodes.stream(), b.nodes.stream())
                        .sorted((x, y) -> Integer.compare(placeOf(x), placeOf(y))).toList()));
    }

    /** Whether every value that {@code user} takes from {@code source} could be taken within one unit. */
    private boolean patternsHold(Unit frame, Unit user, Unit source) {
        for (Node node : user.nodes) {
            for (Node operand : node.operands()) {
                Views.View view = views.view(operand);
                boolean between = unitOf.get(view.root()) == source;
                if (between && (isApart(node, view.root()) || !isLocal(frame, node, view))) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Whether b needs a third unit that needs a. */
    private boolean hasDetour(Unit a, Unit b) {
        for (Unit other : units) {
            if (other != null && other != a && other != b && b.ancestors.get(other.id) && other.ancestors.get(a.id)) {
                return true;
            }
        }
        return false;
    }

    private Unit merge(Unit a, Unit b) {
        Unit frame = a.isMap() ? b : a;
        Unit guest = frame == a ? b : a;
        frame.nodes.addAll(guest.nodes);
        frame.nodes.sort((x, y) -> Integer.compare(placeOf(x), placeOf(y)));
        frame.cost += guest.cost;
        guest.nodes.forEach(node -> unitOf.put(node, frame));
        units.set(guest.id, null);
        frame.ancestors.or(guest.ancestors);
        frame.ancestors.clear(guest.id);
        frame.ancestors.clear(frame.id);
        for (Unit other : units) {
            if (other != null && other != frame && (other.ancestors.get(guest.id) || other.ancestors.get(frame.id))) {
                other.ancestors.clear(guest.id);
                other.ancestors.set(frame.id);
                other.ancestors.or(frame.ancestors);
            }
        }
        return frame;
    }

    private Map<Node, Integer> places = Map.of();

    private int placeOf(Node node) {
        if (places.isEmpty()) {
            places = views.graph().places();
        }
        return Objects.requireNonNull(places.get(node));
    }
}
