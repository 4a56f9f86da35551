package dev.gamelan.ir;

import dev.gamelan.shape.Shape;
import java.util.List;

/**
 * Counts floating-point arithmetic as the field does: a multiply-add is two operations, a function such as exp is one,
 * and moving, casting, comparing and indexing are free.
 */
public final class Flops {

    private Flops() {}

    /** All operations of a graph once; a loop's body as often as it runs, and of a branch the longer side. */
    public static long of(Graph graph) {
        return graph.nodes().stream().mapToLong(node -> of(graph, node)).sum();
    }

    /** One operation of a graph. */
    public static long of(Graph graph, Node node) {
        return of(graph.op(node), graph.operands(node), node);
    }

    /** One operation. */
    public static long of(Node node) {
        return of(node.op(), node.operands(), node);
    }

    private static long of(Op op, List<Node> operands, Node node) {
        return switch (op) {
            case Op.Unary _, Op.Binary _ -> node.dtype().isFloating() ? size(node) : 0;
            case Op.Reduce _, Op.CumSum _ -> node.dtype().isFloating() ? size(operands.getFirst()) : 0;
            case Op.MatMul _ -> 2 * size(node) * operands.getFirst().shape().dim(-1);
            case Op.Conv _ -> 2 * size(node) * taps(operands.get(1).shape());
            case Op.ConvInputGradient _ -> 2 * size(operands.getFirst()) * taps(operands.get(1).shape());
            case Op.ConvKernelGradient _ -> 2 * size(operands.get(1)) * taps(node.shape());
            case Op.MaxPool pool -> size(node) * pool.size().size();
            case Op.MaxPoolGradient pool -> size(operands.get(1)) * pool.size().size();
            case Op.MaxPoolPick pool -> size(node) * pool.size().size();
            case Op.SumPool pool -> size(node) * pool.size().size();
            case Op.SumPoolGradient pool -> size(operands.getFirst()) * pool.size().size();
            case Op.ScatterAdd _ -> size(operands.getLast());
            case Op.Scan scan -> scan.length() * of(scan.body());
            case Op.If branch -> Math.max(of(branch.then()), of(branch.otherwise()));
            case Op.Call call -> of(call.body());
            case Op.Input _, Op.Constant _, Op.Fill _, Op.Iota _, Op.Compare _, Op.Select _, Op.ArgReduce _, Op.Cast _,
                    Op.Broadcast _, Op.Reshape _, Op.Permute _, Op.Slice _, Op.Flip _, Op.Pad _, Op.Concat _, Op.Gather _,
                    Op.ArgSort _, Op.RandomBits _, Op.Get _, Op.StopGradient _, Op.Barrier _ ->
                    0;
        };
    }

    private static long size(Node node) {
        return node.shape().size();
    }

    /** How many products make one output of a convolution with this kernel {@code (spatial..., in, out)}. */
    private static long taps(Shape kernel) {
        return kernel.slice(0, kernel.rank() - 1).size();
    }
}
