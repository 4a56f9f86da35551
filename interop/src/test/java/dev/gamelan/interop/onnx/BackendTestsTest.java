package dev.gamelan.interop.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gamelan.interop.onnx.check.BackendTests;
import dev.gamelan.interop.onnx.check.BackendTests.Outcome;
import dev.gamelan.interop.onnx.check.BackendTests.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** ONNX's own tests, where a package has put them. */
class BackendTestsTest {

    /** Debian's libonnx-testdata. */
    private static final Path DATA = Path.of("/usr/share/libonnx-testdata/data");

    private static List<Outcome> run(String part) {
        assumeTrue(Files.isDirectory(DATA.resolve(part)), "without ONNX's test data");
        return BackendTests.run(BackendTests.find(List.of(DATA.resolve(part))), _ -> {});
    }

    private static List<Outcome> failures(List<Outcome> outcomes) {
        return outcomes.stream().filter(outcome -> outcome.status() == Status.FAILED).toList();
    }

    @Test
    void nodes() {
        List<Outcome> outcomes = run("node");
        List<String> failed = failures(outcomes).stream().map(Outcome::test).toList();
        // Its expected values were made with an epsilon that its file does not have.
        assertEquals(List.of("test_adam_multiple"), failed, () -> failures(outcomes).toString());
        long passed = outcomes.stream().filter(outcome -> outcome.status() == Status.PASSED).count();
        assertTrue(passed >= 0.98 * outcomes.size(), passed + " of " + outcomes.size());
    }

    @Test
    void models() {
        assertEquals(List.of(), failures(run("simple")));
        assertEquals(List.of(), failures(run("pytorch-converted")));
        assertEquals(List.of(), failures(run("pytorch-operator")));
    }
}
