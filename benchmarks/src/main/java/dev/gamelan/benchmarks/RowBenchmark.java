package dev.gamelan.benchmarks;

import dev.gamelan.ir.Data;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Program;
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

/** What is bound by memory or by functions: element-wise kernels, and reductions along rows. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-XX:+UseParallelGC"})
public class RowBenchmark {

    /** rows x columns. */
    @Param({"4096x1024", "256x256", "32x10", "1x1000", "2048x1536"})
    public String shape = "";

    private Tensor x = Tensor.zeros(0);
    private final Program<Tensor, Tensor> copy = Functions.compile((Tensor in) -> in.add(1));
    private final Program<Tensor, Tensor> exp = Functions.compile((Tensor in) -> in.exp());
    private final Program<Tensor, Tensor> tanh = Functions.compile((Tensor in) -> in.tanh());
    private final Program<Tensor, Tensor> gelu = Functions.compile((Tensor in) -> in.gelu());
    private final Program<Tensor, Tensor> softmax = Functions.compile((Tensor in) -> in.softmax(-1));
    private final Program<Tensor, Tensor> sum = Functions.compile((Tensor in) -> in.sum(-1));
    private final Program<Tensor, Tensor> columns = Functions.compile((Tensor in) -> in.sum(0));
    private final Program<Tensor, Tensor> norm = Functions.compile(RowBenchmark::normalized);
    private final Program<Tensor, Tensor> turn = Functions.compile((Tensor in) -> in.transpose());

    @Setup
    public void makeTensor() {
        x = RandomKey.of(1).normal(Shapes.parse(shape)).eval();
    }

    private static Tensor normalized(Tensor in) {
        Tensor centered = in.sub(in.mean(Axes.keep(-1)));
        return centered.mul(centered.square().mean(Axes.keep(-1)).add(1e-5).rsqrt());
    }

    @Benchmark
    public Data addOne() {
        return copy.apply(x).data();
    }

    @Benchmark
    public Data exp() {
        return exp.apply(x).data();
    }

    @Benchmark
    public Data tanh() {
        return tanh.apply(x).data();
    }

    @Benchmark
    public Data gelu() {
        return gelu.apply(x).data();
    }

    @Benchmark
    public Data softmax() {
        return softmax.apply(x).data();
    }

    @Benchmark
    public Data sumRows() {
        return sum.apply(x).data();
    }

    @Benchmark
    public Data sumColumns() {
        return columns.apply(x).data();
    }

    @Benchmark
    public Data layerNorm() {
        return norm.apply(x).data();
    }

    @Benchmark
    public Data transpose() {
        return turn.apply(x).data();
    }
}
