package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Permutations;
import dev.gamelan.shape.DType;
import java.util.Optional;

/**
 * Local rewrites, each of which gives the same numbers (a sum with a literal zero may turn -0 into 0 or not). Nothing is
 * re-associated: rounding stays where the user put it.
 */
final class Simplify implements Pass {

    @Override
    public String name() {
        return "simplify";
    }

    @Override
    public Graph apply(Graph graph) {
        return graph.rewrite((node, operands) -> {
            Node kept = graph.keep(node, operands);
            return simplify(kept).orElse(kept);
        });
    }

    private static Optional<Node> simplify(Node node) {
        Op op = node.op();
        if (!(op instanceof Op.Input || op instanceof Op.Fill || op instanceof Op.Program) && node.shape().size() == 0) {
            return Optional.of(Ops.fillLike(node, 0));
        } else if (op instanceof Op.Binary binary) {
            return binary(binary.kind(), node.operand(0), node.operand(1));
        } else if (op instanceof Op.Unary unary) {
            return unary(unary.kind(), node.operand(0));
        } else if (op instanceof Op.Select) {
            return select(node);
        } else if (op instanceof Op.StopGradient) {
            return Optional.of(node.operand(0));
        } else if (op instanceof Op.Cast cast && cast.dtype() == node.operand(0).dtype()) {
            return Optional.of(node.operand(0));
        } else if (op instanceof Op.Cast cast && number(node.operand(0)).isPresent() && cast.dtype().isFloating()) {
            return Optional.of(Ops.fillLike(node, round(cast.dtype(), number(node.operand(0)).get())));
        } else if (op instanceof Op.Reduce reduce) {
            return reduce(reduce, node);
        }
        return layout(node);
    }

    private static Optional<Node> binary(Op.BinaryKind kind, Node a, Node b) {
        Optional<Double> x = number(a);
        Optional<Double> y = number(b);
        if (x.isPresent() && y.isPresent() && a.dtype().isFloating()) {
            return fold(kind, x.get(), y.get()).map(value -> Ops.fillLike(a, round(a.dtype(), value)));
        }
        return switch (kind) {
            case ADD -> is(y, 0) ? Optional.of(a) : is(x, 0) ? Optional.of(b) : Optional.empty();
            case SUB -> is(y, 0) ? Optional.of(a) : Optional.empty();
            case MUL -> is(y, 1) ? Optional.of(a) : is(x, 1) ? Optional.of(b)
                    : is(y, -1) ? Optional.of(Ops.neg(a)) : is(x, -1) ? Optional.of(Ops.neg(b)) : Optional.empty();
            case DIV -> is(y, 1) ? Optional.of(a) : y.isPresent() && isPowerOfTwo(y.get()) && a.dtype().isFloating()
                    ? Optional.of(Ops.mul(a, 1 / y.get())) : Optional.empty();
            case POW -> is(y, 1) ? Optional.of(a) : is(y, 2) ? Optional.of(Ops.mul(a, a))
                    : is(y, 3) ? Optional.of(Ops.mul(Ops.mul(a, a), a)) : is(y, -1) ? Optional.of(Ops.div(Ops.fillLike(a, 1), a))
                    : Optional.empty();
            case REM, MAX, MIN, ATAN2, AND, OR, XOR, SHL, SHR, USHR -> Optional.empty();
        };
    }

    private static Optional<Double> fold(Op.BinaryKind kind, double x, double y) {
        return switch (kind) {
            case ADD -> Optional.of(x + y);
            case SUB -> Optional.of(x - y);
            case MUL -> Optional.of(x * y);
            case DIV -> Optional.of(x / y);
            case MAX -> Optional.of(Math.max(x, y));
            case MIN -> Optional.of(Math.min(x, y));
            case POW, REM, ATAN2, AND, OR, XOR, SHL, SHR, USHR -> Optional.empty();
        };
    }

    private static double round(DType dtype, double value) {
        return dtype == DType.FLOAT32 ? (float) value : value;
    }

    private static boolean isPowerOfTwo(double value) {
        return value >= 0x1p-100 && value <= 0x1p100 && Math.scalb(1.0, Math.getExponent(value)) == value;
    }

    private static Optional<Node> unary(Op.UnaryKind kind, Node x) {
        if (kind == Op.UnaryKind.NEG) {
            if (number(x).isPresent() && x.dtype().isFloating()) {
                return Optional.of(Ops.fillLike(x, -number(x).get()));
            }
            return x.op().equals(new Op.Unary(Op.UnaryKind.NEG)) ? Optional.of(x.operand(0)) : Optional.empty();
        }
        boolean involution = kind == Op.UnaryKind.NOT && x.op().equals(new Op.Unary(Op.UnaryKind.NOT));
        return involution ? Optional.of(x.operand(0)) : Optional.empty();
    }

    private static Optional<Node> select(Node node) {
        Optional<Double> condition = number(node.operand(0));
        if (condition.isPresent()) {
            return Optional.of(condition.get() != 0 ? node.operand(1) : node.operand(2));
        }
        return node.operand(1) == node.operand(2) ? Optional.of(node.operand(1)) : Optional.empty();
    }

    /** Over extents of 1 nothing is combined. */
    private static Optional<Node> reduce(Op.Reduce reduce, Node node) {
        Node x = node.operand(0);
        boolean trivial = reduce.axes().stream().allMatch(axis -> x.shape().dim(axis) == 1);
        return trivial ? Optional.of(Ops.reshape(x, node.shape())) : Optional.empty();
    }

    private static Optional<Node> layout(Node node) {
        Op op = node.op();
        boolean moves = op instanceof Op.Broadcast || op instanceof Op.Reshape || op instanceof Op.Permute || op instanceof Op.Slice
                || op instanceof Op.Flip;
        if (!moves) {
            return Optional.empty();
        }
        Node x = node.operand(0);
        if (x.op() instanceof Op.Fill fill) {
            return Optional.of(Node.of(new Op.Fill(node.type(), fill.value())));
        } else if (op instanceof Op.Reshape reshape) {
            return x.shape().equals(reshape.shape()) ? Optional.of(x)
                    : x.op() instanceof Op.Reshape ? Optional.of(Ops.reshape(x.operand(0), reshape.shape())) : Optional.empty();
        } else if (op instanceof Op.Broadcast broadcast) {
            return x.shape().equals(broadcast.shape()) ? Optional.of(x)
                    : x.op() instanceof Op.Broadcast ? Optional.of(Ops.broadcast(x.operand(0), broadcast.shape())) : Optional.empty();
        } else if (op instanceof Op.Permute permute) {
            return Permutations.joined(permute.order(), x);
        } else if (op instanceof Op.Slice) {
            return x.shape().equals(node.shape()) ? Optional.of(x) : Optional.empty();
        } else if (op instanceof Op.Flip flip && flip.axes().stream().allMatch(axis -> x.shape().dim(axis) <= 1)) {
            return Optional.of(x);
        }
        return Optional.empty();
    }

    private static Optional<Double> number(Node node) {
        return node.op() instanceof Op.Fill fill ? Optional.of(fill.value().doubleValue()) : Optional.empty();
    }

    private static boolean is(Optional<Double> number, double value) {
        return number.isPresent() && number.get() == value;
    }
}
