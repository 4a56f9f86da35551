package dev.gamelan.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gamelan.codegen.VectorSupport;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.json.JsonMapper;

/** What ./gamelan does after a build for quick starts, with this JDK. */
class PrepareTest {
    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    @TempDir
    Path folder;

    private Path picocli;

    @BeforeEach
    void prepare() throws Exception {
        Path original = Path.of(CommandLine.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        picocli = Files.copy(original, folder.resolve("picocli.jar"));
        run(List.of(JAVA, "-XX:+UnlockExperimentalVMOptions", "-XX:+UnlockDiagnosticVMOptions",
                Path.of("..", "scripts", "Prepare.java").toString(), folder.toString(), folder.toString(), "this JDK"));
    }

    private static String run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    @Test
    void oldClassesGetStackMaps() throws Exception {
        try (JarFile jar = new JarFile(picocli.toFile());
                var in = jar.getInputStream(jar.getJarEntry("picocli/CommandLine.class"))) {
            byte[] start = in.readNBytes(8);
            assertEquals(52, start[7]);
        }
        String classPath = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(entry -> entry.contains("picocli") ? picocli.toString() : entry).reduce((a, b) -> a + File.pathSeparator + b)
                .orElseThrow();
        // Verifies each class that it loads.
        String help = run(List.of(JAVA, "-cp", classPath, Main.class.getName(), "train", "--help"));
        assertTrue(help.contains("--epochs"), help);
    }

    @Test
    void vectorsDoWithoutTheirModule() throws Exception {
        Path options = folder.resolve("options");
        assumeTrue(Files.exists(options), "this JVM is not one for which they do");
        assertEquals("# this JDK", Files.readAllLines(options).getFirst());
        String doctor = run(List.of(JAVA, "@" + options, "-cp", System.getProperty("java.class.path"), Main.class.getName(), "doctor",
                "--json", "--quiet"));
        String json = doctor.lines().filter(line -> line.startsWith("{")).findFirst().orElseThrow();
        assertEquals(VectorSupport.preferredBits(), JsonMapper.shared().readTree(json).path("vector_bits").asInt(), doctor);
    }
}
