package dev.gamelan.codegen;

import dev.gamelan.codegen.ScanLoop.Rows;
import dev.gamelan.ir.Derived;
import dev.gamelan.ir.Op;
import dev.gamelan.pass.FewerRows;
import dev.gamelan.pass.FewerRows.Source;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Runs the body of a scan once per slice. Where its rows need nothing from each other, each thread takes a block of them through all
 * steps, so that threads do not wait for each other before the end; otherwise all threads share the kernels of each step.
 */
final class ScanInstruction implements Instruction {

    private final Op.Scan scan;
    private final List<Slot> operands;
    private final List<Slot> results;
    private final ScanLoop[] loops;
    /** Of what is the same in all steps of a run. */
    private final Derived[] own;
    private final Derived[] derived;
    private boolean warm;
    private final Tasks blocks = new Tasks((frame, block, _) -> block(frame, block));

    private ScanInstruction(Op.Scan scan, List<Slot> operands, List<Slot> results, List<ScanLoop> loops) {
        this.scan = scan;
        this.operands = operands;
        this.results = results;
        this.loops = loops.toArray(ScanLoop[]::new);
        this.own = Stream.generate(() -> new Derived(true)).limit(operands.size()).toArray(Derived[]::new);
        this.derived = own.clone();
    }

    static ScanInstruction of(Op.Scan scan, Bodies bodies, List<Slot> operands, List<Slot> results, int workers) {
        int captured = scan.carries() + scan.sequences();
        return new ScanInstruction(scan, operands, results, inBlocks(scan, bodies, operands, results, workers).orElseGet(() -> {
            List<Source> sources = IntStream.range(0, operands.size()).mapToObj(i -> new Source(i, false)).toList();
            return List.of(new ScanLoop(scan, bodies.loop(scan.body(), captured, false), sources, operands, results, Rows.ALL));
        }));
    }

    private static Optional<List<ScanLoop>> inBlocks(Op.Scan scan, Bodies bodies, List<Slot> operands, List<Slot> results, int workers) {
        List<ScanLoop> loops = new ArrayList<>();
        Map<Integer, Optional<FewerRows.Block>> bySize = new HashMap<>();
        for (Rows rows : RowBlocks.of(scan, workers)) {
            Optional<FewerRows.Block> block = bySize.computeIfAbsent(rows.to() - rows.from(), count -> FewerRows.of(scan, count));
            if (block.isEmpty()) {
                return Optional.empty();
            }
            List<Source> sources = block.get().sources();
            int captured = (int) sources.stream().filter(source -> source.operand() < scan.carries() + scan.sequences()).count();
            loops.add(new ScanLoop(scan, bodies.loop(block.get().body(), captured, true), sources, operands, results, rows));
        }
        return loops.isEmpty() ? Optional.empty() : Optional.of(loops);
    }

    static int length(Slot slot) {
        return slot.type().shape().length();
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (scan.length() == 0) {
            for (int i = 0; i < scan.carries(); i++) {
                System.arraycopy(operands.get(i).array(frame), operands.get(i).offset(frame), results.get(i).array(frame),
                        results.get(i).offset(frame), length(results.get(i)));
            }
        }
        for (int i = scan.carries() + scan.sequences(); i < derived.length; i++) {
            own[i].change();
            Derived known = operands.get(i).derived(frame);
            derived[i] = known == null ? own[i] : known;
        }
        if (isWarm()) {
            blocks.run(frame, pool, loops.length);
        } else {
            // HotSpot's compilers need a processor for themselves.
            blocks.run(frame, Pool.alone(), loops.length);
        }
    }

    @Override
    public boolean isWarm() {
        if (!warm) {
            warm = Arrays.stream(loops).allMatch(ScanLoop::isWarm);
        }
        return warm;
    }

    private void block(Frame frame, int block) {
        loops[block].run(frame, derived);
    }
}
