package dev.gamelan.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Hears Ctrl-C and lets the work come to a good end: the JVM waits for {@link #close} before it goes. Its exit status is
 * then the one of the signal, 130.
 */
final class Interrupt implements AutoCloseable {

    private static final long PATIENCE_SECONDS = 60;

    private final CountDownLatch finished = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stop, "gamelan-interrupt");
    private volatile boolean requested;

    Interrupt() {
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Whether the work should end as soon as it can. */
    boolean requested() {
        return requested;
    }

    /** Asks the work to end, and waits until it has. */
    void stop() {
        requested = true;
        try {
            boolean _ = finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        finished.countDown();
        if (!requested) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                // The JVM is already going.
            }
        }
    }
}
