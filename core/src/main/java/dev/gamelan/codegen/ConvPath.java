package dev.gamelan.codegen;

import dev.gamelan.codegen.Convolution.PixelsDone;
import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A way to compute a convolution or a gradient of one, which keeps the object of a run for the next. */
abstract class ConvPath implements Convolution.Run {
    private final AtomicReference<@Nullable ConvCall> spare = new AtomicReference<>();

    /** An object for a run, where several take place at the same time. */
    abstract ConvCall newCall();

    @Override
    public final void run(Pool pool, Object left, int leftOffset, @Nullable Object right, int rightOffset, Object result, int resultOffset,
            @Nullable PixelsDone done, @Nullable Derived derived) {
        ConvCall call = spare.getAndSet(null);
        if (call == null) {
            call = newCall();
        }
        call.run(pool, left, leftOffset, right, rightOffset, result, resultOffset, done, derived);
        spare.set(call);
    }
}
