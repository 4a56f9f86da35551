package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.kernel.Attention.Mask;
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
import java.util.TreeSet;
import java.util.function.DoublePredicate;
import java.util.stream.IntStream;

/** What {@link Attentions} asks about single nodes of a graph: where operands lie, who reads them, which forms they have. */
final class AttentionNodes {

    private final Views views;
    private final Graph graph;
    private final Map<Node, List<Node>> users;

    AttentionNodes(Views views) {
        this.views = views;
        this.graph = views.graph();
        this.users = graph.users();
    }

    static Set<Node> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    List<Node> users(Node node) {
        return Objects.requireNonNull(users.get(node));
    }

    /** Who reads a value, as it is, with another batch or with rows and columns exchanged; what brings it so belongs to {@code within}. */
    List<Node> readers(Node node, Set<Node> within) {
        List<Node> result = new ArrayList<>();
        for (Node user : users(node)) {
            if (isTransposed(user, node) || isReshaped(user, node)) {
                within.add(user);
                result.addAll(users(user));
            } else {
                result.add(user);
            }
        }
        return result;
    }

    /** Whether a node is another with its last two axes exchanged. */
    boolean isTransposed(Node node, Node of) {
        if (!(node.op() instanceof Op.Permute permute) || node.operand(0) != of) {
            return false;
        }
        int rank = node.shape().rank();
        for (int axis = 0; axis < rank; axis++) {
            int expected = axis < rank - 2 ? axis : 2 * rank - 3 - axis;
            if (permute.order().get(axis) != expected) {
                return false;
            }
        }
        return true;
    }

    /** Whether a node is another whose batch has another shape. */
    private static boolean isReshaped(Node node, Node of) {
        return node.op() instanceof Op.Reshape && node.operand(0) == of && isSameMatrix(node, of);
    }

    /** Whether a node is another, perhaps with another shape of the batch. */
    static boolean isSameMatrices(Node node, Node other) {
        return node == other || isReshaped(node, other);
    }

    private static boolean isSameMatrix(Node node, Node other) {
        return node.shape().rank() >= 2 && other.shape().rank() >= 2 && node.shape().dim(-1) == other.shape().dim(-1)
                && node.shape().dim(-2) == other.shape().dim(-2);
    }

    /** Whether nothing but the results is read from elsewhere. */
    boolean isClosed(Set<Node> nodes, Set<Node> results) {
        return nodes.stream().allMatch(node -> results.contains(node)
                || !graph.outputs().contains(node) && users(node).stream().allMatch(nodes::contains));
    }

    /** The reduction of {@code of} along its last axis that a node repeats along that axis. */
    Optional<Node> rowValue(Node node, Op.ReduceKind kind, Node of, Set<Node> within) {
        if (!(node.op() instanceof Op.Broadcast)) {
            return Optional.empty();
        }
        Node kept = node.operand(0);
        Node value = kept.op() instanceof Op.Reshape ? kept.operand(0) : kept;
        boolean fits = value.op().equals(new Op.Reduce(kind, List.of(of.shape().rank() - 1))) && value.operand(0) == of
                && kept.shape().equals(of.shape().with(-1, 1));
        if (fits) {
            within.addAll(List.of(node, kept, value));
        }
        return fits ? Optional.of(value) : Optional.empty();
    }

    /** Where an operand lies; copies that only bring it in order are looked through. */
    Optional<Step.Binding> operand(Node node) {
        return operand(node, node.shape().slice(0, node.shape().rank() - 2));
    }

    /** @param batch its shape without rows and columns, if it is brought to that */
    Optional<Step.Binding> operand(Node node, Shape batch) {
        boolean copied = node.op() instanceof Op.Barrier && node.operands().size() == 1;
        Views.View view = views.view(copied ? node.operand(0) : node);
        boolean readable = !(view.root().op() instanceof Op.Fill) && !(view.root().op() instanceof Op.Iota)
                && view.access().strides().stream().allMatch(stride -> stride >= 0);
        return readable ? withBatch(view.access(), batch).or(() -> copied ? withBatch(views.view(node).access(), batch) : Optional.empty())
                .map(access -> binding(access, view.root(), false)) : Optional.empty();
    }

    private static Step.Binding binding(Access access, Node root, boolean written) {
        return new Step.Binding(root, access.offset(), access.strides(), written);
    }

    private static Optional<Access> withBatch(Access access, Shape batch) {
        Shape shape = access.shape();
        Shape wanted = batch.concat(shape.slice(shape.rank() - 2, shape.rank()));
        return wanted.equals(shape) ? Optional.of(access) : access.through(new Op.Reshape(wanted));
    }

    /** Rows and columns exchanged. */
    static Step.Binding transposed(Step.Binding binding) {
        List<Integer> strides = new ArrayList<>(binding.strides());
        Collections.swap(strides, strides.size() - 1, strides.size() - 2);
        return new Step.Binding(binding.buffer(), binding.offset(), strides, binding.written());
    }

    /**
     * Where a product is to be written: if nothing reads it but a copy with another order of axes, right there.
     *
     * @param batch the shape of the batch that is wanted
     */
    Optional<Step.Binding> result(Node product, Shape batch, Set<Node> within) {
        Optional<Step.Binding> copy = copied(product, batch, within);
        return copy.isPresent() ? copy : withBatch(Access.contiguous(product.shape()), batch).map(own -> binding(own, product, true));
    }

    private Optional<Step.Binding> copied(Node product, Shape batch, Set<Node> within) {
        if (graph.outputs().contains(product) || users(product).size() != 1) {
            return Optional.empty();
        }
        Node permuted = users(product).getFirst();
        boolean copied = permuted.op() instanceof Op.Permute && !graph.outputs().contains(permuted) && users(permuted).size() == 1
                && users(permuted).getFirst().op() instanceof Op.Barrier && users(permuted).getFirst().operands().size() == 1;
        if (!copied) {
            return Optional.empty();
        }
        Node copy = users(permuted).getFirst();
        List<Integer> order = ((Op.Permute) permuted.op()).order();
        List<Integer> strides = Access.contiguous(copy.shape()).strides();
        Integer[] moved = new Integer[order.size()];
        for (int axis = 0; axis < moved.length; axis++) {
            moved[order.get(axis)] = strides.get(axis);
        }
        boolean fits = moved[moved.length - 1] <= 1 || moved[moved.length - 2] <= 1;
        Optional<Access> access = fits ? withBatch(new Access(product.shape(), 0, Arrays.asList(moved)), batch) : Optional.empty();
        access.ifPresent(_ -> within.addAll(List.of(permuted, copy)));
        return access.map(each -> binding(each, copy, true));
    }

    // ---- numbers -----------------------------------------------------------------------------------------------------

    /** A node that is another times a number. */
    record Scaled(Node of, double by) {}

    static Optional<Scaled> scaled(Node node) {
        if (node.op().equals(new Op.Binary(Op.BinaryKind.MUL))) {
            return number(node.operand(1)).map(by -> new Scaled(node.operand(0), by))
                    .or(() -> number(node.operand(0)).map(by -> new Scaled(node.operand(1), by)));
        } else if (node.op().equals(new Op.Binary(Op.BinaryKind.DIV))) {
            return number(node.operand(1)).map(by -> new Scaled(node.operand(0), 1 / by));
        }
        return Optional.empty();
    }

    /** A node that is scaled, with only one reader, so that nobody misses it. */
    Optional<Scaled> onlyScaled(Node node, Set<Node> within) {
        Optional<Scaled> scaled = users(node).size() == 1 && !graph.outputs().contains(node) ? scaled(node) : Optional.empty();
        scaled.ifPresent(_ -> within.add(node));
        return scaled;
    }

    /** What all elements are. */
    private static Optional<Double> number(Node node) {
        Node value = node;
        while (value.op() instanceof Op.Broadcast || value.op() instanceof Op.Reshape) {
            value = value.operand(0);
        }
        if (value.op() instanceof Op.Constant constant && constant.data().length() == 1) {
            return Optional.of(constant.data().getDouble(0));
        }
        return value.op() instanceof Op.Fill fill ? Optional.of(fill.value().doubleValue()) : Optional.empty();
    }

    // ---- masks -------------------------------------------------------------------------------------------------------

    /** Numbers below this have exponentials of 0, whatever the other scores are. */
    private static final double HIDDEN = -1e20;

    static boolean hides(double number) {
        return number <= HIDDEN;
    }

    /**
     * A mask.
     *
     * @param node   the condition, or what is added
     * @param shows  what the condition is where there are the scores; nothing if numbers are added
     * @param number instead of scores, or by what numbers are multiplied
     * @param causal whether it hides what lies behind the place of a query, and nothing else
     * @param all    whether it changes nothing
     */
    record Shown(Node node, Optional<Boolean> shows, double number, boolean causal, boolean all) {

        /** The same before a product with a number as behind it. */
        Shown times(double by) {
            return new Shown(node, shows, number * by, causal && by > 0, all);
        }
    }

    /** How a mask is read, if it can be. */
    Optional<Mask> read(Shown mask, Shape batch) {
        return operand(mask.node, batch).map(binding -> mask.shows.isPresent() ? new Mask.Select(binding, mask.shows.get(), mask.number)
                : new Mask.Bias(binding, mask.number));
    }

    /** The mask of a selection between scores, its operand {@code score}, and a negative number. */
    Optional<Shown> select(Node select, int score) {
        Node condition = select.operand(0);
        boolean shows = score == 1;
        return number(select.operand(3 - score)).filter(number -> number < 0)
                .map(number -> new Shown(condition, Optional.of(shows), number, hides(number) && isCausal(condition, shows),
                        isAlways(condition, value -> value != 0 == shows)));
    }

    Shown bias(Node bias) {
        return new Shown(bias, Optional.empty(), 1, isCausalBias(bias), isAlways(bias, value -> value == 0));
    }

    private boolean isAlways(Node node, DoublePredicate condition) {
        if (!(views.view(node).root().op() instanceof Op.Constant constant)) {
            return false;
        }
        DType dtype = constant.data().dtype();
        Object array = constant.data().array();
        return IntStream.range(0, constant.data().length()).allMatch(i -> condition.test(Scalars.getDouble(dtype, array, i)));
    }

    /** Whether a node is the gradient of what another, one of those between products and exponents, was made from. */
    static boolean isGradient(Node node, Node gradient, Node of) {
        if (of.op() instanceof Op.Select) {
            int score = number(of.operand(2)).isPresent() ? 1 : 2;
            return node.op() instanceof Op.Select && node.operand(0) == of.operand(0) && node.operand(score) == gradient
                    && number(node.operand(3 - score)).filter(zero -> zero == 0).isPresent();
        } else if (of.op() instanceof Op.Reshape) {
            return node.op() instanceof Op.Reshape && node.operand(0) == gradient && node.shape().equals(of.operand(0).shape());
        }
        Optional<Double> by = scaled(of).map(Scaled::by);
        return scaled(node).filter(scaled -> scaled.of() == gradient && by.equals(Optional.of(scaled.by()))).isPresent();
    }

    /** {@code weights}, but 0 where they are no numbers, if that is all that reads them; the nodes belong to {@code within}. */
    Optional<Node> guarded(Node weights, Set<Node> within) {
        List<Node> readers = users(weights).stream().distinct().toList();
        for (Node select : readers) {
            boolean fits = select.op() instanceof Op.Select && select.operand(2) == weights && readers.size() == 2
                    && select.operand(0).op().equals(new Op.Compare(Op.CompareKind.NE)) && select.operand(0).operand(0) == weights
                    && select.operand(0).operand(1) == weights && number(select.operand(1)).filter(zero -> zero == 0).isPresent();
            if (fits) {
                within.addAll(List.of(select, select.operand(0)));
                return Optional.of(select);
            }
        }
        return Optional.empty();
    }

    /** Whether a condition (..., queries, keys) shows each query the keys up to its own place, the last query standing at the last key. */
    private boolean isCausal(Node condition, boolean shows) {
        Node node = condition;
        boolean shown = shows;
        while (node.op() instanceof Op.Broadcast || node.op().equals(new Op.Unary(Op.UnaryKind.NOT))) {
            shown ^= !(node.op() instanceof Op.Broadcast);
            node = node.operand(0);
        }
        return node.op() instanceof Op.Compare compare ? isCausal(compare.kind(), node, condition.shape(), shown)
                : hasTriangle(condition, value -> value != 0 == shows, value -> value != 0 != shows);
    }

    private static boolean isCausal(Op.CompareKind kind, Node node, Shape shape, boolean shows) {
        int rank = node.shape().rank();
        boolean whole = rank >= 2 && node.shape().dim(-1) == shape.dim(-1) && node.shape().dim(-2) == shape.dim(-2);
        int behind = shape.dim(-1) - shape.dim(-2);
        if (!whole || behind < 0) {
            return false;
        }
        return switch (kind) {
            case LE -> shows && places(node, 1, 0, behind);
            case GE -> shows && places(node, 0, 1, behind);
            case GT -> !shows && places(node, 1, 0, behind);
            case LT -> !shows && places(node, 0, 1, behind);
            case EQ, NE -> false;
        };
    }

    /** Whether the operands of a comparison are places of queries and keys, those of queries {@code behind} ahead. */
    private static boolean places(Node compare, int query, int key, int behind) {
        int rank = compare.shape().rank();
        Optional<Long> keys = ahead(compare.operand(key), rank - 1);
        Optional<Long> queries = ahead(compare.operand(query), rank - 2);
        return keys.isPresent() && queries.isPresent() && queries.get() - keys.get() == behind;
    }

    /** What is added to the index along an axis, if a node is such a sum. */
    private static Optional<Long> ahead(Node node, int axis) {
        if (node.op().equals(new Op.Binary(Op.BinaryKind.ADD)) && node.operand(1).op() instanceof Op.Fill fill) {
            return ahead(node.operand(0), axis).map(plus -> plus + fill.value().longValue());
        }
        return node.op() instanceof Op.Iota iota && iota.axis() == axis ? Optional.of(0L) : Optional.empty();
    }

    /** Whether what is added to scores (..., queries, keys) hides what a causal mask hides, and is 0 elsewhere. */
    private boolean isCausalBias(Node bias) {
        Node node = bias;
        while (node.op() instanceof Op.Broadcast) {
            node = node.operand(0);
        }
        if (node.op() instanceof Op.Select) {
            Optional<Double> first = number(node.operand(1));
            Optional<Double> second = number(node.operand(2));
            boolean shows = first.filter(zero -> zero == 0).isPresent() && second.filter(AttentionNodes::hides).isPresent();
            boolean hides = second.filter(zero -> zero == 0).isPresent() && first.filter(AttentionNodes::hides).isPresent();
            return (shows || hides) && isSameMatrix(node, bias) && isCausal(node.operand(0), shows);
        }
        return hasTriangle(bias, value -> value == 0, AttentionNodes::hides);
    }

    /** Whether all elements of the matrices of a constant are of one kind up to the place of the query, and of another one behind. */
    private boolean hasTriangle(Node node, DoublePredicate upTo, DoublePredicate behind) {
        Views.View view = views.view(node);
        int rank = node.shape().rank();
        if (!(view.root().op() instanceof Op.Constant constant) || node.shape().dim(-1) < node.shape().dim(-2)) {
            return false;
        }
        Access access = view.access();
        Shape matrices = node.shape().slice(0, rank - 2);
        int ahead = node.shape().dim(-1) - node.shape().dim(-2);
        Set<Integer> starts = new TreeSet<>();
        for (int i = 0; i < matrices.size(); i++) {
            int rest = i;
            int start = access.offset();
            for (int axis = rank - 3; axis >= 0; axis--) {
                start += rest % matrices.dim(axis) * access.stride(axis);
                rest /= matrices.dim(axis);
            }
            starts.add(start);
        }
        DType dtype = constant.data().dtype();
        Object array = constant.data().array();
        return starts.stream().allMatch(start -> IntStream.range(0, node.shape().dim(-2)).allMatch(query -> {
            int row = start + query * access.stride(rank - 2);
            return IntStream.range(0, node.shape().dim(-1)).allMatch(key -> (key <= query + ahead ? upTo : behind)
                    .test(Scalars.getDouble(dtype, array, row + key * access.stride(rank - 1))));
        }));
    }
}
