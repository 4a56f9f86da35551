package dev.gamelan.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.gamelan.plan.MemoryPlan;
import dev.gamelan.shape.DType;
import org.junit.jupiter.api.Test;

class ArenaTest {

    /** A kind that no other test has so much of. */
    private static final int KIND = MemoryPlan.arenaOf(DType.FLOAT16);
    private static final int LENGTH = 3 << 20;

    @Test
    void programsShareWhatIsIdle() {
        Arena first = Arena.borrow(KIND, LENGTH);
        Object array = first.array();
        Arena second = Arena.borrow(KIND, LENGTH);
        assertNotSame(array, second.array());
        first.giveBack();

        Arena shorter = Arena.borrow(KIND, LENGTH - 5);
        assertSame(array, shorter.array());
        Arena longer = Arena.borrow(KIND, LENGTH + 1);
        assertEquals(LENGTH + 1, ((short[]) longer.array()).length);
        second.giveBack();
        Arena longest = Arena.borrow(KIND, LENGTH + 2);
        assertNotSame(second, Arena.borrow(KIND, LENGTH), "what was too short has made room");
        longer.giveBack();
        longest.giveBack();
        shorter.giveBack();
    }
}
