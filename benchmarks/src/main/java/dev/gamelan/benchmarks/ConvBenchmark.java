package dev.gamelan.benchmarks;

import dev.gamelan.ir.Data;
import dev.gamelan.tensor.Functions;
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

/** Convolutions of LeNet and of residual networks, and their gradients. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-XX:+UseParallelGC"})
public class ConvBenchmark {

    /** batch x side x channels x filters x kernel x stride. */
    @Param({"64x28x1x32x5x1", "64x14x32x64x5x1", "8x224x3x64x7x2", "8x56x64x64x3x1", "8x56x64x128x3x2", "8x28x128x128x3x1",
            "8x14x256x256x3x1",
            "8x7x512x512x3x1", "8x56x64x128x1x2", "64x32x16x16x3x1", "64x8x64x64x3x1", "1x56x64x64x3x1"})
    public String shape = "";

    private Tensor x = Tensor.zeros(0);
    private Tensor kernel = Tensor.zeros(0);
    private int stride = 1;
    private final Program2<Tensor, Tensor, Tensor> forward = Functions.compile(this::convolve);
    private final Program2<Tensor, Tensor, Tensor> inputGradient = Functions.compile(
            (Tensor in, Tensor w) -> Functions.grad((Tensor at) -> convolve(at, w).sum()).apply(in));
    private final Program2<Tensor, Tensor, Tensor> kernelGradient = Functions.compile(
            (Tensor in, Tensor w) -> Functions.grad((Tensor at) -> convolve(in, at).sum()).apply(w));

    @Setup
    public void makeTensors() {
        int[] dims = Shapes.parse(shape);
        x = RandomKey.of(1).normal(dims[0], dims[1], dims[1], dims[2]).eval();
        kernel = RandomKey.of(2).normal(dims[4], dims[4], dims[2], dims[3]).eval();
        stride = dims[5];
    }

    private Tensor convolve(Tensor in, Tensor w) {
        int pad = w.dim(0) / 2;
        return Tensors.conv(in, w, new int[] {stride, stride}, new int[] {pad, pad}, new int[] {1, 1}, 1);
    }

    @Benchmark
    public Data forward() {
        return forward.apply(x, kernel).data();
    }

    @Benchmark
    public Data inputGradient() {
        return inputGradient.apply(x, kernel).data();
    }

    @Benchmark
    public Data kernelGradient() {
        return kernelGradient.apply(x, kernel).data();
    }
}
