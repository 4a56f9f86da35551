package dev.gamelan.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gamelan.codegen.VectorSupport;
import java.io.File;
import java.io.IOException;
import java.lang.reflect.Field;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
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
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(folder.resolve("sample.jar")))) {
            for (Class<?> each : List.of(Sample.class, Sample.Point.class, Asking.class)) {
                String name = each.getName().replace('.', '/') + ".class";
                jar.putNextEntry(new JarEntry(name));
                try (var in = Objects.requireNonNull(each.getClassLoader().getResourceAsStream(name))) {
                    in.transferTo(jar);
                }
                jar.closeEntry();
            }
        }
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

    /** Asks for a class that is nowhere and one that is there, and has a logger. */
    public static final class Asking {
        private static final Logger LOGGER = Logger.getLogger(Asking.class.getName());

        private Asking() {}

        /** What comes of it. */
        public static String run() {
            return ask() + " " + LOGGER.getName();
        }

        private static String ask() {
            StringBuilder found = new StringBuilder();
            for (int i = 0; i < 2; i++) {
                try {
                    found.append((i == 0 ? Class.forName("java.util.ArrayList") : Class.forName("nowhere.Absent")).getName());
                } catch (ClassNotFoundException _) {
                    found.append(" none");
                }
            }
            return found.toString();
        }
    }

    @Test
    void whatIsNowhereIsNotLookedFor() throws Exception {
        Path jar = folder.resolve("sample.jar");
        AtomicInteger lookups = new AtomicInteger();
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader()) {
            @Override
            protected Class<?> findClass(String name) throws ClassNotFoundException {
                lookups.addAndGet(name.equals("nowhere.Absent") ? 1 : 0);
                return super.findClass(name);
            }
        }) {
            Class<?> asking = loader.loadClass(Asking.class.getName());
            assertNotSame(Asking.class, asking);
            assertEquals("java.util.ArrayList none " + Asking.class.getName(), asking.getMethod("run").invoke(null));
            assertEquals(0, lookups.get());
            Field logger = asking.getDeclaredField("LOGGER");
            logger.setAccessible(true);
            assertNull(logger.get(null));
        }
    }

    /** Has a switch over types, and a record with a component of each kind. */
    public static final class Sample {

        record Point(int a, long b, float c, double d, boolean e, byte f, short g, char h, @Nullable String i, List<Integer> j) {}

        private Sample() {}

        private static String name(@Nullable Object value) {
            return switch (value) {
                case null -> "null";
                case Integer i when i > 5 -> "large";
                case Integer i when i > 3 -> "middle";
                case Integer _ -> "int";
                case CharSequence _ -> "text";
                default -> "other";
            };
        }

        private static Point point(double number, @Nullable String text, List<Integer> numbers) {
            return new Point((int) number, 1L << 40 | (long) number, (float) number, number, number > 0, (byte) 200, (short) 3, 'x', text,
                    numbers);
        }

        /** What comes of it. */
        public static String run() {
            List<Integer> numbers = List.of(1);
            List<Point> points = List.of(point(1, "a", numbers), point(1, "a", numbers), point(1, "a", List.of(2)),
                    point(1, null, numbers),
                    point(0.0, "a", numbers), point(-0.0, "a", numbers), point(Double.NaN, "a", numbers), point(Double.NaN, "a", numbers));
            StringBuilder result = new StringBuilder();
            List<Object> values = List.of(7, 4, 1, "a", new StringBuilder(), 1L);
            values.forEach(value -> result.append(name(value)).append(' '));
            result.append(name(null));
            for (Point point : points) {
                result.append(point.equals(values.getLast())).append(point.hashCode()).append(' ');
                points.forEach(other -> result.append(point.equals(other) ? '=' : '-'));
            }
            return result.toString();
        }
    }

    @Test
    void whatTheJdkLinksLateIsLinked() throws Exception {
        Path jar = folder.resolve("sample.jar");
        try (JarFile file = new JarFile(jar.toFile());
                URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, ClassLoader.getPlatformClassLoader())) {
            JarEntry entry = file.getJarEntry(Sample.class.getName().replace('.', '/') + ".class");
            String bytes = new String(file.getInputStream(entry).readAllBytes(), StandardCharsets.ISO_8859_1);
            assertTrue(bytes.contains("linked$typeSwitch"));
            Class<?> linked = loader.loadClass(Sample.class.getName());
            assertNotSame(Sample.class, linked);
            assertEquals(Sample.run(), linked.getMethod("run").invoke(null));
        }
    }
}
