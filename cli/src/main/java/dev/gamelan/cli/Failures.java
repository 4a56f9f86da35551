package dev.gamelan.cli;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.NonFiniteException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import tools.jackson.core.JacksonException;

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

        Refused(String message, Throwable cause) {
            super(message, cause);
        }
    }

    static int usage(ParameterException e) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("gamelan: " + message(e).replaceAll("is not an? (int|long)$", "is not a whole number").replaceAll("is not a double$",
                "is not a number"));
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
            case NonFiniteException number -> oneLine(String.valueOf(number.getMessage()).replaceAll("\\R *(result|operand) .*", ""));
            case GamelanException expected -> message(expected);
            case UncheckedIOException io when io.getMessage() != null && !io.getMessage().equals(String.valueOf(io.getCause())) ->
                    message(io);
            case UncheckedIOException io -> ofFile(Objects.requireNonNull(io.getCause()));
            case IOException io -> ofFile(io);
            case OutOfMemoryError memory -> "not enough memory (" + memory.getMessage()
                    + "); use a smaller --batch, or give the JVM more: GAMELAN_OPTS=-Xmx8g";
            default -> "unexpected " + e.getClass().getSimpleName() + ": " + oneLine(String.valueOf(e.getMessage()))
                    + " (this is a fault in gamelan; --stacktrace shows where)";
        };
    }

    private static String ofFile(IOException e) {
        return e instanceof FileSystemException file && file.getFile() != null ? file.getFile() + ": " + AtomicFile.reason(e)
                : AtomicFile.reason(e);
    }

    /** What is wrong with a text, without the JSON reader's remarks on where it looked. */
    static String cause(Exception e) {
        return e instanceof JacksonException json ? json.getOriginalMessage() : String.valueOf(e.getMessage());
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
