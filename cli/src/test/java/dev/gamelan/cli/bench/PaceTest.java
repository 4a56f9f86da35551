package dev.gamelan.cli.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class PaceTest {

    @Test
    void noticesWhenItGotFast() throws InterruptedException {
        Pace pace = new Pace(10);
        Thread.sleep(60);
        pace.passed(1);
        Thread.sleep(60);
        pace.passed(1_000_000);
        assertTrue(pace.reached(1) >= 10.06 && pace.reached(1) < 10.12 + 1, "slow: " + pace.reached(1));
        assertTrue(pace.reached(1000) >= 10.12, "fast: " + pace.reached(1000));
        assertTrue(Double.isNaN(pace.reached(1e12)));
    }

    @Test
    void plansTravelAsArguments() {
        Plan plan = new Plan(0.5, 3, 1.25);
        assertEquals(plan, Plan.of(plan.arguments()));
        assertThrows(IllegalArgumentException.class, () -> new Plan(-1, 3, 1));
        assertThrows(IllegalArgumentException.class, () -> Plan.of(List.of("1", "0", "1")));
    }

    @Test
    void figuresAreLinesOfJson() {
        assertEquals("{\"peer\":\"gamelan\",\"workload\":\"w6\",\"metric\":\"softmax\",\"value\":1.50000,\"unit\":\"ms\",\"threads\":2,"
                + "\"min\":1.00000,\"max\":2.00000,\"repeats\":5}", new Figure("w6", "softmax", 1.5, "ms", 2, 1, 2, 5).json());
    }
}
