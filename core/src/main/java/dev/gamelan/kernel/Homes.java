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
        Map<Node, List<Node>> users = views.graph().users();
        Set<Node> computed = Collections.newSetFromMap(new IdentityHashMap<>());
        units.stream().filter(unit -> unit.fused)
                .forEach(unit -> unit.nodes.stream().filter(node -> unit.isFull(node.shape())).forEach(computed::add));
        Set<Node> outputs = Collections.newSetFromMap(new IdentityHashMap<>());
        views.graph().outputs().forEach(output -> outputs.add(views.view(output).root()));
        for (Unit unit : units) {
            if (!unit.fused && unit.step.isEmpty() && unit.nodes.getFirst().op() instanceof Op.Concat concat) {
                Node whole = unit.nodes.getFirst();
                int at = 0;
                for (Node part : whole.operands()) {
                    int extent = part.shape().dim(concat.axis());
                    boolean alone = computed.contains(part) && !outputs.contains(part) && users.getOrDefault(part, List.of()).size() == 1;
                    if (alone && part.shape().slice(concat.axis(), part.shape().rank()).size() >= LEAST_RUN) {
                        homes.homes.put(part, new View(whole, Access.contiguous(whole.shape()).part(concat.axis(), at, at + extent)));
                    }
                    at += extent;
                }
            }
        }
        return homes;
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
