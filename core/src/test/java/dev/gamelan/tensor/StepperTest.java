package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertNear;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gamelan.runtime.Backend;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import dev.gamelan.tensor.Stepper.Next;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class StepperTest {

    record State(Tensor w, Tensor count) implements Tree {}

    private static Stepper<State, Tensor, Tensor> counting(AtomicInteger traces) {
        return Stepper.of(new State(Tensor.of(1, 2), Tensor.ofInts(0)), (State s, Tensor x) -> {
            traces.incrementAndGet();
            return new Next<>(new State(s.w().add(x), s.count().add(1)), s.w().sum());
        });
    }

    @Test
    void stateMovesOn() {
        AtomicInteger traces = new AtomicInteger();
        Stepper<State, Tensor, Tensor> stepper = counting(traces);
        assertEquals(3, stepper.step(Tensor.of(1, 1)).item());
        assertEquals(5, stepper.step(Tensor.of(1, 1)).item());
        State copy = stepper.state();
        assertNear(copy.w(), 3, 4);
        assertEquals(7, stepper.step(Tensor.scalar(0)).item());
        stepper.step(Tensor.of(5, 5));
        assertNear(copy.w(), 3, 4);
        assertEquals(4, stepper.steps());
        assertEquals(4, stepper.state().count().itemInt());
        assertEquals(2, traces.get());
    }

    @Test
    void theInitialStateIsNotTouched() {
        Tensor w = Tensor.of(1, 2);
        Stepper<State, Tensor, Tensor> stepper = Stepper.of(new State(w, w),
                (State s, Tensor x) -> new Next<>(new State(s.w().add(x), s.count()), x));
        stepper.step(Tensor.of(1, 1));
        assertNear(w, 1, 2);
        assertNear(stepper.state().count(), 1, 2);
    }

    @Test
    void statesThatSwapAndOutputsThatAreStates() {
        Stepper<Pair<Tensor, Tensor>, Tensor, Pair<Tensor, Tensor>> stepper = Stepper.of(new Pair<>(Tensor.of(1), Tensor.of(2)),
                (Pair<Tensor, Tensor> s, Tensor x) -> new Next<>(new Pair<>(s.second(), s.first()), s));
        List<Pair<Tensor, Tensor>> seen = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            seen.add(stepper.step(Tensor.of(0)));
        }
        assertNear(seen.get(0).first(), 1);
        assertNear(seen.get(1).first(), 2);
        assertNear(seen.get(2).first(), 1);
        assertNear(stepper.state().first(), 2);
    }

    @Test
    void outputsThatAreNextStatesAreNotOverwritten() {
        Stepper<Tensor, Tensor, Tensor> stepper = Stepper.of(Tensor.of(0), (Tensor s, Tensor x) -> {
            Tensor next = s.add(x);
            return new Next<>(next, next);
        });
        Tensor first = stepper.step(Tensor.of(1));
        Tensor second = stepper.step(Tensor.of(1));
        assertNear(first, 1);
        assertNear(second, 2);
    }

    @Test
    void inputsMayBeLazy() {
        Stepper<Tensor, Tensor, Tensor> stepper = Stepper.of(Tensor.of(0),
                (Tensor s, Tensor x) -> new Next<>(s.add(x), x));
        stepper.step(Tensor.of(1).add(1));
        assertNear(stepper.state(), 2);
    }

    @Test
    void errors() {
        Stepper<Tensor, Tensor, Tensor> grows = Stepper.of(Tensor.of(0),
                (Tensor s, Tensor x) -> new Next<>(Tensors.concat(0, s, x), x));
        ShapeException e = assertThrows(ShapeException.class, () -> grows.step(Tensor.of(1)));
        assertTrue(e.getMessage().contains("FLOAT32(2,) for FLOAT32(1,)"), e.getMessage());
        assertNear(grows.state(), 0);
        Stepper<Tensor, Tensor, Tensor> stepper = Stepper.of(Tensor.of(0),
                (Tensor s, Tensor x) -> new Next<>(s.add(x), x));
        assertThrows(TraceException.class, () -> Functions.grad((Tensor x) -> stepper.step(x).sum())
                .apply(Tensor.of(1)));
        stepper.step(Tensor.of(1));
        assertEquals(1, stepper.steps());
    }

    @Test
    void twoThreadsThatMeetAreTold() throws InterruptedException {
        Stepper<Tensor, Tensor, Tensor> stepper = Stepper.of(Tensor.zeros(300, 300),
                (Tensor s, Tensor x) -> new Next<>(s.matmul(s).add(x), x));
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int j = 0; j < 20; j++) {
                        stepper.step(Tensor.scalar(0));
                    }
                } catch (IllegalStateException e) {
                    failures.add(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertTrue(!failures.isEmpty());
        assertInstanceOf(IllegalStateException.class, failures.getFirst());
    }

    @Test
    @Tag("alone")
    void steadyStepsAllocateLittle() {
        assumeTrue("jvm".equals(Backend.preferred().name()), "the reference interpreter allocates as it likes");
        record Weights(Tensor a, Tensor b, TensorMap more) implements Tree {}
        Weights initial = new Weights(Tensor.zeros(500), Tensor.zeros(500),
                TensorMap.of("x", Tensor.zeros(500)).with("y", Tensor.zeros(500)));
        Stepper<Weights, Tensor, Tensor> stepper = Stepper.of(initial,
                (Weights w, Tensor x) -> new Next<>(Trees.map(w, p -> p.add(x)), x.sum()));
        Tensor x = Tensor.of(1);
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long perStep = Long.MAX_VALUE;
        for (int round = 0; round < 100 && perStep > 1500; round++) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1000; i++) {
                stepper.step(x);
            }
            perStep = (threads.getCurrentThreadAllocatedBytes() - before) / 1000;
        }
        assertTrue(perStep <= 1500, perStep + " bytes per step");
    }

    @Test
    void changingStatesGrowAndComeBack() {
        Stepper<TensorMap, Tensor, Tensor> stepper = Stepper.changing(TensorMap.of(), (TensorMap s, Tensor x) -> {
            Tensor all = s.contains("all") ? Tensors.concat(0, s.get("all"), x) : x;
            return new Next<>(TensorMap.of("all", all), all.sum());
        });
        for (int i = 1; i <= 4; i++) {
            assertEquals(i * (i + 1) / 2, stepper.step(Tensor.of(i)).item());
        }
        assertNear(stepper.state().get("all"), 1, 2, 3, 4);
        stepper.restart(TensorMap.of("all", Tensor.of(10, 20)));
        assertEquals(33, stepper.step(Tensor.of(3)).item());
        stepper.restart(TensorMap.of());
        assertEquals(5, stepper.step(Tensor.of(5)).item());
    }

    @Test
    void forksGoTheirOwnWays() {
        AtomicInteger traces = new AtomicInteger();
        Stepper<State, Tensor, Tensor> stepper = counting(traces);
        stepper.step(Tensor.of(1, 1));
        Stepper<State, Tensor, Tensor> fork = stepper.fork();
        Stepper<State, Tensor, Tensor> second = fork.fork();
        stepper.step(Tensor.of(1, 1));
        fork.step(Tensor.of(10, 10));
        fork.step(Tensor.of(10, 10));
        assertNear(stepper.state().w(), 3, 4);
        assertNear(fork.state().w(), 22, 23);
        assertNear(second.state().w(), 2, 3);
        assertEquals(1, traces.get());
    }

    @Test
    void restartingCopiesAndChecks() {
        Stepper<State, Tensor, Tensor> stepper = counting(new AtomicInteger());
        Tensor w = Tensor.of(5, 5);
        stepper.restart(new State(w, Tensor.ofInts(0)));
        stepper.step(Tensor.of(1, 1));
        assertNear(w, 5, 5);
        assertNear(stepper.state().w(), 6, 6);
        ShapeException e = assertThrows(ShapeException.class, () -> stepper.restart(new State(Tensor.of(1), Tensor.ofInts(0))));
        assertTrue(e.getMessage().contains("FLOAT32(1,)"), e.getMessage());
        assertNear(stepper.state().w(), 6, 6);
    }

    @Test
    void aStepThatFailedHalfwayIsNotGoneOnFrom() {
        Stepper<Tensor, Tensor, Tensor> stepper = Stepper.of(Tensor.of(1, 2, 3),
                (Tensor s, Tensor at) -> new Next<>(s.add(1), s.take(0, at)));
        assertThrows(IndexOutOfBoundsException.class, () -> stepper.step(Tensor.ofInts(7)));
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> stepper.step(Tensor.ofInts(1)));
        assertTrue(e.getMessage().contains("restart"), e.getMessage());
        stepper.restart(Tensor.of(4, 5, 6));
        assertNear(stepper.step(Tensor.ofInts(1)), 5);
    }
}
