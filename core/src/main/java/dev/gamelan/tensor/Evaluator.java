package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.TraceException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Computes lazy nodes: collects what is below them, finds or compiles its program, and settles the results. */
final class Evaluator {

    /** So many nodes may wait to be computed. */
    static final int MOST_PENDING = 10_000;
    private static final int CHECK_EVERY = 1_000;

    private static final LruCache<LazyProgram.Key, LazyExecutable> PROGRAMS = new LruCache<>(512);

    private Evaluator() {}

    static Data data(Node node) {
        if (!isKnown(node)) {
            evaluate(List.of(node));
        }
        return ((Op.Constant) node.op()).data();
    }

    static boolean isKnown(Node node) {
        return node.op() instanceof Op.Constant;
    }

    /**
     * Settles these nodes.
     *
     * @throws TraceException if one depends on an argument of a function that is being traced
     */
    static void evaluate(List<Node> roots) {
        List<Node> pending = new ArrayList<>();
        for (Node root : roots) {
            if (root.op() instanceof Op.Fill fill) {
                root.settle(filled(fill.type(), fill.value()));
            } else if (!isKnown(root)) {
                pending.add(root);
            }
        }
        if (!pending.isEmpty()) {
            run(LazyProgram.of(pending));
        }
    }

    private static void run(LazyProgram program) {
        LazyExecutable executable = PROGRAMS.get(program.key())
                .orElseGet(() -> PROGRAMS.putIfAbsent(program.key(), new LazyExecutable(program.graph())));
        List<Data> results = executable.run(program.leaves());
        List<Node> kept = program.outputs();
        for (int i = 0; i < kept.size(); i++) {
            kept.get(i).settle(results.get(i));
        }
        program.noteComputed();
    }

    static Data filled(Type type, Number value) {
        Object array = type.dtype().newArray(type.shape().length());
        if (Double.doubleToRawLongBits(value.doubleValue()) == 0) {
            return new Data(type, array);
        }
        switch (array) {
            case float[] floats -> Arrays.fill(floats, value.floatValue());
            case double[] doubles -> Arrays.fill(doubles, value.doubleValue());
            case int[] ints -> Arrays.fill(ints, value.intValue());
            case long[] longs -> Arrays.fill(longs, value.longValue());
            default -> fillSlowly(type, array, value);
        }
        return new Data(type, array);
    }

    private static void fillSlowly(Type type, Object array, Number value) {
        for (int i = 0; i < type.shape().length(); i++) {
            if (value instanceof Long number) {
                Scalars.setLong(type.dtype(), array, i, number);
            } else {
                Scalars.setDouble(type.dtype(), array, i, value.doubleValue());
            }
        }
    }

    /** Called for each tensor that is made: an expression that grows without being read is computed now and then. */
    static void noticeGrowth(Node node) {
        if (Trace.everyNth(CHECK_EVERY) && isTooLarge(node)) {
            evaluate(List.of(node));
        }
    }

    private static boolean isTooLarge(Node node) {
        Walk walk = Walk.below(List.of(node), Evaluator::isKnown, MOST_PENDING);
        return walk.visited() >= MOST_PENDING && !LazyProgram.isTraced(node);
    }
}
