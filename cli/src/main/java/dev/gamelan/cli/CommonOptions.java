package dev.gamelan.cli;

import org.jspecify.annotations.Nullable;

/** Options that every command has. */
final class CommonOptions {

    @Nullable Integer threads;
    @Nullable Long seed;
    boolean json;
    boolean quiet;
    boolean profile;
    boolean stacktrace;

    CommonOptions(Arguments arguments) {
        arguments.help("Show this help.")
                .option("--threads", "N", "Threads to compute with (default: all cores).", Integer.class, number -> threads = number)
                .option("--seed", "N", "Decides all that is random: weights, order, dropout and division of the data (default: 42).",
                        Long.class, number -> seed = number)
                .flag("--json",
                        "Print the result as one JSON object on the last line of standard output; all else goes to standard error.",
                        given -> json = given)
                .flag("--quiet", "Print results and errors only.", given -> quiet = given)
                .flag("--profile", "Print at the end how long each kernel took, against what this machine can do, on standard error.",
                        given -> profile = given)
                .flag("--stacktrace", "Show where in the program an error came from.", given -> stacktrace = given);
    }
}
