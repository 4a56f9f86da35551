package dev.gamelan.pass;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.JvmBackend;
import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Verifier;
import dev.gamelan.runtime.Backend;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class IntegerProductsTest {

    private static Graph product(DType dtype, Shape a, Shape b) {
        Node x = Ops.input(new Type(dtype, a), "x");
        Node y = Ops.input(new Type(dtype, b), "y");
        return Graph.of(List.of(x, y), List.of(Ops.matmul(x, y)));
    }

    private static Data random(Type type, Random random) {
        Object array = type.dtype().newArray(type.shape().length());
        for (int i = 0; i < type.shape().length(); i++) {
            Scalars.setLong(type.dtype(), array, i, random.nextLong());
        }
        return new Data(type, array);
    }

    private static void check(DType dtype, Shape a, Shape b) {
        Graph graph = product(dtype, a, b);
        Random random = new Random(a.hashCode());
        List<Data> values = graph.inputs().stream().map(input -> random(input.type(), random)).toList();
        Data expected = new Reference().compile(graph).run(values).getFirst();
        for (Backend backend : List.of(new Reference(), new JvmBackend())) {
            Data found = backend.compile(Verifier.verify(new IntegerProducts().apply(graph))).run(values).getFirst();
            for (int i = 0; i < expected.type().shape().length(); i++) {
                assertEquals(Scalars.getLong(dtype, expected.array(), i), Scalars.getLong(dtype, found.array(), i), dtype + " at " + i);
            }
        }
    }

    @Test
    void wrapsAroundAsProductsDo() {
        for (DType dtype : List.of(DType.INT8, DType.UINT8, DType.INT32, DType.INT64)) {
            check(dtype, Shape.of(33, 40), Shape.of(40, 17));
            check(dtype, Shape.of(1, 7), Shape.of(7, 1));
            check(dtype, Shape.of(3, 5, 0), Shape.of(3, 0, 4));
            check(dtype, Shape.of(2, 3, 19, 70), Shape.of(2, 3, 70, 5));
            check(dtype, Shape.of(4, 0, 3), Shape.of(4, 3, 2));
        }
    }

    @Test
    void depthsWithoutEndAreCut() {
        Graph graph = new IntegerProducts().apply(product(DType.INT32, Shape.of(2000, 3000), Shape.of(3000, 1000)));
        Verifier.verify(graph);
        assertTrue(graph.nodes().stream().allMatch(node -> node.shape().size() <= Integer.MAX_VALUE));
        assertEquals(3, graph.nodes().stream().filter(node -> graph.op(node) instanceof Op.Reduce).count());
    }

    @Test
    void fractionsStayProducts() {
        Graph graph = new IntegerProducts().apply(product(DType.FLOAT32, Shape.of(3, 4), Shape.of(4, 5)));
        assertTrue(graph.op(graph.outputs().getFirst()) instanceof Op.MatMul);
    }
}
