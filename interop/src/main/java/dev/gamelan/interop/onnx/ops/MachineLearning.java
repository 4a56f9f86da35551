package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Scalars;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The simple operators of the domain {@code ai.onnx.ml}: preprocessing of tables. */
final class MachineLearning {

    private static final String DOMAIN = "ai.onnx.ml";

    private MachineLearning() {}

    static void register(Registry r) {
        r.op(DOMAIN, "ArrayFeatureExtractor", 1, MachineLearning::extract);
        r.op(DOMAIN, "Binarizer", 1, c -> c.same(c.tensor(0).greater(c.attribute("threshold", 0.0)).cast(c.tensor(0).dtype())));
        r.op(DOMAIN, "Scaler", 1, MachineLearning::scale);
        r.op(DOMAIN, "LabelEncoder", 1, MachineLearning::encode);
    }

    private static List<Value> extract(Call c) {
        Tensor places = c.tensor(1).flatten();
        return Moves.first(c, x -> (x.rank() == 1 ? x.expandDims(0) : x).take(-1, places));
    }

    private static List<Value> scale(Call c) {
        Tensor x = c.tensor(0).cast(DType.FLOAT32);
        Tensor offset = Tensor.of(c.attributeDoubles("offset").orElse(new double[] {0}));
        Tensor scale = Tensor.of(c.attributeDoubles("scale").orElse(new double[] {1}));
        return Call.one(ElementType.FLOAT, x.sub(offset).mul(scale));
    }

    /** A list of an attribute, as strings or numbers; a tensor's elements likewise. */
    private static List<Object> list(Call c, AttributeProto attribute) {
        if (attribute.hasT()) {
            return objects(c.attributeValue(attribute));
        } else if (attribute.getStringsCount() > 0) {
            return attribute.getStringsList().stream().<Object>map(bytes -> bytes.toStringUtf8()).toList();
        } else if (attribute.getIntsCount() > 0) {
            return attribute.getIntsList().stream().<Object>map(i -> i).toList();
        }
        return attribute.getFloatsList().stream().<Object>map(Float::doubleValue).toList();
    }

    private static List<Object> objects(Value value) {
        if (value instanceof Value.Text text) {
            return List.copyOf(text.strings());
        }
        Data data = Host.data(Call.numbers(value));
        return IntStream.range(0, data.length())
                .<Object>mapToObj(i -> data.dtype().isFloating() ? (Object) data.getDouble(i) : (Object) data.getLong(i)).toList();
    }

    private static List<Value> encode(Call c) {
        String keys = first(c, "keys_tensor", "keys_strings", "keys_int64s", "keys_floats");
        String values = first(c, "values_tensor", "values_strings", "values_int64s", "values_floats");
        List<Object> from = list(c, c.attribute(keys));
        List<Object> to = list(c, c.attribute(values));
        Map<Object, Object> table = new HashMap<>();
        for (int i = 0; i < Math.min(from.size(), to.size()); i++) {
            table.putIfAbsent(from.get(i), to.get(i));
        }
        Shape shape = Layouts.shapeOf(c.value(0));
        List<Object> items = objects(c.value(0));
        ElementType type = values.endsWith("strings") || to.getFirst() instanceof String ? ElementType.BOOL
                : values.equals("values_tensor") ? Call.numbers(c.attributeValue(c.attribute(values))).type()
                : values.endsWith("int64s") ? ElementType.INT64 : ElementType.FLOAT;
        if (to.getFirst() instanceof String) {
            String otherwise = c.hasAttribute("default_tensor") ? String.valueOf(list(c, c.attribute("default_tensor")).getFirst())
                    : c.attribute("default_string", "_Unused");
            return List.of(Value.of(shape, items.stream().map(item -> String.valueOf(table.getOrDefault(item, otherwise))).toList()));
        }
        double otherwise = c.hasAttribute("default_tensor") ? ((Number) list(c, c.attribute("default_tensor")).getFirst()).doubleValue()
                : type == ElementType.INT64 ? c.attribute("default_int64", -1) : c.attribute("default_float", -0.0);
        Object array = type.carrier().newArray(items.size());
        for (int i = 0; i < items.size(); i++) {
            Scalars.setDouble(type.carrier(), array, i, ((Number) table.getOrDefault(items.get(i), otherwise)).doubleValue());
        }
        return Call.one(type, Tensor.of(Data.of(type.carrier(), shape, array)));
    }

    private static String first(Call c, String... names) {
        for (String name : names) {
            if (c.hasAttribute(name)) {
                return name;
            }
        }
        throw new FormatException("an attribute is missing\n  expected  one of " + List.of(names) + "\n  received  none");
    }
}
