package dev.gamelan.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code gamelan} command. */
@Command(
        name = "gamelan",
        version = "gamelan 0.1.0-SNAPSHOT",
        mixinStandardHelpOptions = true,
        description = "Deep learning in pure Java: train, evaluate, predict, export.")
public final class Main implements Runnable {
    @Spec
    private CommandSpec spec;

    private Main() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main()).execute(args));
    }

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getErr());
    }
}
