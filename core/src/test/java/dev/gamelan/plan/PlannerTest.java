package dev.gamelan.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.kernel.Lowering;
import dev.gamelan.kernel.Schedule;
import dev.gamelan.kernel.Step;
import dev.gamelan.kernel.Target;
import dev.gamelan.pass.Passes;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class PlannerTest {

    private static final Type MATRIX = new Type(DType.FLOAT32, Shape.of(32, 32));

    private static Schedule schedule(int donated, List<Node> inputs, List<Node> outputs) {
        return Lowering.lower(Passes.optimize(Graph.of(inputs, outputs)), donated, new Target(90));
    }

    @Test
    void aLongChainNeedsNoMoreThanTwoBuffers() {
        Node x = Ops.input(MATRIX, "x");
        Node y = x;
        for (int i = 0; i < 20; i++) {
            y = Ops.unary(Op.UnaryKind.TANH, Ops.matmul(y, x));
        }
        MemoryPlan plan = Planner.plan(schedule(0, List.of(x), List.of(y)));
        assertTrue(plan.arenaBytes() <= 3L * 32 * 32 * 4, () -> plan.arenaBytes() + " bytes");
    }

    @Test
    void anUpdateHappensInPlace() {
        Node weight = Ops.input(MATRIX, "weight");
        Node gradient = Ops.input(MATRIX, "gradient");
        Schedule schedule = schedule(1, List.of(weight, gradient), List.of(Ops.sub(weight, Ops.mul(gradient, 0.1))));
        MemoryPlan plan = Planner.plan(schedule);
        assertEquals(List.of(), plan.copies());
        assertEquals(new Place(Place.Kind.INPUT, 0, 0), plan.places().get(schedule.graph().outputs().getFirst()));
    }

    /** The gradient of a weight needs what comes into its layer and what comes back to it; when it is known, neither is needed any more. */
    @Test
    void theWayBackKeepsNoMoreThanTheWayThere() {
        int depth = 12;
        Node x = Ops.input(new Type(DType.FLOAT32, Shape.of(256, 32)), "x");
        List<Node> weights = IntStream.range(0, depth).mapToObj(i -> Ops.input(MATRIX, "weight " + i)).toList();
        List<Node> values = new ArrayList<>(List.of(x));
        weights.forEach(weight -> values.add(Ops.unary(Op.UnaryKind.TANH, Ops.matmul(values.getLast(), weight))));
        List<Node> updated = new ArrayList<>();
        Node back = values.getLast();
        for (int i = depth - 1; i >= 0; i--) {
            Node changed = Ops.mul(back, values.get(i + 1));
            Node gradient = Ops.matmul(Ops.transpose(values.get(i)), changed);
            updated.addFirst(Ops.sub(weights.get(i), Ops.mul(gradient, 0.1)));
            back = Ops.matmul(changed, Ops.transpose(weights.get(i)));
        }
        List<Node> inputs = new ArrayList<>(weights);
        inputs.add(x);
        MemoryPlan plan = Planner.plan(schedule(depth, inputs, updated));
        assertTrue(plan.arenaBytes() <= (depth + 3L) * x.shape().size() * 4, () -> plan.arenaBytes() + " bytes");
    }

    @Test
    void slicesAreAddedInPlaceUnlessTheBufferIsAlsoWhatIsAdded() {
        Node table = Ops.input(MATRIX, "table");
        Node rows = Ops.input(new Type(DType.INT32, Shape.of(32)), "rows");
        Node updates = Ops.input(MATRIX, "updates");
        Node added = Node.of(new Op.ScatterAdd(0), table, rows, updates);
        Schedule schedule = schedule(1, List.of(table, rows, updates), List.of(added, Ops.matmul(added, updates)));
        MemoryPlan plan = Planner.plan(schedule);
        assertEquals(List.of(), plan.copies());
        assertEquals(new Place(Place.Kind.INPUT, 0, 0), plan.places().get(added));
        Node doubled = Node.of(new Op.ScatterAdd(0), table, rows, table);
        assertEquals(1, Planner.plan(schedule(1, List.of(table, rows), List.of(doubled))).copies().size());
        Node late = Ops.matmul(added, table);
        assertEquals(1, Planner.plan(schedule(1, List.of(table, rows, updates), List.of(added, late))).copies().size());
    }

    @Test
    void anUpdateThatReadsItsNeighborsIsCopiedAtTheEnd() {
        Node weight = Ops.input(MATRIX, "weight");
        Schedule schedule = schedule(1, List.of(weight), List.of(Ops.matmul(weight, weight)));
        assertEquals(1, Planner.plan(schedule).copies().size());
        Schedule transposed = schedule(1, List.of(weight), List.of(Ops.mul(Ops.transpose(weight), 2)));
        assertEquals(1, Planner.plan(transposed).copies().size());
    }

    /** Buffers that are alive at the same time never overlap, unless one is written just as the other is read. */
    @Test
    void liveBuffersDoNotOverlap() {
        Node x = Ops.input(MATRIX, "x");
        List<Node> values = new ArrayList<>(List.of(x));
        Random random = new Random(3);
        for (int i = 0; i < 40; i++) {
            Node a = values.get(random.nextInt(values.size()));
            Node b = values.get(random.nextInt(values.size()));
            values.add(switch (random.nextInt(4)) {
                case 0 -> Ops.matmul(a, b);
                case 1 -> Ops.add(a, Ops.transpose(b));
                case 2 -> Ops.unary(Op.UnaryKind.TANH, a);
                default -> Ops.sub(a, Ops.reshape(Ops.sum(b, 1), Shape.of(32, 1)));
            });
        }
        Schedule schedule = schedule(0, List.of(x), List.of(values.getLast(), values.get(20)));
        MemoryPlan plan = Planner.plan(schedule);
        Map<Node, int[]> lives = lives(schedule);
        List<Node> pooled = lives.keySet().stream().filter(node -> plan.places().get(node).kind() == Place.Kind.ARENA).toList();
        assertTrue(pooled.size() > 5);
        for (Node a : pooled) {
            for (Node b : pooled) {
                boolean together = a != b && lives.get(a)[0] < lives.get(b)[1] && lives.get(b)[0] < lives.get(a)[1];
                assertTrue(!together || apart(plan, a, b), () -> a + " and " + b);
            }
        }
    }

    private static boolean apart(MemoryPlan plan, Node a, Node b) {
        int first = plan.places().get(a).offset();
        int second = plan.places().get(b).offset();
        return first + a.shape().length() <= second || second + b.shape().length() <= first;
    }

    private static Map<Node, int[]> lives(Schedule schedule) {
        Map<Node, int[]> lives = new IdentityHashMap<>();
        for (int i = 0; i < schedule.steps().size(); i++) {
            Step step = schedule.steps().get(i);
            for (Node node : step.writes()) {
                lives.computeIfAbsent(node, _ -> new int[2])[0] = i;
                lives.get(node)[1] = i;
            }
            for (Node node : step.reads()) {
                if (lives.containsKey(node)) {
                    lives.get(node)[1] = i;
                }
            }
        }
        return lives.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }
}
