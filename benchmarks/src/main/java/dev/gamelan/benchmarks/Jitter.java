package dev.gamelan.benchmarks;

import java.util.Arrays;
import java.util.Locale;

/**
 * How evenly this machine lets a thread run: calls of a loop that only counts, allocates nothing and waits for nobody. What is uneven
 * here is the machine's doing: tails of latencies ({@code gamelan bench w1.infer}) are to be seen beside it.
 *
 * <p>Usage: {@code Jitter [MICROSECONDS...]}: the length of a call.
 */
public final class Jitter {

    private static final double SECONDS = 3;
    private static final int SHORTEST = 1000;

    private Jitter() {}

    public static void main(String[] args) {
        double[] lengths = args.length > 0 ? Arrays.stream(args).mapToDouble(Double::parseDouble).toArray() : new double[] {15, 35, 130};
        double perSpin = warm();
        System.out.println("| us | p50 | p99 | p99 / p50 | longest |");
        System.out.println("|---|---|---|---|---|");
        for (double length : lengths) {
            int spins = (int) (length / perSpin);
            double[] micros = new double[(int) Math.max(SHORTEST, SECONDS * 1e6 / length)];
            for (int i = 0; i < micros.length; i++) {
                micros[i] = micros(spins);
            }
            Arrays.sort(micros);
            double median = micros[micros.length / 2];
            double tail = micros[(int) Math.ceil(micros.length * 0.99) - 1];
            System.out.printf(Locale.ROOT, "| %.0f | %.2f | %.2f | %.2f | %.0f |%n", length, median, tail, tail / median,
                    micros[micros.length - 1]);
        }
    }

    /** Microseconds of one turn of the loop. */
    private static double warm() {
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < 20_000; i++) {
            least = Math.min(least, micros(10_000));
        }
        return least / 10_000;
    }

    private static double micros(int spins) {
        long start = System.nanoTime();
        long sum = start;
        for (int i = 0; i < spins; i++) {
            // A chain of multiplications, which no compiler shortens.
            sum = sum * 6364136223846793005L + 1442695040888963407L;
        }
        double micros = (System.nanoTime() - start) / 1e3;
        return sum == 0 ? 0 : micros;
    }
}
