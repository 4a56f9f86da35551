package dev.gamelan.codegen.blocks;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Finds the {@link Recipe} of one output, if there are loops for all that it needs. */
final class RecipeBuilder {

    /** The types that there are loops for. */
    private static final Set<DType> TYPES = Set.of(DType.FLOAT32, DType.INT32, DType.BOOL);

    private final Graph graph;
    private final Type type;
    private final Map<Node, Integer> inputs;
    private final Map<Node, Operand> operands = new IdentityHashMap<>();
    private final Map<Node, Integer> usesLeft = new IdentityHashMap<>();
    private final Map<DType, Deque<Integer>> free = new EnumMap<>(DType.class);
    private final List<DType> registers = new ArrayList<>();
    private final List<Recipe.Number> numbers = new ArrayList<>();
    private final List<Action> actions = new ArrayList<>();

    /** Where the values of a node are: a register, or a number of which there is one for all elements. */
    private record Operand(DType dtype, int place, boolean isNumber) {}

    /** A step whose numbers are not placed behind the registers yet. */
    @FunctionalInterface
    private interface Action {
        Recipe.Step placed(int registerCount);
    }

    private RecipeBuilder(Graph graph, Type type, Map<Node, Integer> inputs) {
        this.graph = graph;
        this.type = type;
        this.inputs = inputs;
    }

    /**
     * @param inputs the number of each input
     * @param order  what the output needs, operands first; the output is the last
     */
    static Optional<Recipe> recipe(Graph graph, Map<Node, Integer> inputs, List<Node> order) {
        Node root = order.getLast();
        RecipeBuilder builder = new RecipeBuilder(graph, root.type(), inputs);
        for (Node node : order) {
            graph.operands(node).forEach(operand -> builder.usesLeft.merge(operand, 1, Integer::sum));
        }
        for (Node node : order) {
            if (!builder.add(node)) {
                return Optional.empty();
            }
        }
        return builder.finish(root);
    }

    private Optional<Recipe> finish(Node root) {
        Operand result = operands.get(root);
        if (result == null || result.isNumber) {
            return Optional.empty();
        }
        List<Recipe.Step> steps = actions.stream().map(action -> action.placed(registers.size())).toList();
        return Optional.of(new Recipe(type, List.copyOf(registers), List.copyOf(numbers), steps, result.place));
    }

    private boolean add(Node node) {
        Op op = graph.op(node);
        return switch (op) {
            case Op.Fill fill -> TYPES.contains(fill.type().dtype()) && number(node, new Recipe.Number.Known(array(fill)));
            case Op.Input _ -> input(node);
            case Op.Broadcast _ -> stretched(node);
            case Op.RandomBits _ -> random(node);
            case Op.Barrier _ -> renamed(node);
            case Op.Unary _, Op.Binary _, Op.Compare _, Op.Select _, Op.Cast _ -> node.type().shape().equals(type.shape()) && loop(node, op);
            default -> false;
        };
    }

    private static Object array(Op.Fill fill) {
        DType dtype = fill.type().dtype();
        Object array = dtype.newArray(1);
        if (fill.value() instanceof Long number) {
            Scalars.setLong(dtype, array, 0, number);
        } else {
            Scalars.setDouble(dtype, array, 0, fill.value().doubleValue());
        }
        return array;
    }

    private boolean number(Node node, Recipe.Number number) {
        numbers.add(number);
        operands.put(node, new Operand(node.type().dtype(), numbers.size() - 1, true));
        return true;
    }

    private boolean input(Node node) {
        int input = Objects.requireNonNull(inputs.get(node));
        if (!TYPES.contains(node.type().dtype())) {
            return false;
        } else if (node.type().shape().rank() == 0) {
            return number(node, new Recipe.Number.Given(input));
        } else if (!node.type().shape().equals(type.shape())) {
            // Only as the key of random numbers, which finds it by itself.
            return true;
        }
        int to = register(node);
        actions.add(_ -> (given, values, from, n) -> System.arraycopy(given.get(input).array(), from, values[to], 0, n));
        return true;
    }

    private boolean stretched(Node node) {
        Operand operand = operands.get(graph.operands(node).getFirst());
        if (operand == null || !operand.isNumber) {
            return false;
        }
        operands.put(node, operand);
        return true;
    }

    /** The same values; a register stays that of the operand, which is not freed. */
    private boolean renamed(Node node) {
        Node from = graph.operands(node).getFirst();
        Operand operand = operands.get(from);
        if (operand == null || !operand.isNumber && usesLeft.getOrDefault(from, 0) > 1) {
            return false;
        }
        operands.put(node, operand);
        return true;
    }

    private boolean random(Node node) {
        Integer key = inputs.get(graph.operands(node).getFirst());
        if (key == null || !node.type().shape().equals(type.shape())) {
            return false;
        }
        int to = register(node);
        int scratch = newRegister(DType.INT32);
        actions.add(_ -> (given, values, from, n) -> {
            int[] words = (int[]) given.get(key).array();
            Threefry.fill(words[0], words[1], from, n, (int[]) values[to], (int[]) values[scratch]);
        });
        free(DType.INT32, scratch);
        return true;
    }

    private boolean loop(Node node, Op op) {
        List<Operand> in = new ArrayList<>();
        for (Node operand : graph.operands(node)) {
            Operand found = operands.get(operand);
            if (found == null) {
                return false;
            }
            in.add(found);
        }
        DType dtype = in.getLast().dtype;
        if (op instanceof Op.Cast) {
            return dtype == DType.INT32 && node.type().dtype() == DType.FLOAT32 && emit(node, Loop.toFloats(), blocks(in));
        }
        if (dtype == DType.FLOAT32 && in.size() == 2) {
            Optional<Loop> withNumber = in.get(1).isNumber && !in.get(0).isNumber ? Loop.ofFloatsAndNumber(op)
                    : in.get(0).isNumber && !in.get(1).isNumber ? Loop.ofNumberAndFloats(op) : Optional.empty();
            if (withNumber.isPresent()) {
                return emit(node, withNumber.get(), in);
            }
        }
        Optional<Loop> loop = dtype == DType.FLOAT32 ? Loop.ofFloats(op) : dtype == DType.INT32 ? Loop.ofInts(op) : Optional.empty();
        return loop.isPresent() && emit(node, loop.get(), blocks(in));
    }

    /** Operands of which each is a block; a number is written into one of its own. */
    private List<Operand> blocks(List<Operand> in) {
        return in.stream().map(operand -> operand.isNumber ? filled(operand) : operand).toList();
    }

    private Operand filled(Operand number) {
        int to = newRegister(number.dtype);
        actions.add(count -> (_, values, _, n) -> Recipe.fill(values[count + number.place], values[to], n));
        return new Operand(number.dtype, to, false);
    }

    private boolean emit(Node node, Loop loop, List<Operand> in) {
        release(node, in);
        int to = register(node);
        Operand first = in.getFirst();
        Operand second = in.size() > 1 ? in.get(1) : new Operand(first.dtype, newRegister(first.dtype), false);
        Operand third = in.size() > 2 ? in.get(2) : new Operand(first.dtype, newRegister(first.dtype), false);
        Loop cold = ColdLoop.of(loop);
        actions.add(count -> {
            int a = place(first, count);
            int b = place(second, count);
            int c = place(third, count);
            return (_, values, _, n) -> cold.run(values[a], values[b], values[c], values[to], 0, n);
        });
        if (in.size() < 2) {
            free(second.dtype, second.place);
        }
        if (in.size() < 3) {
            free(third.dtype, third.place);
        }
        return true;
    }

    private static int place(Operand operand, int registerCount) {
        return operand.isNumber ? registerCount + operand.place : operand.place;
    }

    // ---- registers -----------------------------------------------------------------------------------------------

    private int register(Node node) {
        int place = newRegister(node.type().dtype());
        operands.put(node, new Operand(node.type().dtype(), place, false));
        return place;
    }

    private int newRegister(DType dtype) {
        Deque<Integer> unused = free.computeIfAbsent(dtype, _ -> new ArrayDeque<>());
        if (!unused.isEmpty()) {
            return unused.pop();
        }
        registers.add(dtype);
        return registers.size() - 1;
    }

    private void free(DType dtype, int place) {
        free.computeIfAbsent(dtype, _ -> new ArrayDeque<>()).push(place);
    }

    /** Frees what no later step reads: operands with no other use, and blocks that were filled for this one. */
    private void release(Node node, List<Operand> in) {
        List<Node> operandNodes = graph.operands(node);
        for (int i = 0; i < in.size(); i++) {
            int left = usesLeft.merge(operandNodes.get(i), -1, Integer::sum);
            Operand operand = in.get(i);
            boolean wasFilled = !operand.isNumber && Objects.requireNonNull(operands.get(operandNodes.get(i))).isNumber;
            if (!operand.isNumber && (left == 0 || wasFilled)) {
                free(operand.dtype, operand.place);
            }
        }
    }
}
