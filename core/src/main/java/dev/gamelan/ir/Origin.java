package dev.gamelan.ir;

import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where a node comes from: the line of the user's code that made it, and the layer it belongs to.
 *
 * @param line such as {@code Train.java:31}, or null where lines are not recorded
 * @param layer the path of the layer, such as {@code block_0.attention}, or null outside of layers
 */
public record Origin(@Nullable Line line, @Nullable String layer) {

    /** A line of code, whose text is made only when somebody reads it: to find it costs several times as much as the frame. */
    public static final class Line {
        private final StackWalker.StackFrame frame;

        private Line(StackWalker.StackFrame frame) {
            this.frame = frame;
        }

        /** Such as {@code Train.java:31}. */
        @Override
        public String toString() {
            return frame.getFileName() + ":" + frame.getLineNumber();
        }
    }

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

    /** As {@link #inLayer}, where the line of code that makes a node says less than the path does. */
    public static <T> T named(String path, java.util.function.Supplier<T> body) {
        Recorder recorder = RECORDER.get();
        boolean before = recorder.lines;
        recorder.lines = false;
        try {
            return inLayer(path, body);
        } finally {
            recorder.lines = before;
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
    private static @Nullable Line userLine(boolean inLayer) {
        return StackWalker.getInstance().walk(frames -> nearest(frames.iterator(), inLayer));
    }

    private static @Nullable Line nearest(Iterator<StackWalker.StackFrame> frames, boolean inLayer) {
        while (frames.hasNext()) {
            StackWalker.StackFrame frame = frames.next();
            if (isUser(frame.getClassName(), inLayer)) {
                return new Line(frame);
            }
        }
        return null;
    }

    /** The library's own packages are not the user's code, but programs written in its name space (examples) are. */
    private static boolean isUser(String name, boolean inLayer) {
        return !(name.startsWith("java.") || name.startsWith("jdk.") || isLibrary(name)) || inLayer && name.startsWith("dev.gamelan.nn.");
    }

    private static boolean isLibrary(String name) {
        if (!name.startsWith("dev.gamelan.")) {
            return false;
        }
        for (String part : LIBRARY) {
            if (name.startsWith(part, "dev.gamelan.".length())) {
                return true;
            }
        }
        return false;
    }

    private static final List<String> LIBRARY = List.of("shape.", "ir.", "grad.", "pass.", "kernel.",
            "plan.", "runtime.", "codegen.", "tensor.", "nn.");

    /** Such as {@code Train.java:31 in dense_2}; empty if nothing is known. */
    @Override
    public String toString() {
        return (line == null ? "" : line.toString()) + (layer == null ? "" : (line == null ? "" : " ") + "in " + layer);
    }
}
