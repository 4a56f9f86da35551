package dev.gamelan.oracle;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Random programs over all operations and types, with values. A step that would make a value chaotic or huge is taken
 * back, so that every node of a program can be compared.
 */
final class RandomGraphs {

    /** A program with values for its inputs. */
    record Program(Graph graph, List<Data> inputs) {}

    private static final int[] EXTENTS = {1, 1, 2, 2, 3, 3, 4, 5, 7, 8, 11, 13, 16, 17, 19, 32, 33, 67};
    private static final double HUGE = 1000;

    private final Random random;
    private final Trials trials;
    private final List<Node> pool = new ArrayList<>();
    private final List<Node> inputs = new ArrayList<>();
    private final List<Data> values = new ArrayList<>();
    private final int largest;
    private final boolean wild;

    private RandomGraphs(long seed) {
        this.random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
        this.trials = new Trials(seed);
        this.largest = random.nextInt(7) == 0 ? 60_000 : 1500;
        this.wild = random.nextInt(12) == 0;
    }

    /** A program; equal for equal seeds. */
    static Program generate(long seed) {
        return new RandomGraphs(seed).program();
    }

    private Program program() {
        int starts = random.nextInt(1, 4);
        for (int i = 0; i < starts; i++) {
            input(dtype(), shape(random.nextInt(5)));
        }
        int steps = random.nextInt(2, 25);
        RandomOps ops = new RandomOps(this);
        for (int attempts = 0; attempts < 4 * steps && pool.size() < inputs.size() + steps; attempts++) {
            attempt(ops);
        }
        return new Program(Graph.of(inputs, outputs()), List.copyOf(values));
    }

    /** The values that nobody uses, and some others. */
    private List<Node> outputs() {
        Set<Node> outputs = new LinkedHashSet<>();
        Set<Node> used = new LinkedHashSet<>();
        pool.forEach(node -> used.addAll(Graph.of(List.of(), List.of(node)).nodes().stream().filter(n -> n != node).toList()));
        pool.stream().filter(node -> !used.contains(node)).limit(5).forEach(outputs::add);
        for (int i = random.nextInt(3); i > 0 || outputs.isEmpty(); i--) {
            outputs.add(pool.get(random.nextInt(pool.size())));
        }
        List<Node> list = new ArrayList<>(outputs);
        Collections.shuffle(list, random);
        return list;
    }

    private void attempt(RandomOps ops) {
        int inputsBefore = inputs.size();
        List<Node> made;
        try {
            made = ops.next();
            for (Node node : Graph.of(List.of(), made).nodes()) {
                if (!trials.contains(node)) {
                    checkSize(node);
                    trials.add(node);
                    check(node);
                }
            }
        } catch (Unfit | GamelanException | ArithmeticException e) {
            while (inputs.size() > inputsBefore) {
                pool.remove(inputs.removeLast());
                values.removeLast();
            }
            return;
        }
        made.stream().filter(node -> !pool.contains(node)).forEach(pool::add);
    }

    /**
     * Before anything is computed: two long vectors make a matrix that no memory holds.
     *
     * @throws Unfit if the value would be huge
     */
    private void checkSize(Node node) {
        if (node.types().stream().anyMatch(type -> type.shape().size() > 4L * largest)) {
            throw new Unfit();
        }
    }

    /** @throws Unfit if the value cannot be compared or leads nowhere */
    private void check(Node node) {
        if (node.op() instanceof Op.Program) {
            return;
        }
        Data value = trials.value(node);
        boolean fraction = value.dtype().isFloating();
        if (fraction && Trials.largest(value) > HUGE || !wild && fraction && !isFinite(value) || hangsOnTheSignOfZero(node)
                || !trials.isStable(node)) {
            throw new Unfit();
        }
    }

    private static boolean isFinite(Data value) {
        for (int i = 0; i < value.length(); i++) {
            if (!Double.isFinite(value.getDouble(i))) {
                return false;
            }
        }
        return true;
    }

    /** Backends may lose the sign of a zero, which must not turn inf into -inf. */
    private boolean hangsOnTheSignOfZero(Node node) {
        if (node.op() instanceof Op.Unary(Op.UnaryKind kind)) {
            return kind == Op.UnaryKind.RSQRT && hasZero(node.operand(0));
        }
        if (node.op() instanceof Op.Binary(Op.BinaryKind kind) && node.dtype().isFloating()) {
            return switch (kind) {
                case DIV, REM -> hasZero(node.operand(1));
                case POW -> hasZero(node.operand(0));
                case ATAN2 -> hasZero(node.operand(0)) || hasZero(node.operand(1));
                case ADD, SUB, MUL, MAX, MIN, AND, OR, XOR, SHL, SHR, USHR -> false;
            };
        }
        return false;
    }

    private boolean hasZero(Node node) {
        Data value = trials.value(node);
        for (int i = 0; i < value.length(); i++) {
            if (value.getDouble(i) == 0) {
                return true;
            }
        }
        return false;
    }

    // ---- what operations are made from ---------------------------------------------------------------------------

    /** Thrown where a step is not possible. */
    static final class Unfit extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unfit() {
            super(null, null, false, false);
        }
    }

    Random random() {
        return random;
    }

    /** A value from the pool, of late ones rather, or a new input. */
    Node pick(Predicate<Node> predicate, DType fallback, int minRank) {
        return find(predicate).orElseGet(() -> input(fallback, shape(random.nextInt(minRank, minRank + 3))));
    }

    Optional<Node> find(Predicate<Node> predicate) {
        List<Node> fitting = pool.stream().filter(predicate).toList();
        if (fitting.isEmpty()) {
            return Optional.empty();
        }
        int late = Math.max(random.nextInt(fitting.size()), random.nextInt(fitting.size()));
        return Optional.of(fitting.get(late));
    }

    Node floating() {
        return pick(node -> node.dtype().isFloating(), floatingDType(), 0);
    }

    Node floating(int minRank) {
        return pick(node -> node.dtype().isFloating() && node.shape().rank() >= minRank, floatingDType(), minRank);
    }

    DType floatingDType() {
        return random.nextInt(4) == 0 ? DType.FLOAT64 : DType.FLOAT32;
    }

    DType dtype() {
        DType[] all = DType.values();
        return random.nextInt(3) > 0 ? floatingDType() : all[random.nextInt(all.length)];
    }

    Shape shape(int rank) {
        int[] dims = new int[rank];
        long size = 1;
        for (int i = 0; i < rank; i++) {
            int dim = largest > 2000 && random.nextBoolean() ? random.nextInt(1, 400) : EXTENTS[random.nextInt(EXTENTS.length)];
            dims[i] = random.nextInt(40) == 0 ? 0 : size * dim > largest ? 1 : dim;
            size *= Math.max(1, dims[i]);
        }
        return Shape.of(dims);
    }

    int extent() {
        return EXTENTS[random.nextInt(EXTENTS.length)];
    }

    Node input(DType dtype, Shape shape) {
        return input(new Type(dtype, shape), domain(dtype));
    }

    Node input(Type type, Domain domain) {
        if (type.shape().size() > largest) {
            throw new Unfit();
        }
        Node node = Ops.input(type, "x" + inputs.size());
        Data value = domain.sample(type, random);
        trials.addInput(node, value);
        inputs.add(node);
        values.add(value);
        pool.add(node);
        return node;
    }

    private Domain domain(DType dtype) {
        return switch (dtype) {
            case FLOAT32, FLOAT64 ->
                    List.of(Domain.MEDIUM, Domain.MEDIUM, Domain.AWAY_FROM_ZERO, Domain.POSITIVE, Domain.UNIT, wild ? Domain.TIES
                            : Domain.SMALL).get(random.nextInt(6));
            case FLOAT16, BFLOAT16 -> Domain.MEDIUM;
            case INT8, UINT8, INT32, INT64, BOOL -> random.nextBoolean() ? Domain.ANY : Domain.uniform("small whole", -5, 20);
        };
    }
}
