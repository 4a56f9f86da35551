package dev.gamelan.benchmarks;

import dev.gamelan.cli.bench.Plan;

/**
 * {@code gamelan bench} for one workload in this process, for profilers and debuggers.
 *
 * <p>Usage: {@code Bench WORKLOAD [WARM_SECONDS [REPEAT_SECONDS]]}.
 */
public final class Bench {

    private Bench() {}

    public static void main(String[] args) {
        if (args.length < 1 || args.length > 3) {
            System.err.println("usage: Bench WORKLOAD [WARM_SECONDS [REPEAT_SECONDS]]");
            System.exit(2);
        }
        double warm = args.length > 1 ? Double.parseDouble(args[1]) : 4;
        double repeat = args.length > 2 ? Double.parseDouble(args[2]) : 1.2;
        dev.gamelan.cli.bench.Bench.run(args[0], new Plan(warm, 5, repeat));
    }
}
