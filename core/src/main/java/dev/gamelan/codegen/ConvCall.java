package dev.gamelan.codegen;

import dev.gamelan.codegen.Convolution.PixelsDone;
import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One run of a convolution: its operands, and what its tasks share. Reused by later runs, which make no objects. */
abstract class ConvCall {
    Pool pool = Pool.shared();
    Object left = this;
    int leftOffset;
    /** Nothing to be read where {@link #isRightStored}. */
    Object right = this;
    int rightOffset;
    Object result = this;
    int resultOffset;
    @Nullable Derived derived;
    private @Nullable PixelsDone watcher;
    private int pixels;
    private int chunk;
    private boolean isRightStored;
    private final Pool.Task reportTask = (task, _) -> done(task * chunk, Math.min(pixels, (task + 1) * chunk));

    /** Computes the result from the operands in the fields. */
    abstract void compute();

    /** Whether it can do without the right array, where that has not been read. */
    boolean readsStored() {
        return false;
    }

    /** Whether {@link #derived} has the values of the right operand, which have not been read. */
    boolean isRightStored() {
        return isRightStored;
    }

    void run(Pool pool, Object left, int leftOffset, @Nullable Object right, int rightOffset, Object result, int resultOffset,
            @Nullable PixelsDone watcher, @Nullable Derived derived) {
        this.pool = pool;
        this.left = left;
        this.leftOffset = leftOffset;
        this.isRightStored = right == null && readsStored();
        this.right = right != null ? right : isRightStored ? this : Objects.requireNonNull(derived).values();
        this.rightOffset = rightOffset;
        this.result = result;
        this.resultOffset = resultOffset;
        this.watcher = watcher;
        this.derived = derived;
        try {
            compute();
        } finally {
            this.left = this;
            this.right = this;
            this.result = this;
            this.watcher = null;
            this.derived = null;
        }
    }

    /** Who is told about finished pixels, if anybody is. */
    @Nullable PixelsDone watcher() {
        return watcher;
    }

    /** Tells about finished pixels. */
    void done(int from, int to) {
        PixelsDone told = watcher;
        if (told != null) {
            told.pixels(from, to);
        }
    }

    /** Reports all pixels at the end, where no task can know that it was the last to work on a pixel. */
    void allDone(int count) {
        if (watcher != null && count > 0) {
            pixels = count;
            chunk = Math.ceilDiv(count, 2 * pool.workers());
            pool.run(Math.ceilDiv(count, chunk), reportTask);
        }
    }
}
