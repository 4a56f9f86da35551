package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The gradient of a table whose rows are looked up is zero in all other rows. Where it moves the table by a multiple of itself, only
 * the rows that were looked up are computed and added to: the table is the base of a {@code ScatterAdd}, which is done in its place,
 * and no gradient of the table's size exists. So are the checks whether all of it is finite.
 *
 * <p>Sums of equal rows are made first, in the order they have now, so each number comes out of the same operations as before.
 */
final class SparseUpdates implements Pass {

    /** How many rows a table has for each that is looked up, at least. */
    private static final int ROWS = 4;
    /** Elements of a table below which a pass over all of it costs less than what is done here. */
    private static final int LEAST_ELEMENTS = 1 << 16;
    /** Sums within sums. */
    private static final int DEEPEST = 8;
    private static final Op SUM = new Op.Binary(Op.BinaryKind.ADD);

    @Override
    public String name() {
        return "sparse-updates";
    }

    @Override
    public Graph apply(Graph graph) {
        Map<Node, Node> gradients = new Uses(graph).find();
        if (gradients.isEmpty()) {
            return graph;
        }
        Map<Node, Node> made = new IdentityHashMap<>();
        Map<Node, Rows> rows = new IdentityHashMap<>();
        return graph.rewrite((node, operands) -> {
            Node kept = graph.keep(node, operands);
            made.put(node, kept);
            Node gradient = gradients.get(node);
            if (gradient == null) {
                return kept;
            }
            Rows of = rows.computeIfAbsent(gradient, key -> Rows.of(made(made, key)));
            return node.op() instanceof Op.Reduce reduce ? of.reduced(reduce, kept) : of.updated(kept);
        });
    }

    private static Node made(Map<Node, Node> made, Node node) {
        return Objects.requireNonNull(made.get(node));
    }

    // ---- which ones --------------------------------------------------------------------------------------------------

    /** Looks for gradients all of whose uses have a form for some rows. */
    private static final class Uses {
        private final Graph graph;
        private final Map<Node, List<Node>> users;
        private final Set<Node> outputs = Collections.newSetFromMap(new IdentityHashMap<>());

        Uses(Graph graph) {
            this.graph = graph;
            this.users = graph.users();
            outputs.addAll(graph.outputs());
        }

        /** From what is to be replaced to the gradient it depends on. */
        Map<Node, Node> find() {
            Map<Node, Node> found = new IdentityHashMap<>();
            for (Node node : graph.nodes()) {
                if (isGradient(node) && users(node).stream().noneMatch(this::isGradient)) {
                    List<Node> ends = new ArrayList<>();
                    if (follow(node, true, ends) && ends.stream().noneMatch(found::containsKey)) {
                        ends.forEach(end -> found.put(end, node));
                    }
                }
            }
            return found;
        }

        /** Whether a table that is large for all rows that were looked up has it. */
        private boolean isGradient(Node node) {
            List<Node> parts = new ArrayList<>();
            if (!node.dtype().isFloating() || node.shape().size() < LEAST_ELEMENTS || !collect(node, DEEPEST, parts)) {
                return false;
            }
            long count = parts.stream().mapToLong(part -> part.operand(1).shape().size()).sum();
            return ROWS * count <= node.shape().dim(0) && parts.stream().allMatch(part -> part.operand(1).shape().size() > 0)
                    && parts.stream().map(part -> part.operand(1).dtype()).distinct().count() == 1;
        }

        /** The parts of a sum of what was added to zeros by index, each for itself, none of which has another use. */
        private boolean collect(Node node, int depth, List<Node> parts) {
            if (node.op().equals(SUM)) {
                return depth > 0 && node.operands().stream()
                        .allMatch(part -> users(part).size() == 1 && !outputs.contains(part) && collect(part, depth - 1, parts));
            }
            return node.op().equals(new Op.ScatterAdd(0)) && isNumber(node.operand(0), 0) && parts.add(node);
        }

        private List<Node> users(Node node) {
            return users.getOrDefault(node, List.of());
        }

        /**
         * Whether all uses of a multiple of a gradient are updates or checks, which are collected.
         *
         * @param finite whether the factors are certainly finite, so that rows of zeros stay zeros
         */
        private boolean follow(Node node, boolean finite, List<Node> ends) {
            return !outputs.contains(node) && users(node).stream().allMatch(user -> isMultiple(user, node)
                    ? follow(user, finite && hasFiniteFactor(user), ends) : check(user, ends) || update(user, node, finite, ends));
        }

        private static boolean isMultiple(Node user, Node node) {
            return user.op().equals(new Op.Unary(Op.UnaryKind.NEG))
                    || user.op().equals(new Op.Binary(Op.BinaryKind.MUL)) && isScalar(user.operand(user.operand(0) == node ? 1 : 0));
        }

        private static boolean hasFiniteFactor(Node multiple) {
            return multiple.operands().size() == 1 || multiple.operands().stream()
                    .anyMatch(factor -> factor.op() instanceof Op.Fill fill && Double.isFinite(fill.value().doubleValue()));
        }

        /** Whether it only tells if all elements are finite: {@code all(|x| < infinity)}. */
        private boolean check(Node size, List<Node> ends) {
            if (!size.op().equals(new Op.Unary(Op.UnaryKind.ABS)) || outputs.contains(size)) {
                return false;
            }
            for (Node less : users(size)) {
                if (!isBelowInfinity(less) || outputs.contains(less)
                        || !users(less).stream().allMatch(user -> user.op() instanceof Op.Reduce reduce
                                && reduce.kind() == Op.ReduceKind.MIN && reduce.axes().contains(0))) {
                    return false;
                }
                users(less).stream().filter(user -> !ends.contains(user)).forEach(ends::add);
            }
            return true;
        }

        private boolean update(Node sum, Node multiple, boolean finite, List<Node> ends) {
            if (!isSum(sum, multiple)) {
                return false;
            }
            Node table = table(sum);
            Optional<Node> guarded = users(sum).stream().filter(user -> user.op() instanceof Op.Select && user.operand(1) == sum
                    && user.operand(2) == table && isGuard(user.operand(0), sum)).findFirst();
            if (guarded.isPresent() && !outputs.contains(sum) && onlyFor(sum, guarded.get())) {
                ends.add(guarded.get());
                return true;
            }
            return finite && ends.add(sum);
        }

        private static boolean isSum(Node sum, Node multiple) {
            return sum.op().equals(SUM) && sum.operand(0) != sum.operand(1)
                    && sum.operand(sum.operand(0) == multiple ? 1 : 0).op() instanceof Op.Input;
        }

        /** Whether a condition holds at most where the sum is finite, and has nothing but numbers otherwise. */
        private static boolean isGuard(Node condition, Node sum) {
            if (condition.op().equals(new Op.Binary(Op.BinaryKind.AND))) {
                return condition.operands().stream().anyMatch(part -> isGuard(part, sum))
                        && condition.operands().stream().allMatch(part -> isScalar(part) || isGuard(part, sum));
            }
            return isBelowInfinity(condition) && condition.operand(0).operand(0) == sum;
        }

        /** Whether all that follows from a node goes into one other. */
        private boolean onlyFor(Node node, Node end) {
            return users(node).stream().allMatch(user -> user == end
                    || !outputs.contains(user) && user.shape().equals(end.shape()) && PushLayouts.isElementwise(user.op())
                            && onlyFor(user, end));
        }
    }

    private static boolean isNumber(Node node, double value) {
        return node.op() instanceof Op.Fill fill && fill.value().doubleValue() == value;
    }

    /** Whether all elements are the same number. */
    private static boolean isScalar(Node node) {
        return node.op() instanceof Op.Fill || node.op() instanceof Op.Broadcast && node.operand(0).shape().size() == 1;
    }

    private static boolean isBelowInfinity(Node node) {
        return node.op().equals(new Op.Compare(Op.CompareKind.LT)) && isNumber(node.operand(1), Double.POSITIVE_INFINITY)
                && node.operand(0).op().equals(new Op.Unary(Op.UnaryKind.ABS));
    }

    private static Node table(Node sum) {
        return sum.operand(0).op() instanceof Op.Input ? sum.operand(0) : sum.operand(1);
    }

    // ---- what becomes of them ----------------------------------------------------------------------------------------

    /**
     * The rows of a gradient that are not zero.
     *
     * @param gradient as it was, of all rows
     * @param indices  in their order, with equal ones side by side
     * @param first    BOOL: which ones are not equal to the one before
     * @param sums     a row for each different index
     * @param each     for each of the indices its row of the gradient
     */
    private record Rows(Node gradient, Node indices, Node first, Node sums, Node each) {

        static Rows of(Node gradient) {
            List<Node> parts = parts(gradient);
            Node all = Ops.concat(0, parts.stream().map(part -> Ops.reshape(part.operand(1), Shape.of(count(part)))).toList());
            int count = all.shape().dim(0);
            Node order = Node.of(new Op.ArgSort(0, false), all);
            Node sorted = Node.of(new Op.Gather(0), all, order);
            Node changes = Node.of(new Op.Compare(Op.CompareKind.NE), Ops.slice(sorted, 0, 1, count), Ops.slice(sorted, 0, 0, count - 1));
            Node first = Ops.concat(0, List.of(Ops.fill(new Type(DType.BOOL, Shape.of(1)), 1), changes));
            Node ones = Ops.fill(new Type(DType.INT32, all.shape()), 1);
            Node number = Ops.sub(Node.of(new Op.CumSum(0, false), Ops.cast(first, DType.INT32)), ones);
            Node sums = sums(gradient, new Places(parts, order, number));
            return new Rows(gradient, sorted, first, sums, Node.of(new Op.Gather(0), sums, number));
        }

        /** @param number of the different index that each of the ordered ones is */
        private record Places(List<Node> parts, Node order, Node number) {}

        private static List<Node> parts(Node gradient) {
            return gradient.op().equals(SUM) ? gradient.operands().stream().flatMap(part -> parts(part).stream()).toList()
                    : List.of(gradient);
        }

        private static int count(Node part) {
            return part.operand(1).shape().length();
        }

        /** Added up as they were: each part by itself, zero where only others have rows. */
        private static Node sums(Node gradient, Places places) {
            if (gradient.op().equals(SUM)) {
                return Ops.add(sums(gradient.operand(0), places), sums(gradient.operand(1), places));
            }
            Type type = gradient.type().with(gradient.shape().with(0, places.number.shape().dim(0)));
            List<Node> updates = places.parts.stream().map(part -> {
                Shape rows = part.shape().with(0, count(part));
                return part == gradient ? Ops.reshape(part.operand(2), rows) : Ops.fill(part.type().with(rows), 0);
            }).toList();
            Node ordered = Node.of(new Op.Gather(0), Ops.concat(0, updates), places.order);
            return Node.of(new Op.ScatterAdd(0), Ops.fill(type, 0), places.number, ordered);
        }

        private Shape shape() {
            return sums.shape();
        }

        Node reduced(Op.Reduce reduce, Node node) {
            Map<Node, Node> known = new IdentityHashMap<>(Map.of(gradient, sums));
            return Node.of(reduce, List.of(again(node.operand(0), known)), node.origin());
        }

        /** @param node the table plus a multiple of the gradient, or that under a condition, and else the table */
        Node updated(Node node) {
            boolean guarded = node.op() instanceof Op.Select;
            Node sum = guarded ? node.operand(1) : node;
            Node table = table(sum);
            Node change = sum.operand(0) == table ? sum.operand(1) : sum.operand(0);
            Map<Node, Node> known = new IdentityHashMap<>(Map.of(gradient, each));
            known.put(table, Node.of(new Op.Gather(0), table, indices));
            Node once = Ops.broadcast(Ops.reshape(first, Shape.of(shape().dim(0)).concat(units())), shape());
            Node condition = guarded ? Ops.binary(Op.BinaryKind.AND, once, again(node.operand(0), known)) : once;
            Node changes = Ops.select(condition, again(change, known), Ops.fill(gradient.type().with(shape()), 0));
            return Node.of(new Op.ScatterAdd(0), List.of(table, indices, changes), node.origin());
        }

        private Shape units() {
            int[] ones = new int[shape().rank() - 1];
            Arrays.fill(ones, 1);
            return Shape.of(ones);
        }

        /** The same operations on some rows. */
        private Node again(Node node, Map<Node, Node> known) {
            Node before = known.get(node);
            if (before == null) {
                before = switch (node.op()) {
                    case Op.Fill fill -> Node.of(new Op.Fill(node.type().with(shape()), fill.value()));
                    case Op.Broadcast _ -> Ops.broadcast(node.operand(0), shape());
                    case Op op -> Node.of(op, node.operands().stream().map(operand -> again(operand, known)).toList(), node.origin());
                };
                known.put(node, before);
            }
            return before;
        }
    }
}
