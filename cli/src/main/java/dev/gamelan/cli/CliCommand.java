package dev.gamelan.cli;

import dev.gamelan.codegen.Ceiling;
import dev.gamelan.domains.data.Progress;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Profile;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** What the commands share: options, where output goes, and the result. */
abstract class CliCommand implements Callable<Integer> {

    private static final int MOST_THREADS = 1024;
    /** Rows of a profile. */
    private static final int MOST_KERNELS = 40;

    private final Arguments arguments;
    private final CommandSpec spec;
    private final CommonOptions common;

    CliCommand(String name, String description) {
        arguments = new Arguments(name, description, this);
        spec = arguments.spec();
        spec.usageMessage().autoWidth(true);
        common = new CommonOptions(arguments);
    }

    /** Does the work and puts the figures into {@code result}, which {@code --json} prints. Returns the exit status. */
    abstract int run(ObjectNode result) throws Exception;

    @Override
    public Integer call() throws Exception {
        if (common.threads != null) {
            if (common.threads < 1 || common.threads > MOST_THREADS) {
                throw wrongUsage("--threads must be from 1 to " + MOST_THREADS + ", received " + common.threads);
            }
            System.setProperty("gamelan.threads", Integer.toString(common.threads));
        }
        if (common.profile) {
            Profile.enable();
        }
        ObjectNode result = JsonNodeFactory.instance.objectNode();
        int status = run(result);
        if (common.profile && !Profile.rows().isEmpty()) {
            Ceiling ceiling = Ceiling.measure(Pool.shared());
            spec.commandLine().getErr().println(Profile.table(ceiling.gigaflops(), ceiling.gigabytes(), MOST_KERNELS));
        }
        if (common.json && !result.isEmpty()) {
            spec.commandLine().getOut().println(result);
        }
        if (spec.commandLine().getOut().checkError()) {
            throw new Failures.Refused("standard output is closed or full: not everything was written");
        }
        return status;
    }

    /** What the command takes, for its constructor to add to. */
    final Arguments arguments() {
        return arguments;
    }

    CommonOptions common() {
        return common;
    }

    final CommandSpec spec() {
        return spec;
    }

    /** For people: standard output, or standard error if that is kept for JSON. */
    PrintWriter out() {
        return common.json ? spec.commandLine().getErr() : spec.commandLine().getOut();
    }

    /** For people who watch: nothing with {@code --quiet}. */
    void note(String text) {
        if (!common.quiet) {
            spec.commandLine().getErr().println(text);
        }
    }

    /** A line that counts, rewritten at most ten times a second. */
    Progress progress() {
        return common.quiet ? Progress.NONE : new ProgressLine(spec.commandLine().getErr());
    }

    ParameterException wrongUsage(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
