package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Takes the reductions out of a column-wise unit whose other nodes can then follow a product in its rows: the gradient of an activation is computed
 * while its rows are in the cache, and the gradient of the bias is the sum of what is stored in any case.
 *
 * @param map what is computed element by element; it has the number of the unit
 * @param sums the reductions
 */
record ColumnSums(Unit map, Unit sums) {

    /** Both parts, if that stores nothing that would not be stored anyway. */
    static Optional<ColumnSums> apart(Unit unit, List<Unit> units, Views views) {
        Unit map = Unit.map(unit.id, unit.frame);
        Unit sums = Unit.map(units.stream().mapToInt(each -> each.id).max().orElse(0) + 1, unit.frame);
        for (Node node : unit.nodes) {
            Unit part = node.op() instanceof Op.Reduce ? sums : map;
            part.nodes.add(node);
            part.cost += Costs.of(node);
        }
        Set<Node> summed = Collections.newSetFromMap(new IdentityHashMap<>());
        sums.nodes.forEach(sum -> summed.add(views.view(sum.operand(0)).root()));
        if (map.nodes.isEmpty() || !map.nodes.containsAll(summed) || !areStored(summed, unit, units, views)) {
            return Optional.empty();
        }
        map.ancestors.or(unit.ancestors);
        sums.become((Op.Reduce) sums.nodes.getFirst().op());
        sums.ancestors.or(unit.ancestors);
        sums.ancestors.set(map.id);
        return Optional.of(new ColumnSums(map, sums));
    }

    private static boolean areStored(Set<Node> values, Unit unit, List<Unit> units, Views views) {
        Set<Node> stored = Collections.newSetFromMap(new IdentityHashMap<>());
        views.graph().outputs().forEach(output -> stored.add(views.view(output).root()));
        for (Unit other : units) {
            if (other != unit) {
                other.step.ifPresent(step -> stored.addAll(step.reads()));
                other.nodes.forEach(node -> node.operands().forEach(operand -> stored.add(views.view(operand).root())));
            }
        }
        return stored.containsAll(values);
    }
}
