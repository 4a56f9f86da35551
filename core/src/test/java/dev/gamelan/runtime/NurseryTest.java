package dev.gamelan.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class NurseryTest {

    private static final int MANY = 1 << 24;

    private final AtomicLong used = new AtomicLong(100 << 20);
    private final AtomicInteger collected = new AtomicInteger();

    @Test
    void collectsOnceWhenMuchHasPiledUp() {
        Nursery nursery = new Nursery(false, used::get, collected::incrementAndGet);
        nursery.ran(MANY);
        used.addAndGet(Nursery.SPARE);
        nursery.ran(MANY);
        assertEquals(0, collected.get());
        used.incrementAndGet();
        nursery.ran(1);
        assertEquals(0, collected.get(), "looked before much was computed");
        nursery.ran(MANY);
        nursery.ran(MANY);
        assertEquals(1, collected.get());
    }

    @Test
    void doesNothingInAJvmWithAnotherNursery() {
        Nursery nursery = new Nursery(true, used::get, collected::incrementAndGet);
        nursery.ran(MANY);
        used.set(1L << 40);
        nursery.ran(MANY);
        assertEquals(0, collected.get());
    }
}
