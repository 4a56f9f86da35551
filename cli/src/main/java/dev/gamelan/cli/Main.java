package dev.gamelan.cli;

import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.runtime.Backend;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** The {@code gamelan} command. */
public final class Main implements Runnable {

    private static final List<Choice> COMMANDS = List.of(
            new Choice("train", _ -> new TrainCommand().spec()),
            new Choice("evaluate", _ -> new EvaluateCommand().spec()),
            new Choice("predict", _ -> new PredictCommand().spec()),
            new Choice("summary", _ -> new SummaryCommand().spec()),
            new Choice("onnx", OnnxCommand::spec),
            new Choice("bench", _ -> new BenchCommand().spec()),
            new Choice("doctor", _ -> new DoctorCommand().spec()));

    private final CommandSpec spec;

    private Main() {
        spec = new Arguments("gamelan", "Deep learning in pure Java: train, evaluate, predict.", this)
                .help("Show this help message and exit.")
                .version("gamelan 0.1.0-SNAPSHOT", "Print version information and exit.").spec();
    }

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
        CommandSpec spec = new Main().spec;
        Choice.add(COMMANDS, List.of(args), spec);
        CommandLine line = new CommandLine(spec);
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
