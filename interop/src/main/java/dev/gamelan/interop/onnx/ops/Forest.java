package dev.gamelan.interop.onnx.ops;

import dev.gamelan.shape.FormatException;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Decision trees, their nodes laid end to end. All examples go down all trees at once, one level after another: each step reads the
 * nodes where they stand, so a forest is some gathers and comparisons of the program.
 *
 * @param modes places in {@link #MODES}
 * @param yes the node that follows where the test holds; a leaf follows itself
 * @param unknownIsYes whether a value that is not a number passes the test
 * @param members for each node of mode MEMBER the numbers that pass
 */
record Forest(int[] roots, int[] modes, int[] features, double[] values, int[] yes, int[] no, boolean[] unknownIsYes,
        Map<Integer, double[]> members) {

    static final List<String> MODES = List.of("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ",
            "BRANCH_MEMBER", "LEAF");
    static final int MEMBER = 6;
    static final int LEAF = 7;

    /** The longest way from a root to a leaf. */
    int depth() {
        int depth = 0;
        int[] level = roots;
        boolean[] seen = new boolean[modes.length];
        while (level.length > 0) {
            TreeSet<Integer> next = new TreeSet<>();
            for (int node : level) {
                if (seen[node]) {
                    throw new FormatException("a node of a tree is reached twice\n  expected  trees\n  received  node " + node);
                }
                seen[node] = true;
                if (modes[node] != LEAF) {
                    next.add(yes[node]);
                    next.add(no[node]);
                }
            }
            depth += next.isEmpty() ? 0 : 1;
            level = next.stream().mapToInt(Integer::intValue).toArray();
        }
        return depth;
    }

    /** x: (examples, features) -> INT32 (examples, trees), the leaf that each example comes to. */
    Tensor leaves(Call c, Tensor x) {
        int depth = depth();
        c.steps(depth);
        Tensor at = Tensor.ofInts(roots).expandDims(0).broadcastTo(x.dim(0), roots.length);
        Tensor allFeatures = Tensor.ofInts(features);
        Tensor limits = Tensor.ofDoubles(values).cast(x.dtype());
        for (int step = depth; step > 0; step--) {
            Tensor value = x.takeAlong(1, allFeatures.take(0, at));
            Tensor passes = passes(value, at, limits.take(0, at));
            at = Tensor.ofInts(yes).take(0, at).where(passes, Tensor.ofInts(no).take(0, at));
        }
        return at;
    }

    private Tensor passes(Tensor value, Tensor at, Tensor limit) {
        int[] used = Arrays.stream(modes).filter(mode -> mode != LEAF).distinct().sorted().toArray();
        Tensor passes = value.eq(value).not();
        for (int mode : used) {
            Tensor test = test(mode, value, at, limit);
            passes = used.length == 1 ? test : test.where(Tensor.ofInts(modes).take(0, at).eq(mode), passes);
        }
        if (IntStream.range(0, unknownIsYes.length).anyMatch(i -> unknownIsYes[i])) {
            passes = passes.or(value.ne(value).and(Tensor.ofBooleans(unknownIsYes).take(0, at)));
        }
        return passes;
    }

    private Tensor test(int mode, Tensor value, Tensor at, Tensor limit) {
        return switch (mode) {
            case 0 -> value.lessEqual(limit);
            case 1 -> value.less(limit);
            case 2 -> value.greaterEqual(limit);
            case 3 -> value.greater(limit);
            case 4 -> value.eq(limit);
            case 5 -> value.ne(limit);
            default -> {
                Tensor inside = value.ne(value).and(value.eq(value));
                for (Map.Entry<Integer, double[]> each : members.entrySet()) {
                    Tensor own = value.ne(value).and(value.eq(value));
                    for (double member : each.getValue()) {
                        own = own.or(value.eq(member));
                    }
                    inside = own.where(at.eq(each.getKey()), inside);
                }
                yield inside;
            }
        };
    }
}
