package dev.gamelan.cli;

import dev.gamelan.domains.data.Progress;
import java.io.PrintWriter;

/** Counts on one line, at most ten times a second, and only if the work takes long enough to be watched. */
final class ProgressLine implements Progress {

    private static final long EVERY_NANOS = 100_000_000;

    private final PrintWriter err;
    private long next = System.nanoTime() + 5 * EVERY_NANOS;
    private boolean shown;

    ProgressLine(PrintWriter err) {
        this.err = err;
    }

    @Override
    public synchronized void update(String what, long done, long total) {
        boolean last = done == total;
        if (System.nanoTime() < next && !(last && shown)) {
            return;
        }
        String count = total > 0 ? done * 100 / total + " %" : done / 1_000_000 + " MB";
        err.print("\r" + what + " " + count + (last ? "\n" : ""));
        err.flush();
        shown = !last;
        next = System.nanoTime() + EVERY_NANOS;
    }
}
