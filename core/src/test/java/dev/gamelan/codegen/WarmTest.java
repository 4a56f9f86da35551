package dev.gamelan.codegen;

import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class WarmTest {
    /** Takes sums, so that they have to be computed. */
    private static final AtomicInteger SUMS = new AtomicInteger();

    /** A kernel that takes as long as its number says. */
    private record Turns(int count) implements Runnable {
        @Override
        public void run() {
            int sum = 0;
            for (int i = 0; i < count; i++) {
                sum = sum * 31 + i;
            }
            SUMS.addAndGet(sum);
        }
    }

    private static Runnable used(Turns kernel, Turns refined) {
        Warm<Runnable> second = Warm.later(() -> refined, (k, _) -> k.run());
        Warm<Runnable> first = Warm.later(() -> kernel, (k, _) -> k.run(), Warm.KERNEL, second);
        // Each wait ends after two seconds, while other kernels are warmed up.
        for (int i = 0; i < 30 && !first.isReady(); i++) {
            first.await();
        }
        for (int i = 0; i < 30 && !second.isReady(); i++) {
            second.await();
        }
        // The two are compared once the second is ready; the next kernel's turn comes afterwards.
        Warm<Runnable> next = Warm.later(() -> kernel, (k, _) -> k.run());
        for (int i = 0; i < 30 && !next.isReady(); i++) {
            next.await();
        }
        return first.kernel();
    }

    @Test
    void aRefinedKernelIsUsedOnceItIsReady() {
        Turns refined = new Turns(20_000);
        assertSame(refined, used(new Turns(40_000), refined));
    }

    @Test
    void aRefinedKernelThatIsSlowerIsNot() {
        Turns kernel = new Turns(2_000);
        assertSame(kernel, used(kernel, new Turns(200_000)));
    }
}
