package dev.gamelan.tensor;

import static dev.gamelan.tensor.Near.assertNear;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gamelan.runtime.Backend;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import dev.gamelan.tensor.Stepper.Next;
import java.lang.management.ManagementFactory;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BindingTest {

    record In(Tensor matrix, Tensor ids) implements Tree {}

    record Out(Tensor product, Tensor next) implements Tree {}

    @Test
    void runsOnWhatItsArraysHold() {
        Program<In, Out> program = Functions.compile((In in) -> new Out(in.matrix.matmul(in.matrix.transpose()), in.ids.add(1)));
        Tensor example = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).eval();
        Binding<In, Out> binding = program.bind(new In(example, Tensor.ofInts(7)));
        float[] matrix = binding.floats(binding.input().matrix());
        int[] ids = binding.ints(binding.input().ids());
        float[] product = binding.floats(binding.output().product());
        for (int i = 0; i < 5; i++) {
            ids[0] = i;
            matrix[0] = i;
            binding.run();
            float other = 3 * i + 8;
            assertArrayEquals(new float[] {i * i + 4, other, other, 25}, product);
            assertEquals(i + 1, binding.ints(binding.output().next())[0]);
            assertEquals(i + 1, binding.output().next().itemInt());
        }
        assertNear(example, 1, 2, 3, 4);
    }

    @Test
    void twoArgumentsAreAPair() {
        Binding<Pair<Tensor, Tensor>, Tensor> binding = Functions.compile((Tensor a, Tensor b) -> a.sub(b)).bind(Tensor.of(3),
                Tensor.of(1));
        binding.run();
        assertNear(binding.output(), 2);
        binding.floats(binding.input().second())[0] = 5;
        binding.run();
        assertNear(binding.output(), -2);
    }

    @Test
    void anInputThatComesOutIsCopied() {
        Binding<Tensor, Tensor> binding = Functions.compile((Tensor x) -> x).bind(Tensor.of(3));
        binding.run();
        float[] out = binding.floats(binding.output());
        binding.floats(binding.input())[0] = 4;
        assertEquals(3, out[0]);
        binding.run();
        assertEquals(4, out[0]);
    }

    @Test
    void eachRunIsAStep() {
        Stepper<Tensor, Tensor, Tensor> stepper = Stepper.of(Tensor.of(1, 2), (Tensor s, Tensor x) -> {
            Tensor next = s.add(x);
            return new Next<>(next, next.mul(2));
        });
        Binding<Tensor, Tensor> binding = stepper.bind(Tensor.of(1, 1));
        Stepper<Tensor, Tensor, Tensor> fork = stepper.fork();
        binding.run();
        assertNear(binding.output(), 4, 6);
        binding.floats(binding.input())[0] = 10;
        binding.run();
        assertNear(binding.output(), 24, 8);
        assertNear(stepper.step(Tensor.of(0, 0)), 24, 8);
        assertEquals(3, stepper.steps());
        assertNear(fork.state(), 1, 2);
        stepper.restart(Tensor.of(0, 0));
        binding.run();
        assertNear(binding.output(), 20, 2);
    }

    @Test
    void stepsMayChangeTheKindOfState() {
        Stepper<TensorMap, Tensor, Tensor> stepper = Stepper.changing(TensorMap.of(), (TensorMap s, Tensor x) -> {
            Tensor sum = s.contains("sum") ? s.get("sum").add(x) : x;
            return new Next<>(TensorMap.of("sum", sum), sum.mul(3));
        });
        Binding<Tensor, Tensor> binding = stepper.bind(Tensor.of(2));
        float[] out = binding.floats(binding.output());
        for (int i = 1; i <= 4; i++) {
            binding.run();
            assertEquals(6 * i, out[0]);
        }
        assertNear(stepper.state().get("sum"), 8);
    }

    @Test
    void anotherOutputIsRefusedAndTheStateStays() {
        Stepper<TensorMap, Tensor, Tensor> stepper = Stepper.changing(TensorMap.of(), (TensorMap s, Tensor x) -> {
            Tensor all = s.contains("all") ? Tensors.concat(0, s.get("all"), x) : x;
            return new Next<>(TensorMap.of("all", all), all);
        });
        Binding<Tensor, Tensor> binding = stepper.bind(Tensor.of(2));
        binding.run();
        assertThrows(ShapeException.class, binding::run);
        assertNear(stepper.step(Tensor.of(3)), 2, 3);
    }

    @Test
    @Tag("alone")
    void aRunAllocatesNothing() {
        assumeTrue("jvm".equals(Backend.preferred().name()), "the reference interpreter allocates as it likes");
        Tensor weight = RandomKey.of(1).normal(40, 30).eval();
        Binding<Tensor, Tensor> program = Functions.compile((Tensor x) -> x.matmul(weight).tanh().softmax(-1)).bind(Tensor.ones(3, 40));
        Binding<Tensor, Tensor> step = Stepper.of(Tensor.zeros(3, 30), (Tensor s, Tensor x) -> {
            Tensor next = s.mul(0.5).add(x.matmul(weight));
            return new Next<>(next, next.sum(-1));
        }).bind(Tensor.ones(3, 40));
        assertEquals(0, leastAllocated(program));
        assertEquals(0, leastAllocated(step));
    }

    /** Each of the ways of {@code docs/decisions/0012-minimal-filtering.md}, and those of their gradients. */
    @Test
    @Tag("alone")
    void convolutionsAllocateNothing() {
        assumeTrue("jvm".equals(Backend.preferred().name()), "the reference interpreter allocates as it likes");
        Function<Tensor, Tensor> network = x -> {
            Tensor direct = convolution(x, 3, 1, 3, 32, 1, 1).relu();
            Tensor filtered = convolution(direct, 3, 1, 32, 32, 1, 1).relu();
            Tensor pointwise = convolution(filtered, 1, 1, 32, 48, 1, 1).relu();
            Tensor apart = convolution(pointwise, 3, 1, 1, 48, 1, 48).relu();
            Tensor patches = convolution(apart, 3, 2, 48, 40, 1, 1).relu();
            Tensor dilated = convolution(patches, 3, 1, 40, 20, 2, 1).relu();
            return convolution(dilated, 3, 1, 10, 20, 1, 2);
        };
        assertEquals(0, leastAllocated(Functions.compile(network).bind(Tensor.ones(2, 12, 12, 3))));
        Function<Tensor, Tensor> gradient = Functions.grad(x -> network.apply(x).square().sum());
        assertEquals(0, leastAllocated(Functions.compile(gradient).bind(Tensor.ones(2, 12, 12, 3))));
        Tensor line = RandomKey.of(4).normal(3, 64, 64).eval();
        Function<Tensor, Tensor> lines = x -> Tensors.conv(x, line, new int[] {1}, new int[] {2}, new int[] {2}, 1).relu();
        assertEquals(0, leastAllocated(Functions.compile(lines).bind(Tensor.ones(2, 100, 64))));
        Function<Tensor, Tensor> kernelGradients = Functions.grad(w -> {
            Tensor x = Tensor.ones(4, 12, 12, 32);
            Tensor filtered = Tensors.conv(x, w, new int[] {1, 1}, new int[] {1, 1}, new int[] {1, 1}, 1);
            Tensor strided = Tensors.conv(filtered, w, new int[] {2, 2}, new int[] {1, 1}, new int[] {1, 1}, 1);
            Tensor apart = Tensors.conv(strided, w.mean(2).reshape(3, 3, 1, 32), new int[] {1, 1}, new int[] {1, 1}, new int[] {1, 1}, 32);
            Tensor grouped = Tensors.conv(apart, w.slice(2, 0, 16), new int[] {1, 1}, new int[] {1, 1}, new int[] {1, 1}, 2);
            return grouped.square().sum();
        });
        assertEquals(0, leastAllocated(Functions.compile(kernelGradients).bind(RandomKey.of(2).normal(3, 3, 32, 32).eval())));
    }

    private static Tensor convolution(Tensor x, int taps, int stride, int in, int out, int dilation, int groups) {
        Tensor kernel = RandomKey.of(taps * in + out).normal(taps, taps, in, out).mul(0.1).eval();
        int pad = taps / 2 * dilation;
        return Tensors.conv(x, kernel, new int[] {stride, stride}, new int[] {pad, pad}, new int[] {dilation, dilation}, groups);
    }

    private static long leastAllocated(Binding<?, ?> binding) {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = Long.MAX_VALUE;
        long end = System.nanoTime() + 60_000_000_000L;
        while (least > 0 && System.nanoTime() < end) {
            long before = threads.getCurrentThreadAllocatedBytes();
            for (int i = 0; i < 1000; i++) {
                binding.run();
            }
            least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
        }
        return least;
    }

    @Test
    void wrongUseIsExplained() {
        Binding<Tensor, Tensor> binding = Functions.compile((Tensor x) -> x.add(1)).bind(Tensor.of(3));
        assertTrue(assertThrows(IllegalArgumentException.class, () -> binding.floats(Tensor.of(1))).getMessage()
                .contains("input() or output()"));
        assertTrue(assertThrows(DTypeException.class, () -> binding.ints(binding.input())).getMessage().contains("float[]"));
        Program<Tensor, Tensor> inner = Functions.compile((Tensor x) -> x);
        assertThrows(TraceException.class, () -> Functions.compile((Tensor x) -> inner.bind(x).output()).apply(Tensor.of(1)));
        assertSame(binding.input(), binding.running(() -> {}).input());
    }
}
