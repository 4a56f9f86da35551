package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Finds the fused units that can run on rows of a matrix product or convolution as soon as those rows are done. */
final class Epilogues {

    /** Columns that fill no vector. */
    private static final int NARROW = 16;
    /** Elements and vector instructions for each, from which on whole vectors save more than a step of its own costs. */
    private static final int MANY = 16_384;
    private static final int COSTLY = 10;

    private Epilogues() {}

    /**
     * From the unit of a contraction to its epilogue. Joins their ancestors, so that pairs do not make a cycle.
     *
     * @param units column-wise ones of which a part is an epilogue are replaced by their {@linkplain ColumnSums parts}
     */
    static Map<Unit, Unit> find(List<Unit> units, Views views) {
        Map<Unit, Unit> pairs = new IdentityHashMap<>();
        Set<Unit> taken = Collections.newSetFromMap(new IdentityHashMap<>());
        Readers readers = new Readers(units, views);
        for (Unit contraction : List.copyOf(units)) {
            Node node = contraction.nodes.getFirst();
            boolean rows = !contraction.fused && contraction.step.isEmpty()
                    && (node.op() instanceof Op.MatMul || node.op() instanceof Op.Conv);
            if (!rows || node.shape().size() == 0) {
                continue;
            }
            Optional<Unit> whole = readers.of(node).stream().filter(unit -> !taken.contains(unit)
                    && unit.ancestors.get(contraction.id) && fits(unit, node, views) && !detour(units, contraction, unit)).findFirst();
            whole.or(() -> findPart(contraction, units, readers, views)).ifPresent(unit -> {
                pairs.put(contraction, unit);
                taken.add(unit);
                join(units, contraction, unit);
            });
        }
        return pairs;
    }

    /** The units that read a node, in their order: a graph of many products is not gone through for each. */
    private static final class Readers {
        private final Map<Node, List<Unit>> of = new IdentityHashMap<>();
        private final Views views;

        Readers(List<Unit> units, Views views) {
            this.views = views;
            units.forEach(this::add);
        }

        List<Unit> of(Node node) {
            return of.getOrDefault(node, List.of());
        }

        void add(Unit unit) {
            roots(unit).forEach(root -> of.computeIfAbsent(root, _ -> new ArrayList<>()).add(unit));
        }

        void replace(Unit unit, Unit by) {
            Set<Node> reads = roots(by);
            roots(unit).forEach(root -> Objects.requireNonNull(of.get(root)).replaceAll(each -> each == unit ? by : each));
            roots(unit).stream().filter(root -> !reads.contains(root)).forEach(root -> Objects.requireNonNull(of.get(root)).remove(by));
        }

        private Set<Node> roots(Unit unit) {
            Set<Node> roots = Collections.newSetFromMap(new IdentityHashMap<>());
            unit.nodes.forEach(node -> node.operands().forEach(operand -> roots.add(views.view(operand).root())));
            return roots;
        }
    }

    private static Optional<Unit> findPart(Unit contraction, List<Unit> units, Readers readers, Views views) {
        Node product = contraction.nodes.getFirst();
        for (Unit unit : readers.of(product)) {
            if (unit.isColumnWise() && unit.frame.size() == product.shape().size() && unit.ancestors.get(contraction.id)
                    && !detour(units, contraction, unit)) {
                Optional<ColumnSums> parts = ColumnSums.apart(unit, units, views).filter(each -> fits(each.map(), product, views));
                if (parts.isPresent()) {
                    units.set(units.indexOf(unit), parts.get().map());
                    units.add(parts.get().sums());
                    readers.replace(unit, parts.get().map());
                    readers.add(parts.get().sums());
                    return Optional.of(parts.get().map());
                }
            }
        }
        return Optional.empty();
    }

    /** Whether the unit reads the product element by element, or row by row, and in no other way. */
    private static boolean fits(Unit unit, Node product, Views views) {
        if (!(unit.isMap() || unit.isRowWise()) || unit.frame.size() != product.shape().size()) {
            return false;
        }
        if (unit.isMap() && product.shape().dim(-1) < NARROW && unit.frame.size() >= MANY && unit.cost >= COSTLY
                && repeatsLines(unit, views)) {
            return false;
        }
        boolean reads = false;
        for (Node node : unit.nodes) {
            for (Node operand : node.operands()) {
                Views.View view = views.view(operand);
                if (view.root() == product) {
                    reads = true;
                    if (!view.isWhole() || !view.access().shape().equals(unit.frame)) {
                        return false;
                    }
                }
            }
        }
        int lines = product.shape().length() / product.shape().dim(-1);
        return reads && (unit.isMap() ? unit.frame.size() % lines == 0 && wholeLines(unit, lines) : unit.rows().size() % lines == 0);
    }

    /** Whether the same few columns are read for line after line, as biases are: then lines are not one long loop here, as they are elsewhere. */
    private static boolean repeatsLines(Unit unit, Views views) {
        return unit.nodes.stream().flatMap(node -> node.operands().stream()).map(views::view)
                .anyMatch(view -> !(view.root().op() instanceof Op.Fill) && view.access().shape().equals(unit.frame)
                        && !view.access().strides().equals(Access.contiguous(unit.frame).strides()));
    }

    /** Whether some leading axes of the frame make up the lines. */
    private static boolean wholeLines(Unit unit, int lines) {
        long leading = 1;
        for (int axis = 0; axis <= unit.frame.rank(); axis++) {
            if (leading == lines) {
                return true;
            }
            leading *= axis < unit.frame.rank() ? unit.frame.dim(axis) : 1;
        }
        return false;
    }

    private static boolean detour(List<Unit> units, Unit first, Unit last) {
        return units.stream()
                .anyMatch(unit -> unit != first && unit != last && last.ancestors.get(unit.id) && unit.ancestors.get(first.id));
    }

    private static void join(List<Unit> units, Unit a, Unit b) {
        BitSet both = (BitSet) a.ancestors.clone();
        both.or(b.ancestors);
        both.set(a.id);
        both.set(b.id);
        for (Unit unit : units) {
            if (unit == a || unit == b || unit.ancestors.get(a.id) || unit.ancestors.get(b.id)) {
                unit.ancestors.or(both);
            }
        }
        a.ancestors.clear(a.id);
        b.ancestors.clear(b.id);
    }
}
