package dev.gamelan.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The command, run in this process. */
record Gamelan(int status, String out, String err) {

    static Gamelan run(Object... args) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = Main.run(Stream.of(args).map(String::valueOf).toArray(String[]::new),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8));
        return new Gamelan(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    /** Runs with {@code --json --quiet}, expects success and one line of standard output, and gives what it says. */
    static JsonNode json(Object... args) {
        Gamelan result = run(Stream.concat(Stream.of(args), Stream.of("--json", "--quiet")).toArray());
        assertEquals(0, result.status, result.err);
        List<String> lines = result.out.lines().toList();
        assertEquals(1, lines.size(), result.out);
        return JsonMapper.shared().readTree(lines.getFirst());
    }

    /** Runs, and expects failure with one line that says all of these. */
    static void fails(int status, List<String> saying, Object... args) {
        Gamelan result = run(args);
        assertEquals(status, result.status, result.err);
        assertEquals("", result.out);
        List<String> lines = result.err.lines().filter(line -> line.startsWith("gamelan: ")).toList();
        assertEquals(1, lines.size(), result.err);
        for (String text : saying) {
            assertTrue(lines.getFirst().contains(text), lines.getFirst());
        }
        assertFalse(result.err.contains("\tat "), result.err);
    }
}
