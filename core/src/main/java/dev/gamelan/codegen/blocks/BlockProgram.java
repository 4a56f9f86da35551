package dev.gamelan.codegen.blocks;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Checks;
import dev.gamelan.runtime.Executable;
import dev.gamelan.runtime.Pool;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Independent outputs, each computed element by element, such as the random numbers that the parameters of a model begin with. */
public final class BlockProgram implements Executable {

    private static final int BLOCKS_OF_TASK = 8;
    private static final int TASK = BLOCKS_OF_TASK * Recipe.BLOCK;

    private final List<Type> inputTypes;
    private final List<Recipe> recipes;
    /** The first task of each recipe, and the number of all tasks. */
    private final int[] firstTask;
    private final Pool pool;

    private BlockProgram(List<Type> inputTypes, List<Recipe> recipes, Pool pool) {
        this.inputTypes = inputTypes;
        this.recipes = recipes;
        this.pool = pool;
        this.firstTask = new int[recipes.size() + 1];
        for (int i = 0; i < recipes.size(); i++) {
            firstTask[i + 1] = Math.addExact(firstTask[i], Math.ceilDiv(recipes.get(i).type().shape().length(), TASK));
        }
    }

    /** The program of a graph, if there are loops for all of it and no two outputs need the same work. */
    public static Optional<BlockProgram> of(Graph graph, Pool pool) {
        Map<Node, Integer> inputs = new IdentityHashMap<>();
        for (int i = 0; i < graph.inputs().size(); i++) {
            inputs.put(graph.inputs().get(i), i);
        }
        Set<Node> used = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Recipe> recipes = new ArrayList<>();
        for (Node output : graph.outputs()) {
            Optional<Recipe> recipe = below(graph, output, used).flatMap(order -> RecipeBuilder.recipe(graph, inputs, order));
            if (recipe.isEmpty()) {
                return Optional.empty();
            }
            recipes.add(recipe.get());
        }
        return Optional.of(new BlockProgram(graph.inputs().stream().map(Node::type).toList(), List.copyOf(recipes), pool));
    }

    /** What an output needs, operands first; nothing if another output needs some of it too. */
    private static Optional<List<Node>> below(Graph graph, Node output, Set<Node> used) {
        List<Node> order = new ArrayList<>();
        Set<Node> done = Collections.newSetFromMap(new IdentityHashMap<>());
        Deque<Node> stack = new ArrayDeque<>();
        stack.push(output);
        while (!stack.isEmpty()) {
            Node node = stack.peek();
            List<Node> operands = graph.operands(node);
            operands.stream().filter(operand -> !done.contains(operand)).forEach(stack::push);
            if (stack.peek() == node) {
                stack.pop();
                if (done.add(node)) {
                    order.add(node);
                    boolean costs = !operands.isEmpty() && !(graph.op(node) instanceof Op.Broadcast);
                    if (costs && !used.add(node)) {
                        return Optional.empty();
                    }
                }
            }
        }
        return Optional.of(order);
    }

    /** Elements of all outputs. */
    public long elements() {
        return recipes.stream().mapToLong(recipe -> recipe.type().shape().length()).sum();
    }

    @Override
    public List<Data> run(List<Data> inputs) {
        Checks.inputs(inputTypes, inputs);
        List<Data> outputs = new ArrayList<>(recipes.size());
        for (Recipe recipe : recipes) {
            outputs.add(new Data(recipe.type(), recipe.type().dtype().newArray(recipe.type().shape().length())));
        }
        Run run = new Run(inputs.stream().map(Data::inMemory).toList(), outputs);
        pool.run(firstTask[recipes.size()], run::task);
        return outputs;
    }

    private final class Run {
        private final List<Data> inputs;
        private final List<Data> outputs;
        /** Of each thread: registers, and the recipe that they are for. */
        private final Object[] @Nullable [] registers = new Object[pool.workers()][];
        private final int[] current = new int[pool.workers()];

        Run(List<Data> inputs, List<Data> outputs) {
            this.inputs = inputs;
            this.outputs = outputs;
        }

        void task(int task, int worker) {
            int number = recipeOf(task);
            Recipe recipe = recipes.get(number);
            Object[] mine = registers[worker];
            if (mine == null || current[worker] != number) {
                mine = recipe.newRegisters(inputs);
                registers[worker] = mine;
                current[worker] = number;
            }
            int from = (task - firstTask[number]) * TASK;
            recipe.run(inputs, mine, outputs.get(number), from, Math.min(recipe.type().shape().length(), from + TASK));
        }

        private int recipeOf(int task) {
            int low = 0;
            int high = recipes.size() - 1;
            while (low < high) {
                int middle = (low + high + 1) >>> 1;
                if (firstTask[middle] <= task) {
                    low = middle;
                } else {
                    high = middle - 1;
                }
            }
            return low;
        }
    }
}
