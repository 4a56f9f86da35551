package dev.gamelan.runtime;

import dev.gamelan.ir.Graph;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** A way to execute graphs: found as a service, chosen by {@code -Dgamelan.backend=NAME}. */
public interface Backend {

    /** Such as {@code jvm} or {@code reference}. */
    String name();

    /**
     * Compiles a program.
     *
     * @param donated how many of the first inputs are overwritten with the outputs of the same position, which must have
     *                the same types: the state of a loop, updated in place
     */
    Executable compile(Graph graph, int donated);

    default Executable compile(Graph graph) {
        return compile(graph, 0);
    }

    /**
     * Compiles a program that will run a time or two: what saves time in compiling counts, not speed later. The results are the same
     * to the bit as those of {@link #compile(Graph)}.
     */
    default Executable compileOnce(Graph graph) {
        return compile(graph);
    }

    /**
     * Compiles a program that {@link #compileOnce} compiled before and that runs more often. As it is some value on the way, nobody needs to
     * take it for the first result that the process was started for.
     */
    default Executable compileAgain(Graph graph) {
        return compile(graph);
    }

    /** Whether the process has no result yet, so that nothing should be compiled that may run only a few times. */
    default boolean awaitsFirstResult() {
        return false;
    }

    /** The backend that {@code gamelan.backend} names; else {@code jvm}, else any. */
    static Backend preferred() {
        return Holder.preferred();
    }

    /** Begins to load the preferred backend in the background, while its first program is still being described. */
    static void preload() {
        Thread.ofPlatform().daemon().name("gamelan-preload").start(Holder::tryPreferred);
    }

    /** @throws IllegalArgumentException if there is no backend of this name */
    static Backend named(String name) {
        return ServiceLoader.load(Backend.class).stream().map(ServiceLoader.Provider::get)
                .filter(backend -> backend.name().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no backend '" + name + "'; there are "
                        + ServiceLoader.load(Backend.class).stream().map(p -> p.get().name()).toList()));
    }

    /** Looks the backend up once. */
    final class Holder {
        /** Backend {@code jvm}. Its name is known: looking services up opens all jars of the class path, some ten milliseconds. */
        private static final String USUAL = "dev.gamelan.codegen.JvmBackend";

        private static @Nullable Backend preferred;

        private Holder() {}

        static synchronized Backend preferred() {
            Backend found = preferred;
            if (found == null) {
                found = find();
                preferred = found;
            }
            return found;
        }

        /** Whoever needs the backend will see what is wrong with it. */
        static void tryPreferred() {
            try {
                preferred();
            } catch (RuntimeException | Error _) {
                return;
            }
        }

        private static Backend find() {
            String wanted = System.getProperty("gamelan.backend");
            if (wanted != null) {
                return named(wanted);
            }
            try {
                return (Backend) Class.forName(USUAL).getConstructor().newInstance();
            } catch (ReflectiveOperationException _) {
                return ServiceLoader.load(Backend.class).iterator().next();
            }
        }
    }
}
