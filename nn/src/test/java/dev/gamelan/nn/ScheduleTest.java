package dev.gamelan.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ScheduleTest {

    private static void check(Schedule schedule, long step, double expected) {
        assertEquals(expected, schedule.valueAt(step), 1e-6 * Math.max(1e-3, Math.abs(expected)), schedule + " at " + step);
    }

    @Test
    void constantStays() {
        check(Schedule.constant(0.3), 0, 0.3);
        check(Schedule.constant(0.3), 1_000_000, 0.3);
    }

    @Test
    void cosineFallsToItsFloor() {
        Schedule cosine = Schedule.cosine(1, 0.2, 100);
        check(cosine, 0, 1);
        check(cosine, 50, 0.6);
        check(cosine, 25, 0.2 + 0.4 * (1 + Math.cos(Math.PI / 4)));
        check(cosine, 100, 0.2);
        check(cosine, 1000, 0.2);
    }

    @Test
    void linearGoesAllTheWay() {
        check(Schedule.linear(2, 1, 10), 0, 2);
        check(Schedule.linear(2, 1, 10), 3, 1.7);
        check(Schedule.linear(2, 1, 10), 11, 1);
    }

    @Test
    void exponentialIsSmoothAndStepIsNot() {
        check(Schedule.exponential(1, 0.5, 10), 5, Math.sqrt(0.5));
        check(Schedule.step(1, 0.5, 10), 9, 1);
        check(Schedule.step(1, 0.5, 10), 10, 0.5);
        check(Schedule.step(1, 0.5, 10), 25, 0.25);
    }

    @Test
    void warmupRisesToTheSchedule() {
        Schedule warm = Schedule.constant(2).warmup(4);
        check(warm, 0, 0.5);
        check(warm, 2, 1.5);
        check(warm, 3, 2);
        check(warm, 100, 2);
    }
}
