package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Ensembles of decision trees: see {@link Forest}. */
final class Trees {

    private Trees() {}

    static void register(Registry r) {
        r.op(MachineLearning.DOMAIN, "TreeEnsembleRegressor", 1, Trees::regressor);
        r.op(MachineLearning.DOMAIN, "TreeEnsembleClassifier", 1, Trees::classifier);
        r.op(MachineLearning.DOMAIN, "TreeEnsemble", 5, Trees::ensemble);
    }

    // ---- what the two old operators have ---------------------------------------------------------------------------------

    private static int[] ints(Call c, String name) {
        return c.attributeInts(name).orElseThrow(() -> c.missing(name));
    }

    /** Numbers as FLOATs of a list, or in a tensor that may hold DOUBLEs. */
    static double[] numbers(Call c, String name) {
        if (c.hasAttribute(name + "_as_tensor")) {
            return doubles(c, name + "_as_tensor");
        }
        return c.attributeDoubles(name).orElse(new double[0]);
    }

    private static double[] doubles(Call c, String name) {
        AttributeProto attribute = c.attribute(name);
        Data data = Host.data(Call.numbers(c.attributeValue(attribute)));
        return IntStream.range(0, data.length()).mapToDouble(data::getDouble).toArray();
    }

    private static long key(int tree, int node) {
        return (long) tree << 32 | node;
    }

    private static Map<Long, Integer> places(Call c) {
        int[] trees = ints(c, "nodes_treeids");
        int[] ids = ints(c, "nodes_nodeids");
        Map<Long, Integer> places = new HashMap<>();
        for (int i = 0; i < trees.length; i++) {
            places.put(key(trees[i], ids[i]), i);
        }
        return places;
    }

    private static int place(Map<Long, Integer> places, int tree, int node) {
        Integer place = places.get(key(tree, node));
        if (place == null) {
            throw new FormatException("a tree leads nowhere\n  expected  a node of tree " + tree + "\n  received  node " + node);
        }
        return place;
    }

    private static Forest forest(Call c, Map<Long, Integer> places) {
        int[] trees = ints(c, "nodes_treeids");
        int count = trees.length;
        List<String> names = c.attributeTexts("nodes_modes");
        int[] modes = names.stream().mapToInt(Forest.MODES::indexOf).toArray();
        int[] trueIds = ints(c, "nodes_truenodeids");
        int[] falseIds = ints(c, "nodes_falsenodeids");
        int[] missing = c.attributeInts("nodes_missing_value_tracks_true").orElse(new int[0]);
        int[] yes = new int[count];
        int[] no = new int[count];
        boolean[] unknown = new boolean[count];
        for (int i = 0; i < count; i++) {
            if (modes[i] < 0) {
                throw Call.unsupported("one of " + Forest.MODES, names.get(i));
            }
            yes[i] = modes[i] == Forest.LEAF ? i : place(places, trees[i], trueIds[i]);
            no[i] = modes[i] == Forest.LEAF ? i : place(places, trees[i], falseIds[i]);
            unknown[i] = i < missing.length && missing[i] != 0;
        }
        // The first node of a tree is its root.
        int[] roots = IntStream.range(0, count).filter(i -> i == 0 || trees[i] != trees[i - 1]).toArray();
        return new Forest(roots, modes, ints(c, "nodes_featureids"), numbers(c, "nodes_values"), yes, no, unknown, Map.of());
    }

    /** x as FLOAT32, or FLOAT64 where it is. */
    static Tensor wide(Call c) {
        Tensor x = c.tensor(0).dtype() == DType.FLOAT64 ? c.tensor(0) : c.tensor(0).cast(DType.FLOAT32);
        return x.rank() == 1 ? x.expandDims(0) : x;
    }

    /** (nodes, targets): what each leaf adds to each target, and whether it does. */
    private static Tensor[] weights(Call c, Map<Long, Integer> places, String of, int targets, DType type) {
        int[] trees = ints(c, of + "_treeids");
        int[] nodes = ints(c, of + "_nodeids");
        int[] ids = ints(c, of + "_ids");
        double[] weights = numbers(c, of + "_weights");
        c.room((double) places.size() * targets, Double.BYTES);
        double[] table = new double[places.size() * targets];
        double[] there = new double[table.length];
        for (int i = 0; i < ids.length; i++) {
            int at = place(places, trees[i], nodes[i]) * targets + ids[i];
            table[at] += weights[i];
            there[at] = 1;
        }
        Shape shape = Shape.of(places.size(), targets);
        return new Tensor[] {Tensor.ofDoubles(table).cast(type).reshape(shape), Tensor.ofDoubles(there).cast(type).reshape(shape)};
    }

    private static Tensor gathered(Tensor leaves, Tensor[] weights, String aggregate) {
        Tensor each = weights[0].take(0, leaves);
        Tensor there = weights[1].take(0, leaves);
        Tensor some = there.sum(1).greater(0);
        return switch (aggregate) {
            case "SUM" -> each.sum(1);
            case "AVERAGE" -> each.sum(1).div(leaves.dim(1));
            case "MIN" -> each.where(there.greater(0), Double.POSITIVE_INFINITY).min(1).where(some, 0);
            case "MAX" -> each.where(there.greater(0), Double.NEGATIVE_INFINITY).max(1).where(some, 0);
            default -> throw Call.unsupported("SUM, AVERAGE, MIN or MAX", aggregate);
        };
    }

    private static Tensor based(Call c, Tensor scores) {
        double[] base = numbers(c, "base_values");
        return base.length == 0 ? scores : scores.add(Tensor.ofDoubles(base).cast(scores.dtype()));
    }

    private static List<Value> regressor(Call c) {
        Map<Long, Integer> places = places(c);
        Tensor x = wide(c);
        Tensor[] weights = weights(c, places, "target", c.attribute("n_targets", 1), x.dtype());
        Tensor scores = based(c, gathered(forest(c, places).leaves(c, x), weights, c.attribute("aggregate_function", "SUM")));
        return Call.one(ElementType.FLOAT, Scores.transformed(c.attribute("post_transform", "NONE"), scores).cast(DType.FLOAT32));
    }

    /** Outputs: the label of each example, and the scores of all. */
    private static List<Value> classifier(Call c) {
        Map<Long, Integer> places = places(c);
        Tensor x = wide(c);
        int classes = Scores.count(c, "classlabels");
        int[] ids = ints(c, "class_ids");
        Tensor[] weights = weights(c, places, "class", classes, x.dtype());
        Tensor scores = gathered(forest(c, places).leaves(c, x), weights, "SUM");
        boolean one = classes == 2 && Arrays.stream(ids).distinct().count() == 1;
        if (!one) {
            return Scores.classified(c, "classlabels", based(c, scores));
        }
        boolean positive = Arrays.stream(numbers(c, "class_weights")).allMatch(weight -> weight >= 0);
        double[] base = numbers(c, "base_values");
        Tensor score = scores.slice(1, ids[0], ids[0] + 1);
        Tensor shifted = base.length == 0 ? score : score.add(base[base.length - 1]);
        return ids[0] == 0 ? Scores.ofOne(c, "classlabels", shifted, positive ? 0.5 : 0, positive)
                : Scores.ofSecond(c, "classlabels", shifted, positive ? 0.5 : 0);
    }

    // ---- the new operator --------------------------------------------------------------------------------------------------

    /** Inner nodes and leaves have lists of their own here: leaves are laid behind the nodes. */
    private static List<Value> ensemble(Call c) {
        int[] features = ints(c, "nodes_featureids");
        int inner = features.length;
        double[] splits = doubles(c, "nodes_splits");
        double[] codes = doubles(c, "nodes_modes");
        int[] trueIds = ints(c, "nodes_truenodeids");
        int[] falseIds = ints(c, "nodes_falsenodeids");
        int[] trueLeaves = ints(c, "nodes_trueleafs");
        int[] falseLeaves = ints(c, "nodes_falseleafs");
        int[] missing = c.attributeInts("nodes_missing_value_tracks_true").orElse(new int[0]);
        int[] targets = ints(c, "leaf_targetids");
        double[] weights = doubles(c, "leaf_weights");
        int count = inner + targets.length;
        int[] modes = Arrays.copyOf(Arrays.stream(codes).mapToInt(code -> (int) code).toArray(), count);
        Arrays.fill(modes, inner, count, Forest.LEAF);
        int[] yes = IntStream.range(0, count).map(i -> i >= inner ? i : trueLeaves[i] != 0 ? inner + trueIds[i] : trueIds[i]).toArray();
        int[] no = IntStream.range(0, count).map(i -> i >= inner ? i : falseLeaves[i] != 0 ? inner + falseIds[i] : falseIds[i]).toArray();
        boolean[] unknown = new boolean[count];
        for (int i = 0; i < missing.length; i++) {
            unknown[i] = missing[i] != 0;
        }
        Map<Integer, double[]> members = members(c, modes, inner);
        Tensor x = wide(c);
        // A root that leads to one leaf both ways is that leaf.
        int[] roots = Arrays.stream(ints(c, "tree_roots")).map(root -> yes[root] == no[root] ? yes[root] : root).toArray();
        Forest forest = new Forest(roots, modes, Arrays.copyOf(features, count), Arrays.copyOf(splits, count), yes, no, unknown, members);
        int outputs = c.attribute("n_targets", 1);
        c.room((double) count * outputs, Double.BYTES);
        double[] table = new double[count * outputs];
        double[] there = new double[table.length];
        for (int i = 0; i < targets.length; i++) {
            table[(inner + i) * outputs + targets[i]] = weights[i];
            there[(inner + i) * outputs + targets[i]] = 1;
        }
        Shape shape = Shape.of(count, outputs);
        Tensor[] both = {Tensor.ofDoubles(table).cast(x.dtype()).reshape(shape), Tensor.ofDoubles(there).cast(x.dtype()).reshape(shape)};
        String aggregate = List.of("AVERAGE", "SUM", "MIN", "MAX").get(c.attribute("aggregate_function", 1));
        String transform = List.of("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT").get(c.attribute("post_transform", 0));
        return c.same(Scores.transformed(transform, gathered(forest.leaves(c, x), both, aggregate)).cast(c.tensor(0).dtype()));
    }

    /** The lists of members lie end to end, each with a NaN behind it, in the order of the nodes that ask for them. */
    private static Map<Integer, double[]> members(Call c, int[] modes, int inner) {
        Map<Integer, double[]> members = new HashMap<>();
        if (!c.hasAttribute("membership_values")) {
            return members;
        }
        double[] all = doubles(c, "membership_values");
        int from = 0;
        for (int i = 0; i < inner; i++) {
            if (modes[i] == Forest.MEMBER) {
                int to = from;
                while (to < all.length && !Double.isNaN(all[to])) {
                    to++;
                }
                members.put(i, Arrays.copyOfRange(all, from, to));
                from = to + 1;
            }
        }
        return members;
    }
}
