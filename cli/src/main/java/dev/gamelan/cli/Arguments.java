package dev.gamelan.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.IGetter;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Says what a command takes. Annotations would say the same, but the JDK makes a class for each kind of them when they are read, which
 * takes longer than some commands.
 */
final class Arguments {

    private final CommandSpec spec;
    private int parameters;

    /** @param command runs once its arguments are read */
    Arguments(String name, String description, Object command) {
        spec = CommandSpec.wrapWithoutInspection(command).name(name);
        spec.usageMessage().description(description);
    }

    CommandSpec spec() {
        return spec;
    }

    /** {@code -h} and {@code --help}. */
    Arguments help(String description) {
        return add(OptionSpec.builder("-h", "--help").usageHelp(true).description(description).type(boolean.class), _ -> {});
    }

    Arguments version(String version, String description) {
        spec.version(version);
        return add(OptionSpec.builder("-V", "--version").versionHelp(true).description(description).type(boolean.class), _ -> {});
    }

    Arguments flag(String name, String description, Consumer<Boolean> to) {
        return add(OptionSpec.builder(name).description(description).type(boolean.class), to);
    }

    <T> Arguments option(String name, String label, String description, Class<T> type, Consumer<T> to) {
        return add(OptionSpec.builder(name).paramLabel(label).description(description).type(type), to);
    }

    /** An option of the form {@code KEY=FILE} that may be given several times. */
    Arguments files(String name, String label, String description, Consumer<Map<String, Path>> to) {
        return add(OptionSpec.builder(name).paramLabel(label).description(description).type(Map.class)
                .auxiliaryTypes(String.class, Path.class), to);
    }

    /** The next parameter, which must be given. */
    <T> Arguments parameter(String label, String description, Class<T> type, Consumer<T> to) {
        return add(next("").required(true).paramLabel(label).description(description).type(type), to);
    }

    /** The next parameter, which may be left out. */
    <T> Arguments optional(String label, String description, Class<T> type, Consumer<T> to) {
        return add(next("").arity("0..1").paramLabel(label).description(description).type(type), to);
    }

    /** All parameters from the next one on, so many at least. */
    <T> Arguments rest(int least, String label, String description, Class<T> type, Consumer<List<T>> to) {
        return add(next("..*").arity(least + "..*").required(least > 0).paramLabel(label).description(description).type(List.class)
                .auxiliaryTypes(type), to);
    }

    private PositionalParamSpec.Builder next(String upTo) {
        return PositionalParamSpec.builder().index(parameters++ + upTo);
    }

    private <T> Arguments add(OptionSpec.Builder option, Consumer<T> to) {
        Binding<T> binding = new Binding<>(to);
        spec.addOption(option.getter(binding).setter(binding).hasInitialValue(false).build());
        return this;
    }

    private <T> Arguments add(PositionalParamSpec.Builder parameter, Consumer<T> to) {
        Binding<T> binding = new Binding<>(to);
        spec.addPositional(parameter.getter(binding).setter(binding).hasInitialValue(false).build());
        return this;
    }

    /** Where the value of an option or parameter goes. Those of several are one collection, which is filled after it was set. */
    private static final class Binding<T> implements IGetter, ISetter {
        private final Consumer<T> to;
        private @Nullable Object value;

        Binding(Consumer<T> to) {
            this.to = to;
        }

        /** Null where nothing was given, as picocli wants it. */
        @Override
        @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals", "NullAway"})
        public <V> V get() {
            return (V) value;
        }

        @Override
        @SuppressWarnings("unchecked")
        public <V> V set(V next) {
            value = next;
            to.accept((T) next);
            return next;
        }
    }
}
