package dev.gamelan.tensor;

import dev.gamelan.shape.TraceException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The components and the constructor of a record class, found once per class. Equal to itself alone. */
final class RecordAccess {

    private static final ClassValue<RecordAccess> CACHE = new ClassValue<>() {
        @Override
        protected RecordAccess computeValue(Class<?> type) {
            return new RecordAccess(type);
        }
    };

    private final Class<?> type;
    private final String[] names;
    private final MethodHandle[] getters;
    private final MethodHandle constructor;

    private RecordAccess(Class<?> type) {
        this.type = type;
        RecordComponent[] components = type.getRecordComponents();
        names = Arrays.stream(components).map(RecordComponent::getName).toArray(String[]::new);
        try {
            getters = new MethodHandle[components.length];
            for (int i = 0; i < components.length; i++) {
                getters[i] = getter(components[i].getAccessor());
            }
            constructor = constructor(type, Arrays.stream(components).map(RecordComponent::getType)
                    .toArray(Class<?>[]::new));
        } catch (InaccessibleObjectException | ReflectiveOperationException e) {
            throw inaccessible(type);
        }
    }

    static RecordAccess of(Class<?> type) {
        return CACHE.get(type);
    }

    private static MethodHandle getter(Method accessor) throws IllegalAccessException {
        accessor.setAccessible(true);
        return MethodHandles.lookup().unreflect(accessor).asType(MethodType.methodType(Object.class, Object.class));
    }

    private static MethodHandle constructor(Class<?> type, Class<?>[] components) throws ReflectiveOperationException {
        Constructor<?> canonical = type.getDeclaredConstructor(components);
        canonical.setAccessible(true);
        return MethodHandles.lookup().unreflectConstructor(canonical).asSpreader(Object[].class, components.length)
                .asType(MethodType.methodType(Object.class, Object[].class));
    }

    private static TraceException inaccessible(Class<?> type) {
        return new TraceException("the record " + type.getName()
                + " cannot be read by reflection\n  expected  a package that is open to "
                + "dev.gamelan.core\n  received  package " + type.getPackageName() + " of " + type.getModule()
                + "\n  add to its module-info.java:  opens " + type.getPackageName() + " to dev.gamelan.core;");
    }

    static TraceException notATree(Class<?> type) {
        return new TraceException(type.getName()
                + " says that it is a Tree, but is not a record\n  expected  a Tensor, TensorMap, RandomKey,"
                + " or a record whose components are trees, lists of trees or constants\n  received  " + type);
    }

    int size() {
        return getters.length;
    }

    String name(int i) {
        return names[i];
    }

    boolean isInstance(@Nullable Object value) {
        return value != null && value.getClass() == type;
    }

    @Nullable Object get(@Nullable Object tree, int i) {
        try {
            return getters[i].invokeExact(tree);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("reading " + type.getSimpleName() + "." + names[i], e);
        }
    }

    Object make(Object[] arguments) {
        try {
            return constructor.invokeExact(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("making a " + type.getSimpleName(), e);
        }
    }

    String describe(List<String> parts) {
        return IntStream.range(0, parts.size()).mapToObj(i -> names[i] + "=" + parts.get(i))
                .collect(Collectors.joining(", ", type.getSimpleName() + "[", "]"));
    }
}
