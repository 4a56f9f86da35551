package dev.gamelan.codegen;

import dev.gamelan.codegen.ScanLoop.Rows;
import dev.gamelan.ir.Flops;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.pass.FewerRows;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Into how many blocks the rows of a loop are cut, if there is anything to gain: threads that take blocks of rows do not wait for each
 * other at each step, but each reads all weights. Bits do not depend on it.
 */
final class RowBlocks {

    /** Operations of all steps that are worth a thread's help. */
    private static final long WORTH_HELP = 200_000;
    /** Bytes of the second operands of a step's products, most of which stay in the second-level cache of one core. */
    private static final long CACHED = 1200 * 1024;
    /** Rows that are multiplied in the time in which weights come from the cache that all cores share. */
    private static final int WORTH_READING = 12;
    /** Bytes that come from memory in each step, and had better come once for all threads. */
    private static final long LARGE = 8 * 1024 * 1024;

    private RowBlocks() {}

    /** The blocks, or none where the loop stays whole. */
    static List<Rows> of(Op.Scan scan, int workers) {
        int rows = FewerRows.count(scan).orElse(0);
        List<Node> products = scan.body().nodes().stream().filter(node -> scan.body().op(node) instanceof Op.MatMul).toList();
        if (rows < 2 || workers < 2 || scan.length() == 0 || !products.stream().allMatch(node -> isOneChain(scan.body(), node))) {
            return List.of();
        }
        long work = scan.length() * scan.body().nodes().stream().mapToLong(Flops::of).sum();
        long weights = products.stream().mapToLong(node -> scan.body().operands(node).get(1).type().bytes()).sum();
        int most = weights <= CACHED ? rows : weights <= LARGE ? rows / WORTH_READING : 1;
        int count = (int) Math.min(Math.min(workers, most), work / WORTH_HELP);
        return count < 2 ? List.of() : IntStream.range(0, count)
                .mapToObj(i -> new Rows((int) ((long) rows * i / count), (int) ((long) rows * (i + 1) / count), rows)).toList();
    }

    /** Whether all ways to multiply, of which few rows take others than many, add up in the same order; a single column is done as a row. */
    private static boolean isOneChain(Graph body, Node product) {
        int depth = body.operands(product).getFirst().shape().dim(-1);
        return product.dtype().isFloating() && PackedCut.isOneChain(LoopTypes.of(product.dtype()), depth) && product.shape().dim(-1) > 1;
    }
}
