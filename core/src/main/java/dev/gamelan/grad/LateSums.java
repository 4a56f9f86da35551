package dev.gamelan.grad;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The gradient of a value that a loop captures is a sum over the steps. Adding up the weights of a layer in each step
 * would move them through memory each time, so a sum of products of matrices becomes one product after the loop, over
 * all steps: {@code sum_t a_t' g_t = (a_1; a_2; ...)' (g_1; g_2; ...)}. Sums of the same g_t follow it, and so do those over the rows of
 * a matrix.
 */
final class LateSums {

    /** Terms that are added up in the loop. */
    private final List<Node> inLoop = new ArrayList<>();
    private final List<Node> products = new ArrayList<>();
    private final List<Node> sums = new ArrayList<>();

    /** @param gradient of one step, in terms of the loop's body */
    LateSums(Node gradient, List<Node> stacked) {
        List<Node> terms = new ArrayList<>();
        collect(gradient, terms);
        terms.forEach(term -> (isProduct(term) ? products : inLoop).add(term));
        List<Node> known = Stream.concat(stacked.stream(), products.stream().map(product -> product.operand(1))).toList();
        inLoop.stream().filter(term -> isSum(term) && (isOfRows(term) || known.contains(summed(term)))).forEach(sums::add);
        inLoop.removeAll(sums);
    }

    private static void collect(Node node, List<Node> terms) {
        if (node.op() instanceof Op.Binary(Op.BinaryKind kind) && kind == Op.BinaryKind.ADD) {
            collect(node.operand(0), terms);
            collect(node.operand(1), terms);
        } else {
            terms.add(node);
        }
    }

    private static boolean isProduct(Node node) {
        return node.op() instanceof Op.MatMul && node.shape().rank() == 2 && node.operand(0).op() instanceof Op.Permute;
    }

    private static boolean isSum(Node node) {
        return reduction(node).op() instanceof Op.Reduce reduce && reduce.kind() == Op.ReduceKind.SUM;
    }

    /** As of a bias: were it added up in the loop, no row of a batch could go through the steps by itself. */
    private static boolean isOfRows(Node sum) {
        return summed(sum).shape().rank() == 2 && reduction(sum).shape().rank() == 1;
    }

    private static Node reduction(Node node) {
        return node.op() instanceof Op.Reshape ? node.operand(0) : node;
    }

    private static Node summed(Node sum) {
        return reduction(sum).operand(0);
    }

    /** What the loop has to add up. */
    List<Node> inLoop() {
        return inLoop;
    }

    /** What the loop has to stack: the operands of {@link #total}. */
    List<Node> stacked() {
        return Stream.concat(products.stream().flatMap(product -> Stream.of(product.operand(0).operand(0), product.operand(1))),
                sums.stream().map(LateSums::summed)).toList();
    }

    /** The terms that were not added up in the loop, of the stacked values; none is needed if there are no such terms. */
    List<Node> total(List<Node> stacks) {
        List<Node> terms = new ArrayList<>();
        for (int i = 0; i < products.size(); i++) {
            terms.add(Ops.matmul(Ops.transpose(rows(stacks.get(2 * i))), rows(stacks.get(2 * i + 1))));
        }
        for (int i = 0; i < sums.size(); i++) {
            Op.Reduce reduce = (Op.Reduce) reduction(sums.get(i)).op();
            int[] axes = IntStream.concat(IntStream.of(0), reduce.axes().stream().mapToInt(axis -> axis + 1)).toArray();
            terms.add(Ops.reshape(Ops.sum(stacks.get(2 * products.size() + i), axes), sums.get(i).shape()));
        }
        return terms;
    }

    /** (steps, m, k) to (steps * m, k). */
    private static Node rows(Node stack) {
        return Ops.reshape(stack, Shape.of(stack.shape().dim(0) * stack.shape().dim(1), stack.shape().dim(2)));
    }
}
