package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Joins parts that do not overlap instead of adding them with zeros around. The gradient of a value that was sliced (into
 * the gates of a cell, or queries, keys and values) is such a sum.
 */
final class JoinPads implements Pass {

    /** Values that lie somewhere along an axis, where everything else is zero. */
    private record Part(Node values, int axis, int from) {

        int to() {
            return from + values.shape().dim(axis);
        }
    }

    @Override
    public String name() {
        return "join pads";
    }

    @Override
    public Graph apply(Graph graph) {
        return graph.rewrite((node, operands) -> {
            boolean sum = graph.op(node) instanceof Op.Binary(Op.BinaryKind kind) && kind == Op.BinaryKind.ADD;
            return (sum ? join(node.type(), operands.get(0), operands.get(1)) : Optional.<Node>empty())
                    .orElseGet(() -> graph.keep(node, operands));
        });
    }

    private static Optional<Node> join(Type type, Node a, Node b) {
        List<Part> left = parts(a);
        List<Part> right = parts(b);
        if (left.isEmpty() || right.isEmpty() || left.getFirst().axis() != right.getFirst().axis()) {
            return Optional.empty();
        }
        List<Part> parts = Stream.concat(left.stream(), right.stream()).sorted((x, y) -> Integer.compare(x.from(), y.from())).toList();
        boolean overlap = IntStream.range(1, parts.size()).anyMatch(i -> parts.get(i - 1).to() > parts.get(i).from());
        return overlap ? Optional.empty() : Optional.of(concat(type, parts));
    }

    private static Node concat(Type type, List<Part> parts) {
        int axis = parts.getFirst().axis();
        List<Node> pieces = new ArrayList<>();
        int at = 0;
        for (Part part : parts) {
            addZeros(pieces, type, axis, part.from() - at);
            pieces.add(part.values());
            at = part.to();
        }
        addZeros(pieces, type, axis, type.shape().dim(axis) - at);
        return Ops.concat(axis, pieces);
    }

    private static void addZeros(List<Node> pieces, Type type, int axis, int count) {
        if (count > 0) {
            pieces.add(Ops.fill(type.with(type.shape().with(axis, count)), 0));
        }
    }

    /** What there is besides zeros; nothing if the node is not made of parts along one axis. */
    private static List<Part> parts(Node node) {
        return switch (node.op()) {
            case Op.Pad pad when isZero(node.operand(1)) -> padded(pad, node.operand(0));
            case Op.Concat concat when node.operands().stream().anyMatch(JoinPads::isZero) -> joined(concat, node.operands());
            default -> List.of();
        };
    }

    private static List<Part> padded(Op.Pad pad, Node x) {
        List<Integer> axes = IntStream.range(0, x.shape().rank())
                .filter(i -> pad.low().get(i) > 0 || pad.high().get(i) > 0 || pad.inner().get(i) > 0).boxed().toList();
        boolean simple = axes.size() == 1 && pad.inner().get(axes.getFirst()) == 0;
        return simple ? List.of(new Part(x, axes.getFirst(), pad.low().get(axes.getFirst()))) : List.of();
    }

    private static List<Part> joined(Op.Concat concat, List<Node> pieces) {
        List<Part> parts = new ArrayList<>();
        int at = 0;
        for (Node piece : pieces) {
            if (!isZero(piece)) {
                parts.add(new Part(piece, concat.axis(), at));
            }
            at += piece.shape().dim(concat.axis());
        }
        return parts;
    }

    private static boolean isZero(Node node) {
        return node.op() instanceof Op.Fill(Type _, Number value) && value.doubleValue() == 0;
    }
}
