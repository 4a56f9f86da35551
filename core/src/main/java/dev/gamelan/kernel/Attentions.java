package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.kernel.Attention.MaskKind;
import dev.gamelan.kernel.Attention.Scores;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds {@code softmax(scale q k^T + mask) v}, and its gradients, among the nodes of a graph, so that they can be done block by block
 * without the matrix of scores (Dao et al., FlashAttention, 2022). It looks for what gradients, and the compositions of users and of
 * imported networks, have become after all passes.
 */
final class Attentions {

    /** Few queries are multiplied without rearranging the keys, and few scores are in the cache anyway. */
    private static final int LEAST_QUERIES = 16;
    private static final int LEAST_KEYS = 16;
    /** Widths beyond this leave no room for blocks in the cache. */
    private static final int MOST_WIDTH = 256;
    /** Numbers below this have exponentials of 0, whatever the other scores are. */
    private static final double HIDDEN = -1e20;

    /** Nodes that one step computes together; only what the step writes exists in memory. */
    record Group(Set<Node> nodes, Step step) {}

    /** From products to weights. */
    private record Weights(Node product, Scores scores, Optional<Node> mask, Optional<Node> scaled, Node max, Node sum, Node quotient) {}

    private final AttentionNodes nodes;
    private final Graph graph;

    private Attentions(Views views) {
        this.graph = views.graph();
        this.nodes = new AttentionNodes(views);
    }

    static List<Group> find(Views views) {
        Attentions finder = new Attentions(views);
        List<Group> groups = new ArrayList<>();
        for (Node node : finder.graph.nodes()) {
            boolean candidate = node.op().equals(new Op.Binary(Op.BinaryKind.DIV)) && node.dtype().isFloating() && node.shape().rank() >= 2
                    && node.shape().dim(-1) >= LEAST_KEYS && node.shape().dim(-2) >= LEAST_QUERIES;
            if (candidate) {
                groups.addAll(finder.at(node));
            }
        }
        return groups;
    }

    private List<Group> at(Node quotient) {
        Set<Node> forward = AttentionNodes.identitySet();
        return weights(quotient, forward).map(weights -> groups(weights, forward)).orElse(List.of());
    }

    private List<Group> groups(Weights weights, Set<Node> forward) {
        List<Node> readers = nodes.readers(weights.quotient, forward);
        Optional<Node> output = readers.stream().filter(reader -> isProduct(reader) && reader.operand(0) == weights.quotient).findFirst();
        if (output.isEmpty()) {
            return List.of();
        }
        Optional<Attention> attention = attention(weights, output.get(), readers.size() > 1, forward);
        if (readers.size() == 1) {
            return attention.filter(found -> nodes.isClosed(forward, Set.of(found.output().buffer())))
                    .map(found -> List.of(new Group(forward, new Step.Attend(found, output.get())))).orElse(List.of());
        }
        Set<Node> backward = AttentionNodes.identitySet();
        return attention.flatMap(found -> gradient(found, weights, readers, backward).map(gradient -> {
            Set<Node> all = AttentionNodes.identitySet();
            all.addAll(forward);
            all.addAll(backward);
            Set<Node> results = AttentionNodes.identitySet();
            results.addAll(List.of(found.output().buffer(), gradient.query().buffer(), gradient.key().buffer(), gradient.value().buffer()));
            return nodes.isClosed(all, results) ? List.of(new Group(forward, new Step.Attend(found, output.get())),
                    new Group(backward, new Step.AttendGradient(found, gradient, gradient.query().buffer()))) : List.<Group>of();
        })).orElse(List.of());
    }

    private static boolean isProduct(Node node) {
        return node.op() instanceof Op.MatMul;
    }

    private static boolean is(Node node, Op.BinaryKind kind) {
        return node.op().equals(new Op.Binary(kind));
    }

    // ---- weights -----------------------------------------------------------------------------------------------------

    private Optional<Weights> weights(Node quotient, Set<Node> within) {
        Node exp = quotient.operand(0);
        Optional<Node> sum = nodes.rowValue(quotient.operand(1), Op.ReduceKind.SUM, exp, within);
        if (sum.isEmpty() || !exp.op().equals(new Op.Unary(Op.UnaryKind.EXP)) || !is(exp.operand(0), Op.BinaryKind.SUB)) {
            return Optional.empty();
        }
        Node exponents = exp.operand(0).operand(0);
        Optional<Node> max = nodes.rowValue(exp.operand(0).operand(1), Op.ReduceKind.MAX, exponents, within);
        if (max.isEmpty()) {
            return Optional.empty();
        }
        within.addAll(List.of(quotient, exp, exp.operand(0)));
        return exponents(exponents, within).map(found -> new Weights(found.product, found.scores, found.mask, found.scaled, max.get(),
                sum.get(), quotient));
    }

    private record Exponents(Node product, Scores scores, Optional<Node> mask, Optional<Node> scaled) {}

    private Optional<Exponents> exponents(Node node, Set<Node> within) {
        if (node.op() instanceof Op.Select && node.operand(2).op() instanceof Op.Fill fill && fill.value().doubleValue() < 0) {
            within.add(node);
            double hidden = fill.value().doubleValue();
            MaskKind kind = hidden < HIDDEN && AttentionNodes.isCausal(node.operand(0)) ? MaskKind.CAUSAL : MaskKind.SELECT;
            return exponents(node.operand(1), kind, hidden, Optional.of(node.operand(0)), within);
        } else if (is(node, Op.BinaryKind.ADD)) {
            within.add(node);
            return Stream.of(0, 1).flatMap(i -> exponents(node.operand(i), MaskKind.BIAS, 0, Optional.of(node.operand(1 - i)), within)
                    .stream()).findFirst();
        }
        return exponents(node, MaskKind.NONE, 0, Optional.empty(), within);
    }

    private Optional<Exponents> exponents(Node node, MaskKind kind, double fill, Optional<Node> mask, Set<Node> within) {
        Optional<Step.Binding> read = kind == MaskKind.SELECT || kind == MaskKind.BIAS ? mask.flatMap(nodes::operand) : Optional.empty();
        boolean readable = read.isPresent() || kind == MaskKind.NONE || kind == MaskKind.CAUSAL;
        Optional<Double> scale = scale(node);
        Node product = scale.isPresent() ? node.operand(0) : node;
        if (!readable || !isProduct(product)) {
            return Optional.empty();
        }
        within.add(node);
        within.add(product);
        return Optional.of(new Exponents(product, new Scores(scale.orElse(1.0), kind, fill, read), mask,
                scale.map(_ -> node)));
    }

    /** By what a node multiplies its first operand. */
    private static Optional<Double> scale(Node node) {
        if (is(node, Op.BinaryKind.MUL) && node.operand(1).op() instanceof Op.Fill fill) {
            return Optional.of(fill.value().doubleValue());
        } else if (is(node, Op.BinaryKind.DIV) && node.operand(1).op() instanceof Op.Fill fill) {
            return Optional.of(1 / fill.value().doubleValue());
        }
        return Optional.empty();
    }

    private Optional<Attention> attention(Weights weights, Node output, boolean withNorms, Set<Node> within) {
        Optional<Step.Binding> query = nodes.operand(weights.product.operand(0));
        Optional<Step.Binding> key = nodes.operand(weights.product.operand(1)).map(AttentionNodes::transposed);
        Optional<Step.Binding> value = nodes.operand(output.operand(1));
        Shape shape = weights.product.shape();
        int depth = weights.product.operand(0).shape().dim(-1);
        int width = output.shape().dim(-1);
        boolean fits = shape.size() > 0 && depth >= 1 && depth <= MOST_WIDTH && width >= 1 && width <= MOST_WIDTH;
        within.add(output);
        Optional<Step.Binding> written = nodes.result(output, within);
        if (query.isEmpty() || key.isEmpty() || value.isEmpty() || written.isEmpty() || !fits) {
            return Optional.empty();
        }
        return Optional.of(new Attention(shape.slice(0, shape.rank() - 2), shape.dim(-2), shape.dim(-1), depth, width, query.get(),
                key.get(), value.get(), weights.scores, written.get(), withNorms ? List.of(weights.max, weights.sum) : List.of()));
    }

    // ---- gradients ---------------------------------------------------------------------------------------------------

    private Optional<Attention.Gradient> gradient(Attention attention, Weights weights, List<Node> readers, Set<Node> within) {
        Node weight = weights.quotient;
        Optional<Node> value = one(readers, reader -> isProduct(reader) && nodes.isTransposed(reader.operand(0), weight));
        Optional<Node> weighted = one(readers, reader -> is(reader, Op.BinaryKind.MUL) && isProduct(other(reader, weight)));
        Optional<Node> logits = one(readers, reader -> is(reader, Op.BinaryKind.MUL) && is(other(reader, weight), Op.BinaryKind.SUB));
        if (readers.size() != 4 || value.isEmpty() || weighted.isEmpty() || logits.isEmpty()) {
            return Optional.empty();
        }
        Node product = other(weighted.get(), weight);
        Node centered = other(logits.get(), weight);
        Optional<Node> mean = nodes.rowValue(centered.operand(1), Op.ReduceKind.SUM, weighted.get(), within);
        Optional<Step.Binding> outputGradient = nodes.operand(product.operand(0));
        boolean fits = mean.isPresent() && centered.operand(0) == product && hasRows(attention.output(), attention)
                && outputGradient.filter(binding -> hasRows(binding, attention)).isPresent()
                && outputGradient.equals(nodes.operand(value.get().operand(1)))
                && nodes.operand(product.operand(1)).map(AttentionNodes::transposed).equals(Optional.of(attention.value()));
        if (!fits || outputGradient.isEmpty()) {
            return Optional.empty();
        }
        within.addAll(List.of(value.get(), weighted.get(), logits.get(), product, centered));
        return scores(logits.get(), weights, within)
                .flatMap(scores -> gradient(attention, scores, outputGradient.get(), value.get(), within));
    }

    /** Whether the elements of an output lie one after another. */
    private static boolean hasRows(Step.Binding binding, Attention attention) {
        return binding.strides().getLast() == 1 || attention.width() == 1;
    }

    /** The gradient of the products, from that of the exponents. */
    private Optional<Node> scores(Node exponents, Weights weights, Set<Node> within) {
        Node node = exponents;
        MaskKind kind = weights.scores.kind();
        if (kind == MaskKind.SELECT || kind == MaskKind.CAUSAL) {
            Node from = node;
            Optional<Node> masked = one(nodes.users(node), user -> user.op() instanceof Op.Select && user.operand(1) == from
                    && Optional.of(user.operand(0)).equals(weights.mask) && user.operand(2).op() instanceof Op.Fill(_, Number zero)
                    && zero.doubleValue() == 0);
            if (masked.isEmpty() || nodes.users(node).size() != 1) {
                return Optional.empty();
            }
            node = masked.get();
            within.add(node);
        }
        if (weights.scaled.isPresent()) {
            Node from = node;
            Optional<Node> scaled = one(nodes.users(node), user -> user.operand(0) == from
                    && scale(user).equals(Optional.of(weights.scores.scale())));
            if (scaled.isEmpty() || nodes.users(node).size() != 1) {
                return Optional.empty();
            }
            node = scaled.get();
            within.add(node);
        }
        return Optional.of(node);
    }

    private Optional<Attention.Gradient> gradient(Attention attention, Node scores, Step.Binding outputGradient, Node value,
            Set<Node> within) {
        List<Node> readers = nodes.readers(scores, within);
        Optional<Step.Binding> key = Optional.of(attention.key());
        Optional<Step.Binding> query = Optional.of(attention.query());
        Optional<Node> toQuery = one(readers, reader -> isProduct(reader) && reader.operand(0) == scores
                && nodes.operand(reader.operand(1)).equals(key));
        Optional<Node> toKey = one(readers, reader -> isProduct(reader) && nodes.isTransposed(reader.operand(0), scores)
                && nodes.operand(reader.operand(1)).equals(query));
        Optional<Node> toKeyTransposed = one(readers, reader -> isProduct(reader) && reader.operand(1) == scores
                && nodes.operand(reader.operand(0)).map(AttentionNodes::transposed).equals(query));
        Optional<Node> either = toKey.or(() -> toKeyTransposed);
        if (readers.size() != 2 || toQuery.isEmpty() || either.isEmpty()) {
            return Optional.empty();
        }
        within.addAll(List.of(toQuery.get(), either.get()));
        Optional<Step.Binding> queryGradient = nodes.result(toQuery.get(), within);
        Optional<Step.Binding> keyGradient = nodes.result(either.get(), within)
                .map(written -> toKey.isPresent() ? written : AttentionNodes.transposed(written));
        Optional<Step.Binding> valueGradient = nodes.result(value, within);
        return queryGradient
                .flatMap(q -> keyGradient.flatMap(k -> valueGradient.map(v -> new Attention.Gradient(outputGradient, q, k, v))));
    }

    /** The operand of a binary operation that is not the given one. */
    private static Node other(Node node, Node operand) {
        return node.operand(0) == operand ? node.operand(1) : node.operand(0);
    }

    /** The only one that fits. */
    private static Optional<Node> one(List<Node> candidates, Predicate<Node> condition) {
        List<Node> found = candidates.stream().filter(condition).distinct().toList();
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }
}
