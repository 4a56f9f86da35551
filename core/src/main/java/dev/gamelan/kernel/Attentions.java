package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.kernel.Attention.Mask;
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
    /** Nodes that one step computes together; only what the step writes exists in memory. */
    record Group(Set<Node> nodes, Step step) {}

    /** From products to weights. */
    private record Weights(Exponents exponents, Node max, Node sum, Node quotient) {
        Node product() {
            return exponents.product;
        }
    }

    /**
     * From products to exponents.
     *
     * @param scaled  the product times a number
     * @param masks   the last first
     * @param selects the nodes that put other numbers in the place of scores, the last first
     * @param nodes   all of them
     */
    private record Exponents(Node product, double scale, Optional<Node> scaled, List<AttentionNodes.Shown> masks, List<Node> selects,
            List<Node> nodes) {

        Exponents masked(AttentionNodes.Shown mask, Node node) {
            List<Node> moreSelects = node.op() instanceof Op.Select ? before(node, selects) : selects;
            return new Exponents(product, scale, scaled, before(mask, masks), moreSelects, before(node, nodes));
        }

        private static <T> List<T> before(T first, List<T> others) {
            return Stream.concat(Stream.of(first), others.stream()).toList();
        }

        /** Nothing if the masks are none that kernels know. */
        Optional<Scores> scores() {
            if (masks.isEmpty()) {
                return Optional.of(new Scores(scale, MaskKind.NONE, List.of()));
            } else if (masks.size() == 1 && masks.getFirst().causal()) {
                return Optional.of(new Scores(scale, MaskKind.CAUSAL, List.of()));
            }
            List<Mask> read = masks.reversed().stream().flatMap(mask -> mask.read().stream()).toList();
            boolean biased = read.stream().anyMatch(Mask.Bias.class::isInstance);
            boolean fits = read.size() == masks.size()
                    && (!biased || read.stream().allMatch(mask -> !(mask instanceof Mask.Select select) || AttentionNodes.hides(select.fill())));
            return fits ? Optional.of(new Scores(scale, biased ? MaskKind.BIAS : MaskKind.SELECT, read)) : Optional.empty();
        }
    }

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
        Optional<Node> guarded = nodes.guarded(weights.quotient, forward);
        Node shares = guarded.orElse(weights.quotient);
        List<Node> readers = nodes.readers(shares, forward);
        Optional<Node> output = readers.stream().filter(reader -> isProduct(reader) && reader.operand(0) == shares).findFirst();
        if (output.isEmpty()) {
            return List.of();
        } else if (readers.size() == 1) {
            return attention(weights, output.get(), guarded.isPresent(), false, forward)
                    .filter(found -> nodes.isClosed(forward, Set.of(found.output().buffer())))
                    .map(found -> List.of(new Group(forward, new Step.Attend(found, output.get())))).orElse(List.of());
        } else if (guarded.isPresent()) {
            return List.of();
        }
        Set<Node> backward = AttentionNodes.identitySet();
        return attention(weights, output.get(), false, true, forward)
                .flatMap(found -> gradient(found, weights, readers, backward).map(gradient -> {
                    Set<Node> all = AttentionNodes.identitySet();
                    all.addAll(forward);
                    all.addAll(backward);
                    Set<Node> results = AttentionNodes.identitySet();
                    results.addAll(List.of(found.output().buffer(), gradient.query().buffer(), gradient.key().buffer(),
                            gradient.value().buffer()));
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
        Optional<Exponents> found = exponents(exponents);
        found.ifPresent(each -> within.addAll(each.nodes));
        return found.map(each -> new Weights(each, max.get(), sum.get(), quotient));
    }

    private Optional<Exponents> exponents(Node node) {
        if (node.op() instanceof Op.Select) {
            return Stream.of(1, 2).flatMap(score -> nodes.select(node, score)
                    .flatMap(mask -> exponents(node.operand(score)).map(found -> found.masked(mask, node))).stream()).findFirst();
        } else if (is(node, Op.BinaryKind.ADD)) {
            return Stream.of(0, 1).flatMap(score -> exponents(node.operand(score))
                    .map(found -> found.masked(nodes.bias(node.operand(1 - score)), node)).stream()).findFirst();
        }
        Optional<AttentionNodes.Scaled> scaled = AttentionNodes.scaled(node);
        Node product = scaled.map(AttentionNodes.Scaled::of).orElse(node);
        return isProduct(product) ? Optional.of(new Exponents(product, scaled.map(AttentionNodes.Scaled::by).orElse(1.0),
                scaled.map(_ -> node), List.of(), List.of(), scaled.isPresent() ? List.of(node, product) : List.of(product)))
                : Optional.empty();
    }

    private Optional<Attention> attention(Weights weights, Node output, boolean guarded, boolean withNorms, Set<Node> within) {
        Node product = weights.product();
        // A factor of an operand is one of the product as well; for gradients, operands are what they are.
        Optional<AttentionNodes.Scaled> queryScaled = withNorms ? Optional.empty() : nodes.onlyScaled(product.operand(0), within);
        Optional<AttentionNodes.Scaled> keyScaled = withNorms ? Optional.empty() : nodes.onlyScaled(product.operand(1), within);
        Optional<Step.Binding> query = nodes.operand(queryScaled.map(AttentionNodes.Scaled::of).orElse(product.operand(0)));
        Optional<Step.Binding> key = nodes.operand(keyScaled.map(AttentionNodes.Scaled::of).orElse(product.operand(1)))
                .map(AttentionNodes::transposed);
        Optional<Step.Binding> value = nodes.operand(output.operand(1));
        double factor = queryScaled.map(AttentionNodes.Scaled::by).orElse(1.0) * keyScaled.map(AttentionNodes.Scaled::by).orElse(1.0);
        Optional<Scores> scores = weights.exponents.scores().map(found -> new Scores(found.scale() * factor, found.kind(), found.masks()));
        Shape shape = product.shape();
        int depth = product.operand(0).shape().dim(-1);
        int width = output.shape().dim(-1);
        boolean fits = shape.size() > 0 && depth >= 1 && depth <= MOST_WIDTH && width >= 1 && width <= MOST_WIDTH;
        within.add(output);
        Optional<Step.Binding> written = nodes.result(output, within);
        if (query.isEmpty() || key.isEmpty() || value.isEmpty() || written.isEmpty() || scores.isEmpty() || !fits) {
            return Optional.empty();
        }
        return Optional.of(new Attention(shape.slice(0, shape.rank() - 2), shape.dim(-2), shape.dim(-1), depth, width, query.get(),
                key.get(), value.get(), scores.get(), written.get(), withNorms ? List.of(weights.max, weights.sum) : List.of(), guarded));
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
        return scores(logits.get(), weights, attention.scores().kind(), within)
                .flatMap(scores -> gradient(attention, scores, outputGradient.get(), value.get(), within));
    }

    /** Whether the elements of an output lie one after another. */
    private static boolean hasRows(Step.Binding binding, Attention attention) {
        return binding.strides().getLast() == 1 || attention.width() == 1;
    }

    /** The gradient of the products, from that of the exponents. */
    private Optional<Node> scores(Node exponents, Weights weights, MaskKind kind, Set<Node> within) {
        Exponents forward = weights.exponents;
        // Where a sum with low numbers stands for other numbers, scores of queries that see nothing have gradients.
        if (kind == MaskKind.BIAS && !forward.selects.isEmpty()) {
            return Optional.empty();
        }
        Optional<Node> node = Optional.of(exponents);
        for (Node select : forward.selects) {
            node = node.flatMap(gradient -> only(gradient, user -> AttentionNodes.passes(user, gradient, select)));
            node.ifPresent(within::add);
        }
        if (forward.scaled.isPresent()) {
            node = node.flatMap(gradient -> only(gradient, user -> AttentionNodes.scaled(user)
                    .filter(scaled -> scaled.of() == gradient && scaled.by() == forward.scale).isPresent()));
            node.ifPresent(within::add);
        }
        return node;
    }

    /** The only user of a node, if it fits. */
    private Optional<Node> only(Node node, Predicate<Node> condition) {
        return nodes.users(node).size() == 1 ? one(nodes.users(node), condition) : Optional.empty();
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
