package dev.gamelan.benchmarks;

import dev.gamelan.codegen.Ceiling;
import dev.gamelan.codegen.VectorSupport;
import dev.gamelan.ir.Data;
import dev.gamelan.runtime.Pool;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Program;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/**
 * Kernels on vectors of 512, 256 and 128 bits, each beside the ceiling that this machine has for such vectors; a fresh process for each
 * width. What each width is on a machine that has no wider ones, this cannot tell: clocks and caches are those of this machine.
 *
 * <p>Usage: {@code Widths [BITS]}; with a width it measures in this process, which must have been started with
 * {@code -Dgamelan.vector.bits=BITS}.
 */
public final class Widths {

    private static final double WARM = 1;
    private static final double REPEAT = 0.2;

    private Widths() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length > 0) {
            measure(Integer.parseInt(args[0]));
            return;
        }
        System.out.println("| bits | kernel | us | spread | rate | unit | ceiling | share |");
        System.out.println("|---|---|---|---|---|---|---|---|");
        for (int bits = VectorSupport.preferredBits(); bits >= 128; bits /= 2) {
            System.out.println(Fork.run(Widths.class, List.of("-Dgamelan.vector.bits=" + bits), Integer.toString(bits)));
        }
    }

    private static void measure(int bits) {
        if (VectorSupport.preferredBits() != bits) {
            throw new IllegalArgumentException("expected a JVM that computes on " + bits + " bits; this one uses "
                    + VectorSupport.preferredBits() + ": start it with -Dgamelan.vector.bits=" + bits);
        }
        Ceiling ceiling = Ceiling.measure(Pool.shared());
        for (int n : List.of(512, 1024)) {
            Tensor a = numbers(1, n, n);
            var product = Functions.compile((Tensor x, Tensor y) -> x.matmul(y));
            row(bits, "product " + n, 2e-9 * n * n * n, "GFLOP/s", ceiling.gigaflops(), () -> product.apply(a, a).data());
        }
        Tensor pictures = numbers(2, 8, 28, 28, 128);
        Tensor kernel = numbers(3, 3, 3, 128, 128);
        var conv = Functions.compile((Tensor x, Tensor w) -> Tensors.conv(x, w, new int[] {1, 1}, new int[] {1, 1}, new int[] {1, 1}, 1));
        row(bits, "3 x 3 convolution, 8 x 28 x 28 x 128", 2e-9 * pictures.size() * 9 * 128, "GFLOP/s", ceiling.gigaflops(),
                () -> conv.apply(pictures, kernel).data());
        Tensor rows = numbers(4, 4096, 1024);
        double bytes = 8e-9 * rows.size();
        Program<Tensor, Tensor> scale = Functions.compile((Tensor x) -> x.mul(0.5).add(1));
        Program<Tensor, Tensor> gelu = Functions.compile((Tensor x) -> x.gelu());
        Program<Tensor, Tensor> softmax = Functions.compile((Tensor x) -> x.softmax(-1));
        row(bits, "x / 2 + 1, 4096 x 1024", bytes, "GB/s", ceiling.gigabytes(), () -> scale.apply(rows).data());
        row(bits, "gelu, 4096 x 1024", bytes, "GB/s", ceiling.gigabytes(), () -> gelu.apply(rows).data());
        row(bits, "softmax, 4096 x 1024", bytes, "GB/s", ceiling.gigabytes(), () -> softmax.apply(rows).data());
    }

    private static void row(int bits, String kernel, double work, String unit, double ceiling, Supplier<Data> call) {
        Timing time = Timing.of(WARM, REPEAT, () -> {
            Data _ = call.get();
        });
        double rate = work / time.median();
        System.out.printf(Locale.ROOT, "| %d | %s | %.0f | %.0f to %.0f | %.1f | %s | %.1f | %.0f %% |%n", bits, kernel,
                time.median() * 1e6,
                time.least() * 1e6, time.most() * 1e6, rate, unit, ceiling, 100 * rate / ceiling);
    }

    private static Tensor numbers(int seed, int... shape) {
        return RandomKey.of(seed).normal(shape).eval();
    }
}
