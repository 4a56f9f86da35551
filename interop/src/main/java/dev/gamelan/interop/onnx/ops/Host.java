package dev.gamelan.interop.onnx.ops;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.runtime.Backend;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Values that are needed while a graph is walked: what shapes depend on. A few small operations are interpreted, as
 * compiling a program would take longer than running it.
 */
public final class Host {

    private static final int MOST_NODES = 400;
    private static final long MOST_WORK = 20_000;
    private static final Backend INTERPRETER = new Reference();

    /** Values that were needed while {@link #keepingShapes shapes are kept}, by their nodes, which stay as they are. */
    private static final ScopedValue<Map<Node, Data>> KEPT = ScopedValue.newInstance();

    private Host() {}

    /**
     * Walks a graph so that what depends on shapes stays an expression, though its value is asked for: a program that is to
     * be written for all extents needs to show what it does with them.
     */
    public static <T> T keepingShapes(Supplier<T> walk) {
        return ScopedValue.where(KEPT, new IdentityHashMap<>()).call(walk::get);
    }

    static boolean keepsShapes() {
        return KEPT.isBound();
    }

    /**
     * The values.
     *
     * @throws NeedsValue if they depend on an argument of a program that is being made
     */
    static Data data(Value.Numbers value) {
        if (!isKnown(value.tensor()) && value.recorded().isPresent()) {
            return value.recorded().get();
        }
        return data(value.tensor());
    }

    public static Data data(Tensor tensor) {
        if (isKnown(tensor)) {
            return ((Op.Constant) tensor.node().op()).data();
        }
        return switch (cost(tensor.node())) {
            case UNKNOWN -> throw new NeedsValue(tensor);
            case SMALL -> interpret(tensor.node());
            case LARGE -> KEPT.isBound() ? interpret(tensor.node()) : tensor.data();
        };
    }

    static boolean isKnown(Tensor tensor) {
        return tensor.node().op() instanceof Op.Constant;
    }

    private static Data interpret(Node node) {
        if (KEPT.isBound()) {
            return KEPT.get().computeIfAbsent(node, _ -> interpreted(node));
        }
        Data data = interpreted(node);
        node.settle(data);
        return data;
    }

    private static Data interpreted(Node node) {
        return INTERPRETER.compile(Graph.of(List.of(), List.of(node))).run(List.of()).getFirst();
    }

    /**
     * Computes a tensor if that is little work.
     *
     * @param always even if it is much
     */
    public static void settle(Tensor tensor, boolean always) {
        if (isKnown(tensor) || tensor.node().op() instanceof Op.Fill || !always && KEPT.isBound()) {
            return;
        }
        switch (cost(tensor.node())) {
            case SMALL -> tensor.node().settle(interpreted(tensor.node()));
            case LARGE -> {
                if (always) {
                    tensor.eval();
                }
            }
            case UNKNOWN -> {}
        }
    }

    enum Cost {
        /** Depends on an argument of a program that is being made. */
        UNKNOWN, SMALL, LARGE
    }

    private static Cost cost(Node root) {
        Deque<Node> open = new ArrayDeque<>();
        Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        open.add(root);
        long work = 0;
        boolean large = false;
        while (!open.isEmpty()) {
            Node node = open.pop();
            if (!seen.add(node) || node.op() instanceof Op.Constant) {
                continue;
            }
            if (node.op() instanceof Op.Input) {
                return Cost.UNKNOWN;
            }
            work += node.types().stream().mapToLong(type -> type.shape().size()).sum();
            large |= node.op() instanceof Op.Program || node.op() instanceof Op.Conv || node.op() instanceof Op.MatMul;
            open.addAll(node.operands());
        }
        return large || work > MOST_WORK || seen.size() > MOST_NODES ? Cost.LARGE : Cost.SMALL;
    }

    /** The arguments of the program being made that a tensor depends on. */
    public static List<Node> arguments(Tensor tensor) {
        Deque<Node> open = new ArrayDeque<>();
        Set<Node> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Node> found = new ArrayList<>();
        open.add(tensor.node());
        while (!open.isEmpty()) {
            Node node = open.pop();
            if (seen.add(node)) {
                if (node.op() instanceof Op.Input) {
                    found.add(node);
                }
                open.addAll(node.operands());
            }
        }
        return found;
    }
}
