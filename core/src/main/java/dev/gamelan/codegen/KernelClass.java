package dev.gamelan.codegen;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandles;
import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** Turns emitted method bodies into objects. */
public final class KernelClass {
    /** HotSpot never compiles methods of more bytes than this. */
    private static final int LARGEST_METHOD = 8000;
    private static final Path DUMP_DIRECTORY = Path.of("gamelan-bytecode");
    private static final AtomicInteger DUMPED = new AtomicInteger();

    private KernelClass() {
    }

    /** One method of a kernel's interface and what emits its body (which must not fall off its end unless void). */
    public record Body(String method, Consumer<Assembler> emitter) {
    }

    /**
     * Whether the JVM was told to compile classes soon whose names begin so, as the launcher tells it:
     * {@code -XX:CompileCommand=CompileThresholdScaling,dev.gamelan.codegen.NAME*::*,0.05}.
     */
    static boolean isCompiledSoon(String name) {
        return isTold("CompileThresholdScaling", name);
    }

    /**
     * Whether who calls a method that the JVM compiles waits for that, in classes whose names begin so, as the launcher tells it:
     * {@code -XX:CompileCommand=BackgroundCompilation,dev.gamelan.codegen.NAME*::*,false}.
     */
    static boolean isWaitedFor(String name) {
        return isTold("BackgroundCompilation", name + "*::*,false");
    }

    private static boolean isTold(String command, String name) {
        String told = command + "," + KernelClass.class.getPackageName() + "." + name;
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream().anyMatch(option -> option.contains(told));
    }

    /**
     * An instance of a new class that implements the one abstract method of {@code type} with the emitted body.
     *
     * @param type a public interface, or one of this package
     * @param name for stack traces and profiles
     */
    public static <T> T define(Class<T> type, String name, Lanes lanes, Consumer<Assembler> body) {
        List<Method> methods = abstractMethods(type);
        if (methods.size() != 1) {
            throw new IllegalArgumentException("expected an interface with one abstract method, received " + methods);
        }
        return define(type, name, lanes, List.of(new Body(methods.getFirst().getName(), body)));
    }

    /** An instance of a new class that implements the abstract methods of {@code type} with the emitted bodies. */
    public static <T> T define(Class<T> type, String name, Lanes lanes, List<Body> bodies) {
        List<Object> constants = new ArrayList<>();
        ClassDesc self = ClassDesc.of(KernelClass.class.getPackageName(), name);
        if (lanes.isVector()) {
            VectorSupport.Masks.show();
        }
        byte[] bytes = ClassFile.of().build(self, builder -> {
            builder.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SYNTHETIC);
            builder.withInterfaceSymbols(type.describeConstable().orElseThrow());
            builder.withMethodBody(ConstantDescs.INIT_NAME, ConstantDescs.MTD_void, 0, code -> code.aload(0)
                    .invokespecial(ConstantDescs.CD_Object, ConstantDescs.INIT_NAME, ConstantDescs.MTD_void).return_());
            for (Body body : bodies) {
                builder.withMethodBody(body.method(), descriptor(type, body.method()), ClassFile.ACC_PUBLIC, code -> {
                    Assembler assembler = new Assembler(code, lanes, constants);
                    assembler.scoped(() -> body.emitter().accept(assembler));
                    if (descriptor(type, body.method()).returnType().equals(ConstantDescs.CD_void)) {
                        code.return_();
                    }
                });
            }
        });
        if (System.getProperty("gamelan.debug", "").contains("bytecode")) {
            dump(name, bytes);
        }
        checkMethodSizes(name, bytes);
        return type.cast(instantiate(bytes, constants));
    }

    private static Object instantiate(byte[] bytes, List<Object> constants) {
        try {
            MethodHandles.Lookup hidden = MethodHandles.lookup().defineHiddenClassWithClassData(bytes, List.copyOf(constants), true);
            return hidden.lookupClass().getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("an emitted kernel cannot be defined", e);
        }
    }

    private static List<Method> abstractMethods(Class<?> type) {
        return Arrays.stream(type.getMethods()).filter(method -> Modifier.isAbstract(method.getModifiers())).toList();
    }

    private static MethodTypeDesc descriptor(Class<?> type, String name) {
        Method method = abstractMethods(type).stream().filter(candidate -> candidate.getName().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no abstract method " + name + " in " + type));
        ClassDesc[] parameters = Arrays.stream(method.getParameterTypes())
                .map(parameter -> parameter.describeConstable().orElseThrow()).toArray(ClassDesc[]::new);
        return MethodTypeDesc.of(method.getReturnType().describeConstable().orElseThrow(), parameters);
    }

    private static void checkMethodSizes(String name, byte[] bytes) {
        for (var method : ClassFile.of().parse(bytes).methods()) {
            int size = method.code().map(code -> ((CodeAttribute) code).codeLength()).orElse(0);
            if (size >= LARGEST_METHOD) {
                throw new MethodTooLargeException("kernel " + name + ", method " + method.methodName().stringValue()
                        + ": expected less than " + LARGEST_METHOD + " bytes of bytecode, which HotSpot compiles, received "
                        + size + "; split the kernel");
            }
        }
    }

    private static void dump(String name, byte[] bytes) {
        try {
            Files.createDirectories(DUMP_DIRECTORY);
            Files.write(DUMP_DIRECTORY.resolve(name + "-" + DUMPED.incrementAndGet() + ".class"), bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
