package dev.gamelan.nn;

import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Parameter;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Records as JSON and back, by the names of their components. Where a component's type leaves the class open, the object
 * names it under {@code type}: without a package for this library's own, in full for others. Reading makes only records
 * and enum constants of the type that the place asks for, so a file cannot name just any class.
 */
final class ModelJson {

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String TYPE = "type";
    private static final String HERE = ModelJson.class.getPackageName() + ".";

    private ModelJson() {}

    /** Thrown where something has no form in JSON: a lambda, or a tensor. */
    static final class NotARecord extends Exception {
        private static final long serialVersionUID = 1L;

        NotARecord(String message) {
            super(message);
        }
    }

    static String write(Object value, Class<?> declared) throws NotARecord {
        return JSON.writeValueAsString(toJson(value, declared));
    }

    /** @throws FormatException if the text does not describe something of this type */
    static <T> T read(String text, Class<T> type) {
        JsonNode node;
        try {
            node = JSON.readTree(text);
        } catch (tools.jackson.core.JacksonException e) {
            throw new FormatException("the architecture is not JSON: " + e.getOriginalMessage(), e);
        }
        return type.cast(fromJson(node, type));
    }

    // ---- writing -------------------------------------------------------------------------------------------------

    private static JsonNode toJson(@Nullable Object value, Type declared) throws NotARecord {
        return switch (value) {
            case Integer number -> JSON.getNodeFactory().numberNode(number);
            case Long number -> JSON.getNodeFactory().numberNode(number);
            case Double number -> JSON.getNodeFactory().numberNode(number);
            case Boolean truth -> JSON.getNodeFactory().booleanNode(truth);
            case String text -> JSON.getNodeFactory().stringNode(text);
            case Shape shape -> listToJson(Arrays.stream(shape.dims()).boxed().toList(), Integer.class);
            case Enum<?> constant -> enumToJson(constant, declared);
            case List<?> list -> listToJson(list, element(declared));
            case Record record -> recordToJson(record, declared);
            case null -> throw new NotARecord("a component is null");
            default -> throw new NotARecord((value.getClass().isHidden() || value.getClass().isSynthetic() ? "a lambda"
                    : "a " + value.getClass().getName()) + " is neither a record nor an enum constant");
        };
    }

    private static ArrayNode listToJson(List<?> list, Type element) throws NotARecord {
        ArrayNode array = JSON.createArrayNode();
        for (Object item : list) {
            array.add(toJson(item, element));
        }
        return array;
    }

    private static JsonNode enumToJson(Enum<?> constant, Type declared) {
        if (declared == constant.getDeclaringClass()) {
            return JSON.getNodeFactory().stringNode(constant.name());
        }
        return JSON.createObjectNode().put(TYPE, name(constant.getDeclaringClass())).put("constant", constant.name());
    }

    private static ObjectNode recordToJson(Record record, Type declared) throws NotARecord {
        ObjectNode object = JSON.createObjectNode();
        if (raw(declared) != record.getClass()) {
            object.put(TYPE, name(record.getClass()));
        }
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            object.set(component.getName(), toJson(value(record, component), component.getGenericType()));
        }
        return object;
    }

    private static @Nullable Object value(Record record, RecordComponent component) throws NotARecord {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new NotARecord("component " + component.getName() + " of " + record.getClass().getName() + " cannot be read: " + e);
        }
    }

    private static String name(Class<?> type) {
        return type.getName().startsWith(HERE) ? type.getName().substring(HERE.length()) : type.getName();
    }

    // ---- reading -------------------------------------------------------------------------------------------------

    private static Object fromJson(JsonNode node, Type declared) {
        Class<?> type = raw(declared);
        if (type == int.class || type == Integer.class) {
            return expect(node.isInt(), node, "an integer", node::intValue);
        } else if (type == long.class || type == Long.class) {
            return expect(node.isIntegralNumber() && node.canConvertToLong(), node, "an integer", node::longValue);
        } else if (type == double.class || type == Double.class) {
            return expect(node.isNumber(), node, "a number", node::doubleValue);
        } else if (type == boolean.class || type == Boolean.class) {
            return expect(node.isBoolean(), node, "true or false", node::booleanValue);
        } else if (type == String.class) {
            return expect(node.isString(), node, "a text", node::stringValue);
        } else if (type == Shape.class) {
            return Shape.of(items(node, int.class).stream().mapToInt(Integer.class::cast).toArray());
        } else if (type == List.class) {
            return items(node, element(declared));
        } else if (type.isEnum()) {
            return expect(node.isString(), node, "a constant of " + name(type), () -> constant(type, node.stringValue()));
        }
        return object(expect(node.isObject(), node, "an object for a " + name(type), () -> (ObjectNode) node), type);
    }

    private static List<Object> items(JsonNode node, Type element) {
        List<Object> items = new ArrayList<>();
        expect(node.isArray(), node, "a list", () -> (ArrayNode) node).forEach(item -> items.add(fromJson(item, element)));
        return List.copyOf(items);
    }

    private static Object object(ObjectNode node, Class<?> declared) {
        Class<?> type = declared.isRecord() && !node.has(TYPE) ? declared : find(node, declared);
        return type.isEnum() ? constant(type, node.path("constant").asString("")) : record(node, type);
    }

    private static Class<?> find(ObjectNode node, Class<?> declared) {
        String name = node.path(TYPE).asString("");
        String full = name.indexOf('.') < 0 ? HERE + name : name;
        try {
            Class<?> type = Class.forName(full, false, loader());
            if (declared.isAssignableFrom(type) && (type.isRecord() || type.isEnum())) {
                return type;
            }
            throw new FormatException("'" + name + "' is not a record or enum that is a " + name(declared));
        } catch (ClassNotFoundException | LinkageError e) {
            throw new FormatException("there is no " + name(declared) + " '" + name + "' on the class path; load the weights with "
                    + "Model.load(file, block)", e);
        }
    }

    private static ClassLoader loader() {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        return context == null ? ModelJson.class.getClassLoader() : context;
    }

    private static Object constant(Class<?> type, String name) {
        return Arrays.stream(type.getEnumConstants()).filter(constant -> ((Enum<?>) constant).name().equals(name)).findFirst()
                .orElseThrow(() -> new FormatException(name(type) + " has no constant '" + name + "'"));
    }

    /** By the constructor whose parameters have the names that are there: an old file finds the constructor of its time. */
    private static Object record(ObjectNode node, Class<?> type) {
        Set<String> names = node.propertyStream().map(java.util.Map.Entry::getKey).filter(name -> !name.equals(TYPE))
                .collect(Collectors.toSet());
        Constructor<?> constructor = constructor(type, names).orElseThrow(() -> new FormatException(
                name(type) + " has no constructor with the parameters " + names + "; it has "
                        + Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList()));
        Object[] arguments = Arrays.stream(constructor.getParameters())
                .map(parameter -> fromJson(node.get(parameter.getName()), parameter.getParameterizedType())).toArray();
        try {
            constructor.setAccessible(true);
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            throw new FormatException(name(type) + " refuses " + node + ": " + e.getTargetException().getMessage(), e);
        } catch (ReflectiveOperationException | RuntimeException e) {
            throw new FormatException("cannot make a " + name(type) + "; in a named module its package must be open to dev.gamelan.nn", e);
        }
    }

    private static Optional<Constructor<?>> constructor(Class<?> type, Set<String> names) {
        return Arrays.<Constructor<?>>stream(type.getDeclaredConstructors())
                .filter(c -> c.getParameterCount() == names.size()
                        && Arrays.stream(c.getParameters()).map(Parameter::getName).allMatch(names::contains))
                .max(Comparator.comparingInt(Constructor::getParameterCount));
    }

    private interface Get<T> {
        T get();
    }

    private static <T> T expect(boolean holds, JsonNode node, String what, Get<T> value) {
        if (!holds) {
            throw new FormatException("the architecture is damaged: expected " + what + ", received " + node);
        }
        return value.get();
    }

    private static Class<?> raw(Type type) {
        return type instanceof Class<?> c ? c : type instanceof ParameterizedType p ? (Class<?>) p.getRawType() : Object.class;
    }

    private static Type element(Type list) {
        return list instanceof ParameterizedType p && p.getActualTypeArguments()[0] instanceof Type t
                && !(t instanceof java.lang.reflect.WildcardType)
                ? t : list instanceof Class<?> c && c != List.class ? c : Block.class;
    }
}
