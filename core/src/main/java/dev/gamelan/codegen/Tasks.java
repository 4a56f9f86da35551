package dev.gamelan.codegen;

import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Pool;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Tasks of an instruction on the frame of its current run, which are run without making an object for each run. */
final class Tasks {

    /** One of the tasks. */
    @FunctionalInterface
    interface Body {
        void run(Frame frame, int task, int worker);
    }

    private final Pool.Task task;
    private @Nullable Frame current;

    Tasks(Body body) {
        this.task = (number, worker) -> body.run(Objects.requireNonNull(current), number, worker);
    }

    /** Returns when all tasks have finished. An instruction is run by one thread at a time. */
    void run(Frame frame, Pool pool, int count) {
        current = frame;
        try {
            pool.run(count, task);
        } finally {
            current = null;
        }
    }
}
