package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.kernel.Views.View;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where kernels store their values: in a buffer of their own or, if only a concatenation reads them, in their part of that, which then has nothing to
 * copy.
 */
final class Homes {
    /** Elements that follow each other in a concatenation, from which on it costs a kernel nothing to skip the others. */
    private static final int LEAST_RUN = 32;

    private final Map<Node, View> homes = new IdentityHashMap<>();

    private Homes() {}

    static Homes of(List<Unit> units, Views views) {
        Homes homes = new Homes();
        Set<Node> candidates = candidates(units, views);
        for (Unit unit : units) {
            if (!unit.fused && unit.step.isEmpty() && unit.nodes.getFirst().op() instanceof Op.Concat concat) {
                homes.add(concat, unit.nodes.getFirst(), candidates);
            }
        }
        return homes;
    }

    /** Values of kernels that are used once, element by element as they are computed. */
    private static Set<Node> candidates(List<Unit> units, Views views) {
        Map<Node, List<Node>> users = views.graph().users();
        Set<Node> result = Collections.newSetFromMap(new IdentityHashMap<>());
        for (Unit unit : units) {
            for (Node node : unit.nodes) {
                if (unit.fused && unit.isFull(node.shape()) && users.getOrDefault(node, List.of()).size() == 1) {
                    result.add(node);
                }
            }
        }
        views.graph().outputs().forEach(output -> result.remove(views.view(output).root()));
        return result;
    }

    private void add(Op.Concat concat, Node whole, Set<Node> candidates) {
        Access all = Access.contiguous(whole.shape());
        int axis = concat.axis();
        int at = 0;
        for (Node part : whole.operands()) {
            int end = at + part.shape().dim(axis);
            if (candidates.contains(part) && part.shape().slice(axis, part.shape().rank()).size() >= LEAST_RUN) {
                homes.put(part, new View(whole, all.part(axis, at, end)));
            }
            at = end;
        }
    }

    /** Whether a value is stored in what is read of it. */
    boolean isPart(Node node) {
        return homes.containsKey(node);
    }

    /** Where a value is stored. */
    View of(Node node) {
        View home = homes.get(node);
        return home == null ? new View(node, Access.contiguous(node.shape())) : home;
    }
}
