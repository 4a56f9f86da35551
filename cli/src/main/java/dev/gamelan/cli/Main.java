package dev.gamelan.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code gamelan} command. */
@Command(
        name = "gamelan",
        version = "gamelan 0.1.0-SNAPSHOT",
        mixinStandardHelpOptions = true,
        description = "Deep learning in pure Java: train, evaluate, predict.",
        subcommands = {
                TrainCommand.class, EvaluateCommand.class, PredictCommand.class, SummaryCommand.class, OnnxCommand.class,
                BenchCommand.class,
                DoctorCommand.class
        })
public final class Main implements Runnable {

    @Spec
    private CommandSpec spec;

    private Main() {}

    public static void main(String[] args) {
        System.exit(run(args, System.out, System.err));
    }

    /**
     * Runs one command.
     *
     * @return 0 done, 1 the work failed, 2 wrong usage
     */
    static int run(String[] args, PrintStream out, PrintStream err) {
        CommandLine line = new CommandLine(new Main());
        line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((e, command, parsed) -> Failures.report(e, command));
        line.setParameterExceptionHandler((e, given) -> Failures.usage(e));
        return line.execute(args);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
