package dev.gamelan.oracle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Verifier;
import dev.gamelan.shape.DType;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OpCasesTest {

    private final List<OpCase> cases = OpCases.all();

    @Test
    void everyOperationHasACase() {
        Set<Class<?>> seen = ops().map(Op::getClass).collect(Collectors.toSet());
        assertEquals(OpCases.operations(), seen);
    }

    @Test
    void everyKindHasACase() {
        Set<Enum<?>> seen = new HashSet<>();
        ops().forEach(op -> {
            switch (op) {
                case Op.Unary o -> seen.add(o.kind());
                case Op.Binary o -> seen.add(o.kind());
                case Op.Compare o -> seen.add(o.kind());
                case Op.Reduce o -> seen.add(o.kind());
                case Op.ArgReduce o -> seen.add(o.kind());
                default -> {}
            }
        });
        Set<Enum<?>> all = Stream.of(Op.UnaryKind.values(), Op.BinaryKind.values(), Op.CompareKind.values(), Op.ReduceKind.values(),
                Op.ArgKind.values()).flatMap(Stream::of).collect(Collectors.toSet());
        assertEquals(all, seen);
    }

    @Test
    void everyTypeIsMovedAndCast() {
        Set<DType> inputs = cases.stream().flatMap(c -> c.arguments().stream()).map(a -> a.type().dtype()).collect(Collectors.toSet());
        assertEquals(Set.of(DType.values()), inputs);
    }

    @Test
    void everyOperationWithAGradientIsTriedInDouble() {
        Set<Class<?>> smooth = cases.stream().filter(OpCase::isForFiniteDifferences).flatMap(c -> c.graph().nodes().stream())
                .map(node -> node.op().getClass()).collect(Collectors.toSet());
        Set<Class<?>> missing = OpCases.operations().stream().filter(c -> !smooth.contains(c)).collect(Collectors.toSet());
        assertEquals(Set.of(Op.ArgSort.class, Op.ArgReduce.class, Op.RandomBits.class), missing);
    }

    @Test
    void namesAreUnique() {
        Set<String> names = new HashSet<>();
        List<String> twice = cases.stream().map(OpCase::name).filter(name -> !names.add(name)).toList();
        assertTrue(twice.isEmpty(), twice::toString);
    }

    @Test
    void graphsAreValidAndEqualEachTime() {
        for (OpCase c : cases) {
            Graph graph = Verifier.verify(c.graph());
            assertNotSame(graph, c.graph());
            boolean hasConstant = graph.nodes().stream().anyMatch(node -> graph.op(node) instanceof Op.Constant);
            assertEquals(!hasConstant, graph.equals(c.graph()), c.name());
        }
    }

    @Test
    void samplesFitTheInputsAndRepeat() {
        for (OpCase c : cases) {
            var a = c.sample(3);
            var b = c.sample(3);
            for (int i = 0; i < a.size(); i++) {
                assertEquals(c.arguments().get(i).type(), a.get(i).type());
                assertEquals("", Exactness.BITS.difference(a.get(i), b.get(i)).orElse(""), c.name());
            }
            assertFalse(c.graph().outputs().isEmpty());
        }
    }

    private Stream<Op> ops() {
        return cases.stream().flatMap(c -> c.graph().nodes().stream()).map(Node::op);
    }
}
