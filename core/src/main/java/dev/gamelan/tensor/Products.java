package dev.gamelan.tensor;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;

/** Matrix and vector products. */
final class Products {

    private Products() {}

    static Node matmul(Node a, Node b) {
        Shape left = a.shape();
        Shape right = b.shape();
        if (left.isScalar() || right.isScalar()) {
            throw ShapeException.of("matmul: a scalar operand", "rank 1 or more; scale with mul", left + " x " + right);
        }
        if (left.dim(-1) != right.dim(right.rank() == 1 ? 0 : -2)) {
            throw ShapeException.of("matmul: inner extents differ", "(..., k) x (k, n)", left + " x " + right);
        }
        Node row = left.rank() == 1 ? Ops.reshape(a, left.insert(0, 1)) : a;
        Node column = right.rank() == 1 ? Ops.reshape(b, right.insert(1, 1)) : b;
        Node product = right.rank() == 2 && row.shape().rank() > 2 ? flat(row, column) : Ops.matmul(row, column);
        Shape shape = product.shape();
        if (right.rank() == 1) {
            shape = shape.without(-1);
        }
        if (left.rank() == 1) {
            shape = shape.without(right.rank() == 1 ? -1 : -2);
        }
        return Ops.reshape(product, shape);
    }

    /** One matrix for the whole batch: the batch is more rows, and nothing is broadcast. */
    private static Node flat(Node a, Node b) {
        int inner = a.shape().dim(-1);
        int rows = a.shape().slice(0, a.shape().rank() - 1).length();
        Node product = Ops.matmul(Ops.reshape(a, Shape.of(rows, inner)), b);
        return Ops.reshape(product, a.shape().with(-1, b.shape().dim(-1)));
    }

    static Node dot(Node a, Node b) {
        vectors("dot", a, b);
        if (!a.shape().equals(b.shape())) {
            throw ShapeException.of("dot: lengths differ", "two vectors of equal length", a.shape() + " and "
                    + b.shape());
        }
        return matmul(a, b);
    }

    static Node outer(Node a, Node b) {
        vectors("outer", a, b);
        return Ops.binary(Op.BinaryKind.MUL, Ops.reshape(a, a.shape().insert(1, 1)), b);
    }

    private static void vectors(String op, Node a, Node b) {
        if (a.shape().rank() != 1 || b.shape().rank() != 1) {
            throw ShapeException.of(op + ": not vectors", "two tensors of rank 1", a.shape() + " and " + b.shape());
        }
    }
}
