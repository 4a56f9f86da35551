package dev.gamelan.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that every command has. */
final class CommonOptions {

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    boolean help;

    @Option(names = "--threads", paramLabel = "N", description = "Threads to compute with (default: all cores).")
    @Nullable Integer threads;

    @Option(names = "--seed", paramLabel = "N",
            description = "Decides all that is random: weights, order, dropout and division of the data (default: 42).")
    @Nullable Long seed;

    @Option(names = "--json",
            description = "Print the result as one JSON object on the last line of standard output; all else goes to standard error.")
    boolean json;

    @Option(names = "--quiet", description = "Print results and errors only.")
    boolean quiet;

    @Option(names = "--profile",
            description = "Print at the end how long each kernel took, against what this machine can do, on standard error.")
    boolean profile;

    @Option(names = "--stacktrace", description = "Show where in the program an error came from.")
    boolean stacktrace;
}
