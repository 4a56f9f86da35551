package dev.gamelan.benchmarks;

import dev.gamelan.ir.Data;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Program2;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
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

/** Products of matrices: square, those of small networks, vectors, and with either side transposed as in gradients. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-XX:+UseParallelGC"})
public class GemmBenchmark {

    /** m x k x n. */
    @Param({"64x64x64", "256x256x256", "1024x1024x1024", "64x784x512", "1x1024x1024", "128x768x3072", "32x256x1024", "2048x384x384"})
    public String shape = "";

    private Tensor a = Tensor.zeros(0);
    private Tensor b = Tensor.zeros(0);
    private Tensor turnedA = Tensor.zeros(0);
    private Tensor turnedB = Tensor.zeros(0);
    private final Program2<Tensor, Tensor, Tensor> plain = Functions.compile((Tensor x, Tensor y) -> x.matmul(y));
    private final Program2<Tensor, Tensor, Tensor> left = Functions.compile((Tensor x, Tensor y) -> x.transpose().matmul(y));
    private final Program2<Tensor, Tensor, Tensor> right = Functions.compile((Tensor x, Tensor y) -> x.matmul(y.transpose()));

    @Setup
    public void makeMatrices() {
        int[] dims = Shapes.parse(shape);
        a = RandomKey.of(1).normal(dims[0], dims[1]).eval();
        b = RandomKey.of(2).normal(dims[1], dims[2]).eval();
        turnedA = a.transpose().eval();
        turnedB = b.transpose().eval();
    }

    @Benchmark
    public Data product() {
        return plain.apply(a, b).data();
    }

    @Benchmark
    public Data leftTransposed() {
        return left.apply(turnedA, b).data();
    }

    @Benchmark
    public Data rightTransposed() {
        return right.apply(a, turnedB).data();
    }
}
