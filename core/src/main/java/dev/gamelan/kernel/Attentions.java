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
     * @param batch the shape of the batch where it has most axes: there masks are that have some of them alone
     * @param scale of the product
     * @param masks the last first
     * @param chain all nodes, from the exponents to the product
     */
    private record Exponents(Node product, Shape batch, double scale, List<AttentionNodes.Shown> masks, List<Node> chain) {

        static Exponents of(Node product) {
            return new Exponents(product, batch(product), 1, List.of(), List.of(product));
        }

        private static Shape batch(Node node) {
            return node.shape().slice(0, node.shape().rank() - 2);
        }

        Exponents masked(AttentionNodes.Shown mask, Node node) {
            return new Exponents(product, batch, scale, mask.all() ? masks : before(mask, masks), before(node, chain));
        }

        Exponents times(double by, Node node) {
            return new Exponents(product, batch, scale * by, masks.stream().map(mask -> mask.times(by)).toList(), before(node, chain));
        }

        Exponents reshaped(Node node) {
            Shape finer = node.shape().rank() > batch.rank() + 2 ? batch(node) : batch;
            return new Exponents(product, finer, scale, masks, before(node, chain));
        }

        private static <T> List<T> before(T first, List<T> others) {
            return Stream.concat(Stream.of(first), others.stream()).toList();
        }
    }

    /**
     * The product of weights with values.
     *
     * @param turned whether rows and columns are exchanged: values times weights
     */
    private record Output(Node product, boolean turned) {
        Node values() {
            return product.operand(turned ? 0 : 1);
        }

        int width() {
            return product.shape().dim(turned ? -2 : -1);
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
        Optional<Output> output = readers.stream().flatMap(reader -> output(reader, shares).stream()).findFirst();
        if (output.isEmpty()) {
            return List.of();
        } else if (readers.size() == 1) {
            return attention(weights, output.get(), guarded.isPresent(), false, forward)
                    .filter(found -> nodes.isClosed(forward, Set.of(found.output().buffer())))
                    .map(found -> List.of(new Group(forward, new Step.Attend(found, output.get().product)))).orElse(List.of());
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
                    return nodes.isClosed(all, results) ? List.of(new Group(forward, new Step.Attend(found, output.get().product)),
                            new Group(backward, new Step.AttendGradient(found, gradient, gradient.query().buffer()))) : List.<Group>of();
                })).orElse(List.of());
    }

    private Optional<Output> output(Node reader, Node shares) {
        if (isProduct(reader) && AttentionNodes.isSameMatrices(reader.operand(0), shares)) {
            return Optional.of(new Output(reader, false));
        }
        return isProduct(reader) && nodes.isTransposed(reader.operand(1), shares) ? Optional.of(new Output(reader, true))
                : Optional.empty();
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
        found.ifPresent(each -> within.addAll(each.chain));
        return found.map(each -> new Weights(each, max.get(), sum.get(), quotient));
    }

    private Optional<Exponents> exponents(Node node) {
        Optional<AttentionNodes.Scaled> scaled = AttentionNodes.scaled(node);
        if (isProduct(node)) {
            return Optional.of(Exponents.of(node));
        } else if (scaled.isPresent()) {
            return exponents(scaled.get().of()).map(found -> found.times(scaled.get().by(), node));
        } else if (node.op() instanceof Op.Reshape && AttentionNodes.isSameMatrices(node, node.operand(0))) {
            return exponents(node.operand(0)).map(found -> found.reshaped(node));
        } else if (node.op() instanceof Op.Select) {
            return Stream.of(1, 2).flatMap(score -> exponents(node.operand(score))
                    .flatMap(found -> nodes.select(node, score).map(mask -> found.masked(mask, node))).stream())
                    .findFirst();
        } else if (is(node, Op.BinaryKind.ADD)) {
            return Stream.of(0, 1).flatMap(score -> exponents(node.operand(score))
                    .map(found -> found.masked(nodes.bias(node.operand(1 - score)), node)).stream()).findFirst();
        }
        return Optional.empty();
    }

    /** Nothing if the masks are none that kernels know. */
    private Optional<Scores> scores(Exponents found, double scale) {
        List<AttentionNodes.Shown> masks = found.masks;
        if (masks.isEmpty()) {
            return Optional.of(new Scores(scale, MaskKind.NONE, List.of()));
        } else if (masks.size() == 1 && masks.getFirst().causal()) {
            return Optional.of(new Scores(scale, MaskKind.CAUSAL, List.of()));
        }
        List<Mask> read = masks.reversed().stream().flatMap(mask -> nodes.read(mask, found.batch).stream()).toList();
        boolean biased = read.stream().anyMatch(Mask.Bias.class::isInstance);
        boolean fits = read.size() == masks.size() && read.stream().allMatch(mask -> !(mask instanceof Mask.Select(_, _, double fill))
                || (biased ? AttentionNodes.hides(fill) : fill < 0));
        return fits ? Optional.of(new Scores(scale, biased ? MaskKind.BIAS : MaskKind.SELECT, read)) : Optional.empty();
    }

    private Optional<Attention> attention(Weights weights, Output output, boolean guarded, boolean withNorms, Set<Node> within) {
        Node product = weights.product();
        Shape batch = weights.exponents.batch;
        // A factor of an operand is one of the product as well; for gradients, operands are what they are.
        Optional<AttentionNodes.Scaled> queryScaled = withNorms ? Optional.empty() : nodes.onlyScaled(product.operand(0), within);
        Optional<AttentionNodes.Scaled> keyScaled = withNorms ? Optional.empty() : nodes.onlyScaled(product.operand(1), within);
        Optional<Step.Binding> query = nodes.operand(queryScaled.map(AttentionNodes.Scaled::of).orElse(product.operand(0)), batch);
        Optional<Step.Binding> key = nodes.operand(keyScaled.map(AttentionNodes.Scaled::of).orElse(product.operand(1)), batch)
                .map(AttentionNodes::transposed);
        double factor = queryScaled.map(AttentionNodes.Scaled::by).orElse(1.0) * keyScaled.map(AttentionNodes.Scaled::by).orElse(1.0);
        Optional<Scores> scores = scores(weights.exponents, weights.exponents.scale * factor);
        Shape shape = product.shape();
        int depth = product.operand(0).shape().dim(-1);
        int width = output.width();
        boolean fits = shape.size() > 0 && depth >= 1 && depth <= MOST_WIDTH && width >= 1 && width <= MOST_WIDTH;
        within.add(output.product);
        Optional<Step.Binding> value = nodes.operand(output.values(), batch);
        Optional<Step.Binding> written = nodes.result(output.product, batch, within);
        if (query.isEmpty() || key.isEmpty() || value.isEmpty() || written.isEmpty() || scores.isEmpty() || !fits) {
            return Optional.empty();
        }
        return Optional.of(new Attention(batch, shape.dim(-2), shape.dim(-1), depth, width, query.get(), key.get(),
                output.turned ? AttentionNodes.transposed(value.get()) : value.get(), scores.get(),
                output.turned ? AttentionNodes.transposed(written.get()) : written.get(),
                withNorms ? List.of(weights.max, weights.sum) : List.of(), guarded));
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
        // Where a sum with low numbers stands for other numbers, scores of queries that see nothing have gradients.
        boolean exact = kind != MaskKind.BIAS || weights.exponents.chain.stream().noneMatch(node -> node.op() instanceof Op.Select);
        Optional<Node> gradient = exact ? Optional.of(exponents) : Optional.empty();
        for (Node node : weights.exponents.chain) {
            boolean same = isProduct(node) || is(node, Op.BinaryKind.ADD);
            gradient = same ? gradient : gradient.flatMap(from -> only(from, user -> AttentionNodes.isGradient(user, from, node)));
            gradient.filter(_ -> !same).ifPresent(within::add);
        }
        return gradient;
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
        Shape batch = attention.batch();
        Optional<Step.Binding> queryGradient = nodes.result(toQuery.get(), batch, within);
        Optional<Step.Binding> keyGradient = nodes.result(either.get(), batch, within)
                .map(written -> toKey.isPresent() ? written : AttentionNodes.transposed(written));
        Optional<Step.Binding> valueGradient = nodes.result(value, batch, within);
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
