package dev.gamelan.ir;

import org.jspecify.annotations.Nullable;

/**
 * Where a node comes from: the line of the user's code that made it, and the layer it belongs to.
 *
 * @param line such as {@code Train.java:31}, or null where lines are not recorded
 * @param layer the path of the layer, such as {@code block_0.attention}, or null outside of layers
 */
public record Origin(@Nullable String line, @Nullable String layer) {

    public static final Origin UNKNOWN = new Origin(null, null);

    private static final ThreadLocal<Recorder> RECORDER = ThreadLocal.withInitial(Recorder::new);

    private static final class Recorder {
        boolean lines;
        @Nullable String layer;
        @Nullable Origin given;
    }

    /** What to put on a node that is made now, on this thread. */
    static Origin current() {
        Recorder recorder = RECORDER.get();
        if (recorder.given != null) {
            return recorder.given;
        }
        if (!recorder.lines && recorder.layer == null) {
            return UNKNOWN;
        }
        return new Origin(recorder.lines ? userLine(recorder.layer != null) : null, recorder.layer);
    }

    /** Runs with lines recorded: finding the caller costs about a microsecond a node, so only while tracing. */
    public static <T> T recordingLines(java.util.function.Supplier<T> body) {
        Recorder recorder = RECORDER.get();
        boolean before = recorder.lines;
        recorder.lines = true;
        try {
            return body.get();
        } finally {
            recorder.lines = before;
        }
    }

    /** Runs with all nodes made inside a layer. */
    public static <T> T inLayer(String path, java.util.function.Supplier<T> body) {
        Recorder recorder = RECORDER.get();
        String before = recorder.layer;
        recorder.layer = path;
        try {
            return body.get();
        } finally {
            recorder.layer = before;
        }
    }

    /** Runs with all nodes made on behalf of another node, such as those of its gradient: they come from where it comes from. */
    public static void onBehalf(Origin origin, Runnable body) {
        Recorder recorder = RECORDER.get();
        Origin before = recorder.given;
        recorder.given = origin;
        try {
            body.run();
        } finally {
            recorder.given = before;
        }
    }

    /** The nearest line outside the library, or inside a layer the nearest of the layer's own code, whoever wrote it. */
    private static @Nullable String userLine(boolean inLayer) {
        return StackWalker.getInstance().walk(frames -> frames.filter(frame -> isUser(frame, inLayer)).findFirst()
                .map(frame -> frame.getFileName() + ":" + frame.getLineNumber()).orElse(null));
    }

    /** The library's own packages are not the user's code, but programs written in its name space (examples) are. */
    private static boolean isUser(StackWalker.StackFrame frame, boolean inLayer) {
        String name = frame.getClassName();
        return !(name.startsWith("java.") || name.startsWith("jdk.") || isLibrary(name)) || inLayer && name.startsWith("dev.gamelan.nn.");
    }

    private static boolean isLibrary(String name) {
        return name.startsWith("dev.gamelan.") && LIBRARY.stream().anyMatch(part -> name.startsWith(part, "dev.gamelan.".length()));
    }

    private static final java.util.List<String> LIBRARY = java.util.List.of("shape.", "ir.", "grad.", "pass.", "kernel.",
            "plan.", "runtime.", "codegen.", "tensor.", "nn.");

    /** Such as {@code Train.java:31 in dense_2}; empty if nothing is known. */
    @Override
    public String toString() {
        return (line == null ? "" : line) + (layer == null ? "" : (line == null ? "" : " ") + "in " + layer);
    }
}
