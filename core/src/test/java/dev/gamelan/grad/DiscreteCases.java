package dev.gamelan.grad;

import static dev.gamelan.grad.DerivativeCase.distinct;
import static dev.gamelan.grad.DerivativeCase.integers;
import static dev.gamelan.grad.DerivativeCase.normal;
import static dev.gamelan.grad.DerivativeCase.op;
import static dev.gamelan.grad.DerivativeCase.truths;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;

/** Cases of operations without derivatives. */
final class DiscreteCases {

    private DiscreteCases() {}

    static List<DerivativeCase> all() {
        List<DerivativeCase> cases = new ArrayList<>();
        Data a = integers(new int[] {5, -3, 7, 2}, 4);
        Data b = integers(new int[] {1, 2, 6, 3}, 4);
        for (Op.BinaryKind kind : List.of(Op.BinaryKind.AND, Op.BinaryKind.OR, Op.BinaryKind.XOR, Op.BinaryKind.SHL, Op.BinaryKind.SHR,
                Op.BinaryKind.USHR)) {
            cases.add(op(new Op.Binary(kind), a, b));
        }
        for (Op.CompareKind kind : Op.CompareKind.values()) {
            cases.add(op(new Op.Compare(kind), a, b));
        }
        cases.add(op(new Op.Unary(Op.UnaryKind.NOT), truths(new boolean[] {true, false, true}, 3)));
        cases.add(op(new Op.ArgSort(1, false), distinct(2, 4)));
        cases.add(op(new Op.ArgReduce(Op.ArgKind.MAX, 1), distinct(2, 4)));
        cases.add(op(new Op.ArgReduce(Op.ArgKind.MIN, 0), distinct(2, 4)));
        cases.add(op(new Op.RandomBits(Shape.of(2, 3)), integers(new int[] {3, 4}, 2)));
        cases.add(DerivativeCase.of("iota", x -> Ops.add(x.get(0), Ops.iota(new Type(DType.FLOAT64, Shape.of(2, 3)), 1)), normal(2, 3)));
        cases.add(DerivativeCase.of("barrier of a common value", x -> Node.of(new Op.Barrier(), x.get(0), x.get(1)), normal(3), normal(2)));
        return cases;
    }
}
