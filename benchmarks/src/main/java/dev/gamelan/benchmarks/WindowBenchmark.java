package dev.gamelan.benchmarks;

import dev.gamelan.ir.Data;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Program;
import dev.gamelan.tensor.Program2;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What slides a window over each channel alone: pooling and depthwise convolutions, with their gradients. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-XX:+UseParallelGC"})
public class WindowBenchmark {

    private static final int KERNEL = 3;

    /** batch x side x channels. */
    @Param({"64x28x32", "8x112x64", "1x14x512"})
    public String shape = "";

    private Tensor x = Tensor.zeros(0);
    private Tensor kernel = Tensor.zeros(0);
    private final Program<Tensor, Tensor> max = Functions.compile((Tensor in) -> Tensors.maxPool(in, 2, 2));
    private final Program<Tensor, Tensor> maxGradient = Functions
            .compile((Tensor in) -> Functions.grad((Tensor at) -> Tensors.maxPool(at, 2, 2).sum()).apply(in));
    private final Program<Tensor, Tensor> average = Functions.compile((Tensor in) -> Tensors.avgPool(in, 2, 2));
    private final Program2<Tensor, Tensor, Tensor> depthwise = Functions.compile(WindowBenchmark::convolve);
    private final Program2<Tensor, Tensor, Tensor> depthwiseInput = Functions
            .compile((Tensor in, Tensor w) -> Functions.grad((Tensor at) -> convolve(at, w).sum()).apply(in));
    private final Program2<Tensor, Tensor, Tensor> depthwiseKernel = Functions
            .compile((Tensor in, Tensor w) -> Functions.grad((Tensor at) -> convolve(in, at).sum()).apply(w));

    @Setup
    public void makeTensors() {
        int[] dims = Shapes.parse(shape);
        x = RandomKey.of(1).normal(dims[0], dims[1], dims[1], dims[2]).eval();
        kernel = RandomKey.of(2).normal(KERNEL, KERNEL, 1, dims[2]).eval();
    }

    private static Tensor convolve(Tensor in, Tensor w) {
        return Tensors.conv(in, w, new int[] {1, 1}, new int[] {KERNEL / 2, KERNEL / 2}, new int[] {1, 1}, in.dim(-1));
    }

    @Benchmark
    public Data maxPool() {
        return max.apply(x).data();
    }

    @Benchmark
    public Data maxPoolGradient() {
        return maxGradient.apply(x).data();
    }

    @Benchmark
    public Data averagePool() {
        return average.apply(x).data();
    }

    @Benchmark
    public Data depthwise() {
        return depthwise.apply(x, kernel).data();
    }

    @Benchmark
    public Data depthwiseInputGradient() {
        return depthwiseInput.apply(x, kernel).data();
    }

    @Benchmark
    public Data depthwiseKernelGradient() {
        return depthwiseKernel.apply(x, kernel).data();
    }
}
