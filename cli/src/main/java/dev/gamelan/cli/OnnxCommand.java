package dev.gamelan.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What can be done with ONNX models. */
@Command(name = "onnx", description = "Run, check and write ONNX models.", usageHelpAutoWidth = true,
        subcommands = {OnnxRunCommand.class, OnnxCheckCommand.class, OnnxExportCommand.class})
final class OnnxCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    boolean help;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: run, check or export");
    }
}
