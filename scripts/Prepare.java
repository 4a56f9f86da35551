import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Instruction;
import java.lang.classfile.Label;
import java.lang.classfile.MethodModel;
import java.lang.classfile.MethodTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.ConstantInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DirectMethodHandleDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.management.ManagementFactory;
import java.lang.module.ModuleDescriptor.Exports;
import java.lang.reflect.AccessFlag;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.stream.IntStream;

/**
 * Prepares a folder of jars for quick starts. ./gamelan runs it after a build:  java Prepare.java JARS FOLDER JDK
 *
 * <p>The JDK's AOT cache leaves out classes older than Java 6, which picocli consists of; they are given a newer format. It leaves out
 * what the JDK makes for a switch over types and for a record's equals and hashCode; they become methods. And it
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
            List<Path> all = new ArrayList<>();
            jars.forEach(all::add);
            for (Path jar : all) {
                rewrite(jar, all);
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

    /** Whether there may be calls in it that {@link Linked} replaces: the name of what links them is in its pool of constants. */
    private static boolean isLinkedLate(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1).contains("java/lang/runtime/");
    }

    private static boolean isClass(JarEntry entry) {
        return entry.getName().endsWith(".class") && !entry.getName().startsWith("META-INF/") && !entry.getName().equals("module-info.class");
    }

    private static byte[] read(JarFile file, JarEntry entry) throws IOException {
        try (InputStream in = file.getInputStream(entry)) {
            return in.readAllBytes();
        }
    }

    private static void rewrite(Path jar, List<Path> all) throws IOException {
        Path rewritten = jar.resolveSibling(jar.getFileName() + ".new");
        URL[] urls = new URL[all.size()];
        for (int i = 0; i < urls.length; i++) {
            urls[i] = all.get(i).toUri().toURL();
        }
        try (JarFile file = new JarFile(jar.toFile());
                URLClassLoader loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
                JarOutputStream out = new JarOutputStream(Files.newOutputStream(rewritten))) {
            ClassFile format = ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS,
                    ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(loader).cached()));
            for (JarEntry entry : Collections.list(file.entries())) {
                byte[] bytes = read(file, entry);
                out.putNextEntry(new JarEntry(entry.getName()));
                out.write(!isClass(entry) ? bytes : Absent.of(Loggers.of(isOld(bytes) ? renewed(format, bytes)
                        : isLinkedLate(bytes) ? Linked.of(bytes, loader) : bytes, loader), loader));
                out.closeEntry();
            }
        }
        Files.move(rewritten, jar, StandardCopyOption.REPLACE_EXISTING);
    }

    /**
     * A class that asks for no class that is nowhere, as libraries do to find out where they run: the JDK opens all jars of the class path to
     * look for it, some ten milliseconds. A name with slashes is none, so there the answer is the same exception, at once.
     */
    private static final class Absent implements CodeTransform {
        private static final String LOOKUP = "(Ljava/lang/String;)Ljava/lang/Class;";

        private final ClassLoader loader;
        private ConstantInstruction held;

        private Absent(ClassLoader loader) {
            this.loader = loader;
        }

        static byte[] of(byte[] bytes, ClassLoader loader) {
            if (!new String(bytes, StandardCharsets.ISO_8859_1).contains(LOOKUP)) {
                return bytes;
            }
            ClassFile format = ClassFile.of(ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(loader).cached()));
            ClassModel model = format.parse(bytes);
            Predicate<MethodModel> asks = method -> method.code().stream().anyMatch(code -> asks(code.elementList(), loader));
            return model.methods().stream().noneMatch(asks) ? bytes
                    : format.transformClass(model, ClassTransform.transformingMethods(asks,
                            MethodTransform.transformingCode(CodeTransform.ofStateful(() -> new Absent(loader)))));
        }

        private static boolean asks(List<CodeElement> all, ClassLoader loader) {
            List<CodeElement> code = all.stream().filter(each -> !(each instanceof LineNumber)).toList();
            return IntStream.range(1, code.size()).anyMatch(at -> isAbsent(code.get(at - 1), code.get(at), loader));
        }

        private static boolean isAbsent(CodeElement before, CodeElement element, ClassLoader loader) {
            return before instanceof ConstantInstruction constant && constant.constantValue() instanceof String name && name.contains(".")
                    && element instanceof InvokeInstruction call && call.opcode() == Opcode.INVOKESTATIC && call.type().equalsString(LOOKUP)
                    && loader.getResource(name.replace('.', '/') + ".class") == null;
        }

        @Override
        public void accept(CodeBuilder builder, CodeElement element) {
            if (element instanceof LineNumber) {
                builder.with(element);
                return;
            }
            ConstantInstruction before = held;
            held = null;
            if (before != null) {
                if (isAbsent(before, element, loader)) {
                    builder.loadConstant(((String) before.constantValue()).replace('.', '/'));
                } else {
                    builder.with(before);
                }
            }
            if (element instanceof ConstantInstruction constant) {
                held = constant;
            } else {
                builder.with(element);
            }
        }
    }

    /**
     * A class that looks its logger up when it logs: the first that is looked up reads the configuration of all loggers and opens all jars
     * of the class path.
     */
    private static final class Loggers {
        private static final ClassDesc LOGGER = ClassDesc.of("java.util.logging.Logger");
        private static final MethodTypeDesc LOOKUP = MethodTypeDesc.of(LOGGER, ConstantDescs.CD_String);

        private final ClassModel model;
        private final List<String> fields;

        private Loggers(ClassModel model) {
            this.model = model;
            this.fields = fields(model);
        }

        static byte[] of(byte[] bytes, ClassLoader loader) {
            if (!new String(bytes, StandardCharsets.ISO_8859_1).contains("java/util/logging/Logger")) {
                return bytes;
            }
            ClassFile format = ClassFile.of(ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(loader).cached()));
            Loggers loggers = new Loggers(format.parse(bytes));
            return loggers.fields.isEmpty() ? bytes : format.transformClass(loggers.model, (builder, element) -> {
                if (element instanceof MethodModel method) {
                    CodeTransform code = isInitializer(method) ? loggers::forget : loggers::lookUp;
                    builder.transformMethod(method, MethodTransform.transformingCode(code));
                } else {
                    builder.with(element);
                }
            });
        }

        private static boolean isInitializer(MethodModel method) {
            return method.methodName().equalsString("<clinit>");
        }

        private static boolean isLookup(CodeElement element) {
            return element instanceof InvokeInstruction call && call.owner().asSymbol().equals(LOGGER) && call.typeSymbol().equals(LOOKUP);
        }

        /** The static fields whose initializer is {@code Logger.getLogger(Self.class.getName())}; none if it makes other loggers too. */
        private static List<String> fields(ClassModel model) {
            List<Instruction> code = model.methods().stream().filter(Loggers::isInitializer).flatMap(method -> method.code().stream())
                    .flatMap(CodeModel::elementStream).filter(Instruction.class::isInstance).map(Instruction.class::cast).toList();
            List<String> found = new ArrayList<>();
            for (int i = 2; i < code.size() - 1; i++) {
                if (isLookup(code.get(i)) && code.get(i - 2) instanceof ConstantInstruction type
                        && model.thisClass().asSymbol().equals(type.constantValue()) && code.get(i - 1) instanceof InvokeInstruction name
                        && name.name().equalsString("getName") && code.get(i + 1) instanceof FieldInstruction field
                        && field.opcode() == Opcode.PUTSTATIC && field.owner().equals(model.thisClass())) {
                    found.add(field.name().stringValue());
                }
            }
            boolean onlyThese = code.stream().filter(Loggers::isLookup).count() == found.size() && code.stream().noneMatch(
                    each -> each instanceof FieldInstruction field && field.opcode() == Opcode.GETSTATIC && isOneOf(model, found, field));
            return onlyThese ? found : List.of();
        }

        private static boolean isOneOf(ClassModel model, List<String> fields, FieldInstruction field) {
            return field.owner().asSymbol().equals(model.thisClass().asSymbol()) && fields.contains(field.name().stringValue());
        }

        private void forget(CodeBuilder builder, CodeElement element) {
            if (isLookup(element)) {
                builder.pop().aconst_null();
            } else {
                builder.with(element);
            }
        }

        private void lookUp(CodeBuilder builder, CodeElement element) {
            if (element instanceof FieldInstruction field && isOneOf(model, fields, field)) {
                builder.loadConstant(model.thisClass().asSymbol().packageName() + "." + model.thisClass().asSymbol().displayName())
                        .invokestatic(LOGGER, "getLogger", LOOKUP);
            } else {
                builder.with(element);
            }
        }
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

    /**
     * A class whose switches over types, and whose records' equals and hashCode, are methods of its own: the JDK spins a class for each
     * when it is first used, a millisecond or two, and the AOT cache does not keep those.
     */
    private static final class Linked {
        private static final ClassDesc SWITCHES = ClassDesc.of("java.lang.runtime.SwitchBootstraps");
        private static final ClassDesc RECORDS = ClassDesc.of("java.lang.runtime.ObjectMethods");
        private static final ClassDesc OBJECTS = ClassDesc.of("java.util.Objects");

        /** A method to come. */
        private record Added(String name, MethodTypeDesc type, Consumer<CodeBuilder> code) {}

        private final ClassModel model;
        private final boolean isInterface;
        private final List<Added> added = new ArrayList<>();

        private Linked(ClassModel model) {
            this.model = model;
            this.isInterface = model.flags().has(AccessFlag.INTERFACE);
        }

        static byte[] of(byte[] bytes, ClassLoader loader) {
            ClassFile format = ClassFile.of(ClassHierarchyResolverOption.of(ClassHierarchyResolver.ofResourceParsing(loader).cached()));
            ClassModel model = format.parse(bytes);
            Linked linked = new Linked(model);
            ClassTransform calls = ClassTransform.transformingMethods(
                    method -> method.code().stream().flatMap(CodeModel::elementStream).anyMatch(linked::isReplaced),
                    MethodTransform.transformingCode(linked::replace));
            boolean any = model.methods().stream().flatMap(method -> method.code().stream()).flatMap(CodeModel::elementStream)
                    .anyMatch(linked::isReplaced);
            return any ? format.transformClass(model, calls.andThen(ClassTransform.endHandler(linked::end))) : bytes;
        }

        private boolean isReplaced(CodeElement element) {
            return element instanceof InvokeDynamicInstruction call && (isSwitch(call) || isRecord(call));
        }

        private static boolean isSwitch(InvokeDynamicInstruction call) {
            return call.bootstrapMethod().owner().equals(SWITCHES) && call.bootstrapMethod().methodName().equals("typeSwitch")
                    && call.bootstrapArgs().stream().allMatch(ClassDesc.class::isInstance)
                    && !call.typeSymbol().parameterType(0).isPrimitive();
        }

        private static boolean isRecord(InvokeDynamicInstruction call) {
            String name = call.name().stringValue();
            return call.bootstrapMethod().owner().equals(RECORDS) && (name.equals("equals") || name.equals("hashCode"))
                    && call.bootstrapArgs().stream().skip(2).allMatch(each -> each instanceof DirectMethodHandleDesc getter
                            && getter.kind() == DirectMethodHandleDesc.Kind.GETTER);
        }

        private void replace(CodeBuilder builder, CodeElement element) {
            if (!(element instanceof InvokeDynamicInstruction call) || !isReplaced(element)) {
                builder.with(element);
                return;
            }
            String name = "linked$" + call.name().stringValue() + "$" + added.size();
            MethodTypeDesc type = call.typeSymbol();
            added.add(new Added(name, type, isSwitch(call) ? code -> typeSwitch(code, call.bootstrapArgs())
                    : call.name().stringValue().equals("equals") ? code -> equals(code, fields(call)) : code -> hashCode(code, fields(call))));
            builder.invokestatic(model.thisClass().asSymbol(), name, type, isInterface);
        }

        private void end(ClassBuilder builder) {
            int flags = ClassFile.ACC_PRIVATE | ClassFile.ACC_STATIC | ClassFile.ACC_SYNTHETIC;
            added.forEach(method -> builder.withMethodBody(method.name, method.type, flags, method.code));
        }

        /** The number of the first type from {@code restart} on that the object is of; -1 for null, and how many there are if of none. */
        private static void typeSwitch(CodeBuilder code, List<ConstantDesc> types) {
            code.aload(0).ifThen(Opcode.IFNULL, none -> none.iconst_m1().ireturn());
            for (int i = 0; i < types.size(); i++) {
                Label next = code.newLabel();
                code.iload(1).loadConstant(i).if_icmpgt(next);
                code.aload(0).instanceOf((ClassDesc) types.get(i)).ifeq(next);
                code.loadConstant(i).ireturn();
                code.labelBinding(next);
            }
            code.loadConstant(types.size()).ireturn();
        }

        private List<DirectMethodHandleDesc> fields(InvokeDynamicInstruction call) {
            return call.bootstrapArgs().stream().skip(2).map(DirectMethodHandleDesc.class::cast).toList();
        }

        private void hashCode(CodeBuilder code, List<DirectMethodHandleDesc> fields) {
            code.iconst_0();
            for (DirectMethodHandleDesc field : fields) {
                ClassDesc type = field.invocationType().returnType();
                code.loadConstant(31).imul().aload(0).getfield(model.thisClass().asSymbol(), field.methodName(), type);
                if (type.isPrimitive()) {
                    code.invokestatic(boxed(type), "hashCode", MethodTypeDesc.of(ConstantDescs.CD_int, type));
                } else {
                    code.invokestatic(OBJECTS, "hashCode", MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_Object));
                }
                code.iadd();
            }
            code.ireturn();
        }

        private void equals(CodeBuilder code, List<DirectMethodHandleDesc> fields) {
            ClassDesc self = model.thisClass().asSymbol();
            Label different = code.newLabel();
            code.aload(0).aload(1).ifThen(Opcode.IF_ACMPEQ, same -> same.iconst_1().ireturn());
            code.aload(1).instanceOf(self).ifeq(different);
            code.aload(1).checkcast(self).astore(2);
            for (DirectMethodHandleDesc field : fields) {
                ClassDesc type = field.invocationType().returnType();
                code.aload(0).getfield(self, field.methodName(), type).aload(2).getfield(self, field.methodName(), type);
                if (type.isPrimitive()) {
                    code.invokestatic(boxed(type), "compare", MethodTypeDesc.of(ConstantDescs.CD_int, type, type)).ifne(different);
                } else {
                    code.invokestatic(OBJECTS, "equals",
                            MethodTypeDesc.of(ConstantDescs.CD_boolean, ConstantDescs.CD_Object, ConstantDescs.CD_Object)).ifeq(different);
                }
            }
            code.iconst_1().ireturn().labelBinding(different).iconst_0().ireturn();
        }

        private static ClassDesc boxed(ClassDesc primitive) {
            return ClassDesc.of(switch (primitive.displayName()) {
                case "boolean" -> "java.lang.Boolean";
                case "byte" -> "java.lang.Byte";
                case "short" -> "java.lang.Short";
                case "char" -> "java.lang.Character";
                case "int" -> "java.lang.Integer";
                case "long" -> "java.lang.Long";
                case "float" -> "java.lang.Float";
                default -> "java.lang.Double";
            });
        }
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
        options.add("-XX:ArchiveRelocationMode=0");
        options.add("\"-Xbootclasspath/a:" + jar.toString().replace("\\", "\\\\").replace("\"", "\\\"") + "\"");
        Object.class.getModule().getDescriptor().exports().stream().filter(exports -> exports.targets().contains(VECTOR))
                .map(Exports::source).sorted().forEach(name -> options.add("--add-exports=java.base/" + name + "=ALL-UNNAMED"));
        return options;
    }
}
