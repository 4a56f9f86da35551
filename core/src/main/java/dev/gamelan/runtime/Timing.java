package dev.gamelan.runtime;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** How often each instruction ran and how long it took, printed when the process ends. */
final class Timing {

    private static final List<Timing> ALL = new ArrayList<>();
    private static final int SHOWN = 40;

    private final String name;
    private final LongAdder calls = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private final LongAdder bytes = new LongAdder();

    private Timing(String name) {
        this.name = name;
    }

    static synchronized Timing of(Instruction instruction) {
        if (ALL.isEmpty()) {
            Runtime.getRuntime().addShutdownHook(new Thread(Timing::print));
        }
        Timing timing = new Timing(instruction.toString());
        ALL.add(timing);
        return timing;
    }

    /** Runs an instruction and counts what it took; bytes are those that the calling thread allocated. */
    void run(Instruction instruction, Frame frame, Pool pool) {
        long allocated = Allocation.bytes();
        long start = System.nanoTime();
        instruction.run(frame, pool);
        nanos.add(System.nanoTime() - start);
        bytes.add(Allocation.bytes() - allocated);
        calls.increment();
    }

    private static synchronized void print() {
        StringBuilder table = new StringBuilder("    calls   total ms    us/call  bytes/call  step\n");
        ALL.stream().filter(timing -> timing.calls.sum() > 0).sorted(Comparator.comparingLong((Timing timing) -> -timing.nanos.sum()))
                .limit(SHOWN).forEach(timing -> table.append("%9d %10.1f %10.1f %11d  %s%n".formatted(timing.calls.sum(),
                        timing.nanos.sum() / 1e6, timing.nanos.sum() / 1e3 / timing.calls.sum(),
                        timing.bytes.sum() / timing.calls.sum(), timing.name)));
        Debug.print("time", table);
    }
}
