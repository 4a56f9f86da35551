package dev.gamelan.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Scalars;
import dev.gamelan.oracle.RandomGraphs.Program;
import dev.gamelan.runtime.Backend;
import dev.gamelan.runtime.Executable;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The fuzzer itself: that it accepts what is right, finds what is wrong, and reaches everything. */
class FuzzerTest {

    /** The reference behind a rewrite of the program. */
    private record Rewritten(UnaryOperator<Graph> rewrite) implements Backend {

        @Override
        public String name() {
            return "rewritten";
        }

        @Override
        public Executable compile(Graph graph, int donated) {
            return new Reference().compile(rewrite.apply(graph), donated);
        }
    }

    private static Graph rebuilt(Graph graph) {
        return graph.rewrite((node, operands) -> Node.of(graph.op(node), operands, node.origin()));
    }

    /** A backend whose every fraction is a little wrong, as kernels in FLOAT32 are. */
    private static final class Inexact implements Backend {

        @Override
        public String name() {
            return "inexact";
        }

        @Override
        public Executable compile(Graph graph, int donated) {
            return inputs -> {
                Random random = new Random(7);
                var values = new IdentityHashMap<Node, List<Data>>();
                for (int i = 0; i < inputs.size(); i++) {
                    values.put(graph.inputs().get(i), List.of(inputs.get(i)));
                }
                for (Node node : graph.nodes()) {
                    if (!values.containsKey(node)) {
                        values.put(node, step(graph, node, values, random));
                    }
                }
                return graph.outputs().stream().map(output -> values.get(output).getFirst()).toList();
            };
        }

        private static List<Data> step(Graph graph, Node node, Map<Node, List<Data>> values, Random random) {
            if (graph.op(node) instanceof Op.Get get) {
                return List.of(values.get(node.operand(0)).get(get.index()));
            }
            List<Node> operands = graph.operands(node);
            List<Node> inputs = operands.stream().map(operand -> Ops.input(operand.type(), "")).toList();
            Node copy = Node.of(graph.op(node), inputs, node.origin());
            List<Data> results = Reference
                    .values(Graph.of(inputs, List.of(copy)), operands.stream().map(o -> values.get(o).getFirst()).toList())
                    .get(copy);
            return Rounding.isExact(node) ? results : results.stream().map(value -> nudged(value, random)).toList();
        }

        private static Data nudged(Data value, Random random) {
            if (!value.dtype().isFloating()) {
                return value;
            }
            Object array = value.dtype().newArray(value.length());
            double unit = Rounding.unit(value.dtype()) / 10;
            for (int i = 0; i < value.length(); i++) {
                Scalars.setDouble(value.dtype(), array, i, value.getDouble(i) * (1 + random.nextDouble(-unit, unit)));
            }
            return new Data(value.type(), array);
        }
    }

    @Test
    void acceptsTheReference() {
        Fuzzer fuzzer = new Fuzzer(List.of(new Reference(), new Rewritten(FuzzerTest::rebuilt)), () -> {});
        for (long seed = 0; seed < 60; seed++) {
            fuzzer.check(seed);
        }
    }

    @Test
    void acceptsRoundingErrors() {
        Fuzzer fuzzer = new Fuzzer(List.of(new Inexact()), () -> {});
        for (long seed = 0; seed < 60; seed++) {
            fuzzer.check(seed);
        }
    }

    @Test
    void findsAndShrinksAWrongKernel() {
        Fuzzer fuzzer = new Fuzzer(List.of(new Rewritten(graph -> graph.rewrite((node, operands) -> graph.op(node) instanceof Op.CumSum sum
                ? Node.of(new Op.CumSum(sum.axis(), false), operands, node.origin())
                : graph.keep(node, operands)))), () -> {});
        AssertionError error = assertThrows(AssertionError.class, () -> {
            for (long seed = 0; seed < 2000; seed++) {
                fuzzer.check(seed);
            }
        });
        String shrunken = error.getMessage().substring(error.getMessage().indexOf("smallest"));
        assertTrue(error.getMessage().startsWith("seed "), error.getMessage());
        assertEquals(2, shrunken.lines().filter(line -> line.startsWith("%")).count(), error.getMessage());
        assertTrue(shrunken.contains("reverse=true"), error.getMessage());
    }

    @Test
    void programsRepeat() {
        for (long seed = 0; seed < 30; seed++) {
            Program a = RandomGraphs.generate(seed);
            Program b = RandomGraphs.generate(seed);
            assertEquals(a.graph().toString(), b.graph().toString());
            for (int i = 0; i < a.inputs().size(); i++) {
                assertEquals("", Exactness.BITS.difference(a.inputs().get(i), b.inputs().get(i)).orElse(""));
            }
        }
    }

    @Test
    void programsReachEveryOperation() {
        Set<Class<?>> missing = OpCases.operations();
        for (long seed = 0; seed < 2000 && missing.size() > 1; seed++) {
            RandomGraphs.generate(seed).graph().nodes().forEach(node -> missing.remove(node.op().getClass()));
        }
        assertEquals(Set.of(Op.Constant.class), missing);
    }
}
