import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.management.ManagementFactory;
import java.lang.module.ModuleDescriptor.Exports;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * Prepares a folder of jars for quick starts. ./gamelan runs it after a build:  java Prepare.java JARS FOLDER JDK
 *
 * <p>The JDK's AOT cache leaves out classes older than Java 6, which picocli consists of; they are given a newer format. And it
 * leaves out half of what it can keep (linked lambdas, modules, profiles) where an incubator module is resolved. So the classes of
 * jdk.incubator.vector are copied from this JDK to FOLDER/vector.jar, which can stand on the boot class path instead of the module, and
 * the options that this needs are written to FOLDER/options. That is only done for HotSpot as it is in JDK 25; others use the module.
 */
final class Prepare {
    private static final String VECTOR = "jdk.incubator.vector";
    /** What HotSpot sets by itself when it sees the module, and no early compiling of all that was ever compiled. */
    private static final List<String> FLAGS = List.of("+EnableVectorSupport", "+EnableVectorReboxing", "+EnableVectorAggressiveReboxing",
            "-AOTReplayTraining");
    /** Java 8, whose class files have stack maps. */
    private static final int NEW_FORMAT = 52;
    private static final int STACK_MAPS_SINCE = 50;

    private Prepare() {}

    public static void main(String[] args) throws IOException {
        try (var jars = Files.newDirectoryStream(Path.of(args[0]), "*.jar")) {
            for (Path jar : jars) {
                if (isOld(jar)) {
                    renew(jar);
                }
            }
        }
        if (Runtime.version().feature() == 25 && hasFlags()) {
            Path folder = Path.of(args[1]).toAbsolutePath();
            Path jar = folder.resolve("vector.jar");
            copyVectorModule(jar);
            Files.write(folder.resolve("options"), options(jar, args[2], args[1]));
        }
    }

    // ---- old classes ---------------------------------------------------------------------------------------------

    private static boolean isOld(byte[] bytes) {
        return (bytes[6] & 0xFF) == 0 && (bytes[7] & 0xFF) < STACK_MAPS_SINCE;
    }

    private static boolean isClass(JarEntry entry) {
        return entry.getName().endsWith(".class") && !entry.getName().startsWith("META-INF/") && !entry.getName().equals("module-info.class");
    }

    private static boolean isOld(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            for (JarEntry entry : Collections.list(file.entries())) {
                if (isClass(entry)) {
                    return isOld(read(file, entry));
                }
            }
            return false;
        }
    }

    private static byte[] read(JarFile file, JarEntry entry) throws IOException {
        try (InputStream in = file.getInputStream(entry)) {
            return in.readAllBytes();
        }
    }

    private static void renew(Path jar) throws IOException {
        Path renewed = jar.resolveSibling(jar.getFileName() + ".new");
        try (JarFile file = new JarFile(jar.toFile());
                URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()});
                JarOutputStream out = new JarOutputStream(Files.newOutputStream(renewed))) {
            ClassFile format = ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS,
                    ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(loader)));
            for (JarEntry entry : Collections.list(file.entries())) {
                byte[] bytes = read(file, entry);
                out.putNextEntry(new JarEntry(entry.getName()));
                out.write(isClass(entry) && isOld(bytes) ? renewed(format, bytes) : bytes);
                out.closeEntry();
            }
        }
        Files.move(renewed, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    private static byte[] renewed(ClassFile format, byte[] bytes) {
        ClassTransform code = ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL);
        return format.transformClass(format.parse(bytes), code.andThen((builder, element) -> {
            if (element instanceof ClassFileVersion) {
                builder.withVersion(NEW_FORMAT, 0);
            } else {
                builder.with(element);
            }
        }));
    }

    // ---- the Vector API ------------------------------------------------------------------------------------------

    private static boolean hasFlags() {
        HotSpotDiagnosticMXBean hotSpot = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        if (hotSpot == null || !FLAGS.stream().allMatch(flag -> value(hotSpot, flag.substring(1)).isPresent())) {
            return false;
        }
        // Other compilers than C2 may want more than these flags.
        return value(hotSpot, "UseJVMCICompiler").filter(Boolean::parseBoolean).isEmpty();
    }

    private static Optional<String> value(HotSpotDiagnosticMXBean hotSpot, String flag) {
        try {
            return Optional.of(hotSpot.getVMOption(flag).getValue());
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static void copyVectorModule(Path jar) throws IOException {
        Path module = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("modules", VECTOR);
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar)); var files = Files.walk(module)) {
            for (Path file : files.filter(Files::isRegularFile).filter(file -> !file.endsWith("module-info.class")).sorted().toList()) {
                out.putNextEntry(new JarEntry(module.relativize(file).toString()));
                Files.copy(file, out);
                out.closeEntry();
            }
        }
    }

    /** A file of arguments for the java command; its first lines name the JDK that they are for, and the folder that the jar is in. */
    private static List<String> options(Path jar, String jdk, String folder) {
        List<String> options = new ArrayList<>();
        options.add("# " + jdk);
        options.add("# " + folder);
        options.add("-XX:+UnlockExperimentalVMOptions");
        options.add("-XX:+UnlockDiagnosticVMOptions");
        FLAGS.forEach(flag -> options.add("-XX:" + flag));
        options.add("\"-Xbootclasspath/a:" + jar.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
        Object.class.getModule().getDescriptor().exports().stream().filter(exports -> exports.targets().contains(VECTOR))
                .map(Exports::source).sorted().forEach(name -> options.add("--add-exports=java.base/" + name + "=ALL-UNNAMED"));
        return options;
    }
}
