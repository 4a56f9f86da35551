package dev.gamelan.nn;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Origin;
import dev.gamelan.runtime.Backend;
import dev.gamelan.shape.NonFiniteException;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/** Finds where a NaN or an infinity began: does a step again, node by node, and looks at every value. */
final class NonFinite {

    private final Graph graph;
    private final Map<Node, List<Data>> values = new IdentityHashMap<>();
    private final Map<Node, Integer> uses = new IdentityHashMap<>();
    private final Set<Node> purposes = Collections.newSetFromMap(new IdentityHashMap<>());

    private NonFinite(Graph graph) {
        this.graph = graph;
        graph.users().forEach((node, users) -> uses.put(node, users.size()));
    }

    static <S extends Tree, I extends Tree, O extends Tree> NonFiniteException diagnose(int epoch, int step, double loss, S state, I input,
            BiFunction<S, I, Stepper.Next<S, O>> function) {
        String head = (Double.isFinite(loss) ? "a gradient is not finite" : "the loss is " + loss) + " in epoch " + epoch + ", step "
                + step;
        String cause = given("the batch", input).or(() -> given("the state before the step", state)).orElseGet(() -> {
            Stepper.Next<S, O> next = Origin.recordingLines(() -> function.apply(state, input));
            return new NonFinite(Graph.of(List.of(), Trees.leaves(next).stream().map(Tensor::node).toList())).find()
                    .orElse("it does not happen again node by node: an intermediate sum may have overflowed");
        });
        return new NonFiniteException(head + "\n  " + cause + "\n  what is not finite was not taken over; try a lower learning rate,"
                + " clipNorm, or check the data");
    }

    /** Whether values are broken before anything is computed. */
    private static Optional<String> given(String what, Tree tree) {
        List<String> paths = Trees.paths(tree);
        List<Tensor> leaves = Trees.leaves(tree);
        return IntStream.range(0, paths.size()).filter(i -> !isFinite(leaves.get(i).data())).boxed().findFirst()
                .map(i -> what + " already holds " + describe(leaves.get(i).data()) + " in " + paths.get(i) + " " + leaves.get(i).shape());
    }

    private Optional<String> find() {
        for (Node node : graph.nodes()) {
            List<Data> operands = new ArrayList<>();
            for (Node operand : graph.operands(node)) {
                List<Data> known = Objects.requireNonNull(values.get(operand));
                operands.addAll(graph.op(node) instanceof Op.Get get ? List.of(known.get(get.index())) : known);
            }
            List<Data> results = graph.op(node) instanceof Op.Get ? operands : compute(node, operands);
            boolean onPurpose = graph.operands(node).stream().anyMatch(purposes::contains);
            if (isCulprit(graph.op(node), results, onPurpose)) {
                return Optional.of(report(node, operands, results));
            }
            if (!results.stream().allMatch(NonFinite::isFinite)) {
                purposes.add(node);
            }
            values.put(node, results);
            graph.operands(node).forEach(this::release);
        }
        return Optional.empty();
    }

    private void release(Node operand) {
        if (uses.merge(operand, -1, Integer::sum) == 0) {
            values.remove(operand);
        }
    }

    private List<Data> compute(Node node, List<Data> operands) {
        Op op = graph.op(node);
        if (op instanceof Op.Constant constant) {
            return List.of(constant.data());
        }
        List<Node> inputs = operands.stream().map(data -> Node.of(new Op.Input(data.type(), ""))).toList();
        Node again = Node.of(op, inputs, node.origin());
        List<Node> outputs = node.types().size() == 1 && !isTuple(op) ? List.of(again)
                : IntStream.range(0, node.types().size()).mapToObj(i -> Node.of(new Op.Get(i), again)).toList();
        Backend backend = isContraction(op) ? Backend.preferred() : new Reference();
        return backend.compile(Graph.of(inputs, outputs)).run(operands);
    }

    private static boolean isTuple(Op op) {
        return op instanceof Op.Scan || op instanceof Op.If || op instanceof Op.Call;
    }

    /** Where a loop over doubles would take too long. */
    private static boolean isContraction(Op op) {
        return op instanceof Op.MatMul || op instanceof Op.Conv || op instanceof Op.ConvInputGradient
                || op instanceof Op.ConvKernelGradient;
    }

    /**
     * Whether something went wrong here. Numbers in the program's text that are infinite, such as those of masks, are
     * there on purpose, and so are infinities that come of them; a NaN that comes of anything is not.
     */
    private static boolean isCulprit(Op op, List<Data> results, boolean onPurpose) {
        return switch (op) {
            case Op.Constant _, Op.Fill _ -> false;
            case Op.Broadcast _, Op.Reshape _, Op.Permute _, Op.Get _, Op.Cast _ ->
                    !onPurpose && !results.stream().allMatch(NonFinite::isFinite);
            default -> onPurpose ? results.stream().anyMatch(NonFinite::hasNaN) : !results.stream().allMatch(NonFinite::isFinite);
        };
    }

    private static String report(Node node, List<Data> operands, List<Data> results) {
        Data bad = results.stream().filter(data -> !isFinite(data)).findFirst().orElseThrow();
        StringBuilder text = new StringBuilder("it began in " + node.op() + " -> " + bad.type());
        if (node.origin().line() != null) {
            text.append("\n  at line   ").append(node.origin().line());
        }
        if (node.origin().layer() != null) {
            text.append("\n  in layer  ").append(node.origin().layer());
        }
        text.append("\n  result    ").append(describe(bad));
        operands.forEach(data -> text.append("\n  operand   ").append(data.type()).append(range(data)));
        return text.toString();
    }

    private static boolean isFloating(Data data) {
        return data.dtype().isFloating();
    }

    private static boolean hasNaN(Data data) {
        return isFloating(data) && IntStream.range(0, data.length()).anyMatch(i -> Double.isNaN(data.getDouble(i)));
    }

    private static boolean isFinite(Data data) {
        return !isFloating(data) || IntStream.range(0, data.length()).allMatch(i -> Double.isFinite(data.getDouble(i)));
    }

    private static String describe(Data data) {
        long nan = IntStream.range(0, data.length()).filter(i -> Double.isNaN(data.getDouble(i))).count();
        long infinite = IntStream.range(0, data.length()).filter(i -> Double.isInfinite(data.getDouble(i))).count();
        return nan + " NaN and " + infinite + " infinite of " + data.length() + " numbers";
    }

    private static String range(Data data) {
        if (data.length() == 0 || !data.dtype().isNumeric()) {
            return "";
        }
        double low = IntStream.range(0, data.length()).mapToDouble(data::getDouble).min().orElse(0);
        double high = IntStream.range(0, data.length()).mapToDouble(data::getDouble).max().orElse(0);
        return ", from " + low + " to " + high;
    }
}
