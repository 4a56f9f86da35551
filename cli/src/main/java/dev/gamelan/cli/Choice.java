package dev.gamelan.cli;

import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A command that can be meant.
 *
 * @param make makes it, given the arguments behind its name
 */
record Choice(String name, Function<List<String>, CommandSpec> make) {

    /** Adds the command that the arguments name first, or all of them if none is: making one costs some milliseconds. */
    static void add(List<Choice> choices, List<String> args, CommandSpec to) {
        List<Choice> meant = choices.stream().filter(choice -> !args.isEmpty() && choice.name.equals(args.getFirst())).toList();
        List<String> rest = meant.isEmpty() ? List.of() : args.subList(1, args.size());
        (meant.isEmpty() ? choices : meant).forEach(choice -> to.addSubcommand(choice.name, choice.make.apply(rest)));
    }
}
