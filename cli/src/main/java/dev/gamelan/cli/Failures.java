package dev.gamelan.cli;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.NonFiniteException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;

/** Says in one line what went wrong. */
final class Failures {

    static final int FAILED = 1;
    static final int WRONG_USAGE = 2;

    private Failures() {}

    /** A reason that is worth no stack trace, such as a folder that cannot be written. */
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    static int usage(ParameterException e) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("gamelan: " + message(e));
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, err)) {
            err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        }
        return WRONG_USAGE;
    }

    static int report(Throwable e, CommandLine command) {
        if (command.getCommand() instanceof CliCommand cli && cli.common().stacktrace) {
            StringWriter trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            command.getErr().print(trace);
        }
        command.getErr().println("gamelan: " + reason(e));
        return FAILED;
    }

    static String reason(Throwable e) {
        return switch (e) {
            case Refused refused -> message(refused);
            case NonFiniteException number -> oneLine(String.valueOf(number.getMessage()).replaceAll("\\R *(at line|result|operand) .*", ""));
            case GamelanException expected -> message(expected);
            case UncheckedIOException io when io.getMessage() != null && !io.getMessage().equals(String.valueOf(io.getCause())) -> message(io);
            case UncheckedIOException io -> AtomicFile.reason(Objects.requireNonNull(io.getCause()));
            case IOException io -> AtomicFile.reason(io);
            case OutOfMemoryError memory -> "not enough memory (" + memory.getMessage()
                    + "); use a smaller --batch, or give the JVM more: GAMELAN_OPTS=-Xmx8g";
            default -> "unexpected " + e.getClass().getSimpleName() + ": " + oneLine(String.valueOf(e.getMessage()))
                    + " (this is a fault in gamelan; --stacktrace shows where)";
        };
    }

    private static String message(Throwable e) {
        return oneLine(String.valueOf(e.getMessage()));
    }

    /** The messages of shape errors have a line for what was expected and one for what was received. */
    private static String oneLine(String text) {
        return Arrays.stream(text.split("\\R")).map(line -> line.strip().replaceAll(" {2,}", " ")).filter(line -> !line.isEmpty())
                .collect(Collectors.joining("; "));
    }
}
