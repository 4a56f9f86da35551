package dev.gamelan.oracle;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Values of the nodes of a program, each computed several times: once as it is, and then with every rounding replaced
 * by noise that is larger than the rounding errors of any sane kernel. How far the noisy values lie from the true one
 * says how near another backend's value has to be, and that a value is chaotic (the sign of a cancelled difference,
 * the winner among near equals) and says nothing at all. (Stochastic arithmetic, after Vignes' CESTAC, 1974.)
 */
final class Trials {

    private static final int NOISY = 4;

    private final Random random;
    private final Map<Node, List<List<Data>>> variants = new IdentityHashMap<>();
    private final Map<Node, Boolean> exact = new IdentityHashMap<>();

    Trials(long seed) {
        this.random = new Random(seed);
    }

    /** All nodes of a program. */
    static Trials of(Graph graph, List<Data> inputs, long seed) {
        Trials trials = new Trials(seed);
        for (int i = 0; i < inputs.size(); i++) {
            trials.addInput(graph.inputs().get(i), inputs.get(i));
        }
        for (Node node : graph.nodes()) {
            if (!trials.contains(node)) {
                trials.add(node);
            }
        }
        return trials;
    }

    boolean contains(Node node) {
        return variants.containsKey(node);
    }

    void addInput(Node input, Data value) {
        exact.put(input, true);
        variants.put(input, Collections.nCopies(NOISY + 1, List.of(value)));
    }

    /** Computes a node whose operands are there already. Fails as the reference does. */
    void add(Node node) {
        boolean isExact = node.operands().stream().allMatch(exact::get) && Rounding.isExact(node);
        List<List<Data>> results = new ArrayList<>();
        for (int variant = 0; variant <= NOISY; variant++) {
            boolean isOpen = variant == 1 && Rounding.isOpen(node.op(), operands(node));
            boolean computed = variant == 0 || !node.operands().stream().allMatch(exact::get);
            List<Data> values = computed ? evaluate(node, variant) : results.getFirst();
            results.add(isOpen ? results.getFirst().stream().map(Trials::undefined).toList() : variant == 0 || isExact ? values
                    : values.stream().map(value -> disturb(node, value)).toList());
        }
        exact.put(node, isExact);
        variants.put(node, results);
    }

    private List<Data> operands(Node node) {
        boolean tuple = node.op() instanceof Op.Get;
        return tuple ? List.of() : node.operands().stream().map(this::value).toList();
    }

    private static Data undefined(Data value) {
        Object array = value.dtype().newArray(value.length());
        for (int i = 0; i < value.length(); i++) {
            Scalars.setDouble(value.dtype(), array, i, Double.NaN);
        }
        return new Data(value.type(), array);
    }

    private List<Data> evaluate(Node node, int variant) {
        if (node.op() instanceof Op.Get get) {
            return List.of(variants.get(node.operand(0)).get(variant).get(get.index()));
        }
        List<Node> inputs = node.operands().stream().map(operand -> Ops.input(operand.type(), "")).toList();
        List<Data> values = node.operands().stream().map(operand -> variants.get(operand).get(variant).getFirst()).toList();
        Node copy = Node.of(node.op(), inputs, node.origin());
        return Reference.values(Graph.of(inputs, List.of(copy)), values).get(copy);
    }

    private Data disturb(Node node, Data value) {
        DType dtype = value.dtype();
        double unit = Rounding.noise(node, dtype, node.operands().stream().allMatch(exact::get));
        if (unit == 0) {
            return value;
        }
        double everywhere = Rounding.isAccumulation(node.op()) ? largest(value) : 0;
        Object array = dtype.newArray(value.length());
        for (int i = 0; i < value.length(); i++) {
            double x = value.getDouble(i);
            Scalars.setDouble(dtype, array, i, x + random.nextDouble(-1, 1) * unit * Math.max(Math.abs(x), everywhere));
        }
        return new Data(value.type(), array);
    }

    /** The value as it is. */
    Data value(Node node) {
        return variants.get(node).getFirst().getFirst();
    }

    /** Whether every correct backend computes the same numbers. */
    boolean isExact(Node node) {
        return exact.get(node);
    }

    /** Whether the value can be compared at all. */
    boolean isStable(Node node) {
        return Double.isFinite(tolerance(node));
    }

    /** How far another backend's numbers may lie from the value's: infinite if the value is chaotic. */
    double tolerance(Node node) {
        Data value = value(node);
        DType dtype = value.dtype();
        boolean fraction = dtype.isFloating() || dtype.isStorageOnly();
        double spread = 0;
        for (List<Data> variant : variants.get(node)) {
            spread = Math.max(spread, distance(value, variant.getFirst()));
        }
        if (!fraction || isExact(node)) {
            return spread == 0 ? 0 : Double.POSITIVE_INFINITY;
        }
        double largest = largest(value);
        if (spread > 0.02 * largest + 1e-9) {
            return Double.POSITIVE_INFINITY;
        }
        return 4 * spread + Rounding.unit(dtype) * Math.max(largest, largestOperand(node)) + 1e-30;
    }

    /** What an addition cancels leaves errors of the size of its operands, and there may be one in the body of a program. */
    private double largestOperand(Node result) {
        Node node = result.op() instanceof Op.Get ? result.operand(0) : result;
        boolean cancels = node.op() instanceof Op.Program
                || node.op() instanceof Op.Binary(Op.BinaryKind kind) && (kind == Op.BinaryKind.ADD || kind == Op.BinaryKind.SUB);
        return cancels ? node.operands().stream().mapToDouble(operand -> largest(value(operand))).max().orElse(0) : 0;
    }

    /** The largest difference of two elements; infinite where only one is finite, 0 where neither is and they agree. */
    private static double distance(Data a, Data b) {
        double distance = 0;
        for (int i = 0; i < a.length(); i++) {
            double x = a.getDouble(i);
            double y = b.getDouble(i);
            if (x != y && !(Double.isNaN(x) && Double.isNaN(y))) {
                double d = Math.abs(x - y);
                distance = Math.max(distance, Double.isNaN(d) ? Double.POSITIVE_INFINITY : d);
            } else if (a.dtype() == DType.INT64 && a.getLong(i) != b.getLong(i)) {
                return Double.POSITIVE_INFINITY;
            }
        }
        return distance;
    }

    /** The largest finite magnitude. */
    static double largest(Data x) {
        double largest = 0;
        for (int i = 0; i < x.length(); i++) {
            double value = Math.abs(x.getDouble(i));
            largest = Double.isFinite(value) ? Math.max(largest, value) : largest;
        }
        return largest;
    }

    /** The first element that is too far away, in words; empty if there is none. */
    Optional<String> difference(Node node, Data actual) {
        Data expected = value(node);
        Type type = expected.type();
        if (!type.equals(actual.type())) {
            return Optional.of("expected the type " + type + ", received " + actual.type());
        }
        double tolerance = tolerance(node);
        for (int i = 0; i < expected.length() && Double.isFinite(tolerance); i++) {
            double e = expected.getDouble(i);
            double a = actual.getDouble(i);
            boolean equal = type.dtype() == DType.INT64 ? expected.getLong(i) == actual.getLong(i)
                    : e == a || Double.isNaN(e) && Double.isNaN(a);
            if (!equal && !(Math.abs(e - a) <= tolerance)) {
                return Optional.of("element " + i + " of " + type + ": expected " + Exactness.text(expected, i) + ", received "
                        + Exactness.text(actual, i) + ", tolerance " + tolerance);
            }
        }
        return Optional.empty();
    }
}
