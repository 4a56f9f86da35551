package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Scalars;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Executable;
import dev.gamelan.runtime.Pool;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class PermutationTest {

    private static void check(DType dtype, int[] order, int... dims) {
        Type type = new Type(dtype, Shape.of(dims));
        Node x = Ops.input(type, "x");
        Graph graph = Graph.of(List.of(x), List.of(Ops.permute(x, order)));
        Object array = dtype.newArray(type.shape().length());
        for (int i = 0; i < type.shape().length(); i++) {
            Scalars.setDouble(dtype, array, i, dtype == DType.BOOL ? i % 3 % 2 : i % 101);
        }
        List<Data> inputs = List.of(new Data(type, array));
        Executable once = new JvmBackend().compileOnce(graph);
        assertInstanceOf(Permutation.class, once);
        Data expected = new Reference().compile(graph).run(inputs).getFirst();
        Data received = once.run(inputs).getFirst();
        assertEquals(expected.type(), received.type());
        double[] wanted = new double[expected.length()];
        double[] got = new double[wanted.length];
        for (int i = 0; i < wanted.length; i++) {
            wanted[i] = expected.getDouble(i);
            got[i] = received.getDouble(i);
        }
        assertArrayEquals(wanted, got);
    }

    @Test
    void bringsWeightsIntoOtherOrders() {
        for (DType dtype : DType.values()) {
            check(dtype, new int[] {2, 3, 1, 0}, 5, 7, 3, 3);
            check(dtype, new int[] {2, 3, 1, 0}, 40, 30, 1, 1);
            check(dtype, new int[] {1, 0}, 70, 300);
            check(dtype, new int[] {1, 0, 2}, 3, 4, 300);
            check(dtype, new int[] {1, 0}, 1, 1);
        }
        check(DType.FLOAT32, new int[] {2, 3, 1, 0}, 130, 65, 3, 3);
    }

    @Test
    void isForOnePermutationAlone() {
        Node x = Ops.input(new Type(DType.FLOAT32, Shape.of(2, 3)), "x");
        Node turned = Ops.permute(x, 1, 0);
        assertTrue(Permutation.of(Graph.of(List.of(x), List.of(Ops.neg(turned))), Pool.alone()).isEmpty());
        assertTrue(Permutation.of(Graph.of(List.of(x), List.of(turned, turned)), Pool.alone()).isEmpty());
        assertTrue(Permutation.of(Graph.of(List.of(x), List.of(Ops.permute(Ops.neg(x), 1, 0))), Pool.alone()).isEmpty());
    }
}
