package dev.gamelan.cli;

import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.runtime.Backend;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
        description = "Deep learning in pure Java: train, evaluate, predict.")
public final class Main implements Runnable {

    private static final List<Class<?>> COMMANDS = List.of(TrainCommand.class, EvaluateCommand.class, PredictCommand.class,
            SummaryCommand.class, OnnxCommand.class, BenchCommand.class, DoctorCommand.class);

    @Spec
    private CommandSpec spec;

    private Main() {}

    public static void main(String[] args) {
        int status = run(args, System.out, System.err);
        // Without need it is left out: it asks for a logger, which takes longer to set up than some commands take.
        if (status != 0) {
            System.exit(status);
        }
    }

    /**
     * Runs one command.
     *
     * @return 0 done, 1 the work failed, 2 wrong usage
     */
    static int run(String[] args, PrintStream out, PrintStream err) {
        if (args.length > 0 && !args[0].startsWith("-")) {
            // While the command line is read and the rest is loaded.
            Backend.preload();
            if (args[0].equals("onnx")) {
                Onnx.preload();
            }
        }
        CommandLine line = new CommandLine(new Main());
        commands(args).forEach(line::addSubcommand);
        line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((e, command, parsed) -> Failures.report(e, command));
        line.setParameterExceptionHandler((e, given) -> Failures.usage(e));
        return line.execute(args);
    }

    /** The command that is meant, or all of them: reading the annotations of one costs some ten milliseconds. */
    private static List<Class<?>> commands(String[] args) {
        List<Class<?>> meant = COMMANDS.stream()
                .filter(command -> args.length > 0 && command.getAnnotation(Command.class).name().equals(args[0])).toList();
        return meant.isEmpty() ? COMMANDS : meant;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
