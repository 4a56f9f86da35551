package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertInts;
import static dev.gamelan.tensor.Near.assertNear;
import static dev.gamelan.tensor.Near.assertShape;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.ShapeException;
import org.junit.jupiter.api.Test;

class ProductsTest {

    private final Tensor a = Tensor.of(1, 2, 3, 4, 5, 6).reshape(2, 3);

    @Test
    void ranksByNumPysRules() {
        assertNear(a.matmul(a.transpose()), 14, 32, 32, 77);
        assertNear(a.matmul(Tensor.of(1, 0, -1)), -2, -2);
        assertNear(Tensor.of(1, -1).matmul(a), -3, -3, -3);
        assertEquals(14, Tensor.of(1, 2, 3).matmul(Tensor.of(1, 2, 3)).item());
        assertShape(Tensor.of(1, 2, 3).matmul(Tensor.of(1, 2, 3)));
        assertShape(Tensor.zeros(5, 2, 3).matmul(Tensor.zeros(3)), 5, 2);
        assertShape(Tensor.zeros(2).matmul(Tensor.zeros(5, 2, 3)), 5, 3);
        assertShape(Tensor.zeros(5, 1, 2, 3).matmul(Tensor.zeros(4, 3, 6)), 5, 4, 2, 6);
        assertShape(Tensor.zeros(5, 2, 3).matmul(Tensor.zeros(3, 4)), 5, 2, 4);
        assertShape(Tensor.zeros(0, 3).matmul(Tensor.zeros(3, 4)), 0, 4);
        assertNear(Tensor.zeros(2, 0).matmul(Tensor.zeros(0, 2)), 0, 0, 0, 0);
    }

    @Test
    void oneMatrixForABatch() {
        Tensor batch = Tensor.of(1, 2, 3, 4, 5, 6, 7, 8).reshape(2, 2, 2);
        Tensor m = Tensor.of(0, 1, 1, 0).reshape(2, 2);
        assertNear(batch.matmul(m), 2, 1, 4, 3, 6, 5, 8, 7);
        assertNear(m.matmul(batch), 3, 4, 1, 2, 7, 8, 5, 6);
    }

    @Test
    void errorsSayBothShapes() {
        ShapeException e = assertThrows(ShapeException.class,
                () -> Tensor.zeros(64, 800).matmul(Tensor.zeros(784, 10)));
        assertTrue(e.getMessage().contains("(64, 800) x (784, 10)"), e.getMessage());
        assertThrows(ShapeException.class, () -> a.matmul(Tensor.of(1, 2)));
        assertThrows(ShapeException.class, () -> a.matmul(Tensor.scalar(1)));
        assertThrows(ShapeException.class, () -> Tensor.zeros(2, 2, 3).matmul(Tensor.zeros(3, 3, 4)));
    }

    @Test
    void vectors() {
        assertEquals(32, Tensor.of(1, 2, 3).dot(Tensor.of(4, 5, 6)).item());
        assertNear(Tensor.of(1, 2).outer(Tensor.of(3, 4)), 3, 4, 6, 8);
        assertInts(Tensor.ofInts(1, 2).matmul(Tensor.ofInts(3, 4)), 11);
        assertThrows(ShapeException.class, () -> a.dot(a));
        assertThrows(ShapeException.class, () -> Tensor.of(1).dot(Tensor.of(1, 2)));
        assertThrows(ShapeException.class, () -> a.outer(a));
    }

    @Test
    void attentionLooksBackOnlyWhereItIsCausal() {
        Tensor q = RandomKey.of(1).normal(2, 3, 4);
        Tensor k = RandomKey.of(2).normal(2, 3, 4);
        Tensor v = RandomKey.of(3).normal(2, 3, 5);
        Tensor full = Tensors.attention(q, k, v);
        assertNear(full, q.matmul(k.transpose()).div(2).softmax(-1).matmul(v).toDoubleArray());
        Tensor causal = Tensors.causalAttention(q, k, v);
        assertNear(causal.select(1, 0), v.select(1, 0).toDoubleArray());
        assertNear(causal.select(1, 2), full.select(1, 2).toDoubleArray());
        Tensor last = Tensors.causalAttention(q.slice(1, 2, 3), k, v);
        assertNear(last.select(1, 0), full.select(1, 2).toDoubleArray());
    }
}
