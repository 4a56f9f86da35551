package dev.gamelan.cli;

import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** What can be done with ONNX models. */
final class OnnxCommand implements Runnable {

    private static final List<Choice> COMMANDS = List.of(
            new Choice("run", _ -> new OnnxRunCommand().spec()),
            new Choice("check", _ -> new OnnxCheckCommand().spec()),
            new Choice("export", _ -> new OnnxExportCommand().spec()));

    private final CommandSpec spec;

    private OnnxCommand() {
        spec = new Arguments("onnx", "Run, check and write ONNX models.", this).help("Show this help.").spec();
        spec.usageMessage().autoWidth(true);
    }

    /** @param args what follows the command's name */
    static CommandSpec spec(List<String> args) {
        CommandSpec spec = new OnnxCommand().spec;
        Choice.add(COMMANDS, args, spec);
        return spec;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: run, check or export");
    }
}
