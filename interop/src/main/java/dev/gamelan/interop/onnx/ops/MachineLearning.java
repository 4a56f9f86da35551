package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Scalars;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The simple operators of the domain {@code ai.onnx.ml}: preprocessing of tables. */
final class MachineLearning {

    static final String DOMAIN = "ai.onnx.ml";

    private MachineLearning() {}

    static void register(Registry r) {
        r.op(DOMAIN, "ArrayFeatureExtractor", 1, MachineLearning::extract);
        r.op(DOMAIN, "Binarizer", 1, c -> c.same(c.tensor(0).greater(c.attribute("threshold", 0.0)).cast(c.tensor(0).dtype())));
        r.op(DOMAIN, "Scaler", 1, MachineLearning::scale);
        r.op(DOMAIN, "LabelEncoder", 1, MachineLearning::numbered).op(DOMAIN, "LabelEncoder", 2, MachineLearning::encode);
        r.op(DOMAIN, "CategoryMapper", 1, MachineLearning::categories);
        r.op(DOMAIN, "Normalizer", 1, MachineLearning::normalize);
        r.op(DOMAIN, "Imputer", 1, MachineLearning::impute);
        r.op(DOMAIN, "OneHotEncoder", 1, MachineLearning::oneHot);
        r.op(DOMAIN, "FeatureVectorizer", 1, MachineLearning::join);
        r.op(DOMAIN, "LinearClassifier", 1, Scores::linearClassifier);
        r.op(DOMAIN, "LinearRegressor", 1, Scores::linearRegressor);
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

    static List<Object> objects(Value value) {
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
        if (c.version() < 4) {
            table.remove(Double.NaN); // which is equal to itself from then on
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

    /** In the first version strings have the numbers of their places, in either direction. */
    private static List<Value> numbered(Call c) {
        List<String> names = c.attributeTexts("classes_strings");
        return mapped(c, names, IntStream.range(0, names.size()).toArray());
    }

    private static String first(Call c, String... names) {
        for (String name : names) {
            if (c.hasAttribute(name)) {
                return name;
            }
        }
        throw new FormatException("an attribute is missing\n  expected  one of " + List.of(names) + "\n  received  none");
    }

    /** Strings to integers, or back. */
    private static List<Value> categories(Call c) {
        return mapped(c, c.attributeTexts("cats_strings"), c.attributeInts("cats_int64s").orElse(new int[0]));
    }

    private static List<Value> mapped(Call c, List<String> names, int[] numbers) {
        Shape shape = Layouts.shapeOf(c.value(0));
        if (c.value(0) instanceof Value.Text text) {
            long[] found = text.strings().stream()
                    .mapToLong(name -> names.contains(name) ? numbers[names.indexOf(name)] : c.attribute("default_int64", -1L)).toArray();
            return Call.one(ElementType.INT64, Tensor.ofLongs(found).reshape(shape));
        }
        List<Integer> order = IntStream.of(numbers).boxed().toList();
        List<String> found = IntStream.of(c.ints(0))
                .mapToObj(i -> order.contains(i) ? names.get(order.indexOf(i)) : c.attribute("default_string", "_Unused")).toList();
        return List.of(Value.of(shape, found));
    }

    /** Rows over their largest number, sum of magnitudes, or length. */
    private static List<Value> normalize(Call c) {
        Tensor x = c.tensor(0).cast(DType.FLOAT32);
        Tensor size = switch (c.attribute("norm", "MAX")) {
            case "MAX" -> x.max(Axes.keep(-1));
            case "L1" -> x.abs().sum(Axes.keep(-1));
            case "L2" -> x.square().sum(Axes.keep(-1)).sqrt();
            default -> throw Call.unsupported("MAX, L1 or L2", c.attribute("norm", "MAX"));
        };
        return Call.one(ElementType.FLOAT, x.div(size.where(size.ne(0), 1)));
    }

    /** What stands for a missing number becomes the number of its column. */
    private static List<Value> impute(Call c) {
        Tensor x = c.tensor(0);
        boolean whole = x.dtype().isInteger();
        Tensor values = whole ? Tensor.ofInts(c.attributeInts("imputed_value_int64s").orElseThrow()).cast(x.dtype())
                : Tensor.of(c.attributeDoubles("imputed_value_floats").orElseThrow()).cast(x.dtype());
        double missing = c.attribute("replaced_value_float", 0.0);
        Tensor hit = whole ? x.eq((double) c.attribute("replaced_value_int64", 0L)) : Double.isNaN(missing) ? x.ne(x) : x.eq(missing);
        return c.same(values.broadcastTo(x.shape()).where(hit, x));
    }

    /** One axis more, of the categories: 1 at the place of the element's own. */
    private static List<Value> oneHot(Call c) {
        List<Object> categories = new java.util.ArrayList<>(c.attributeTexts("cats_strings"));
        Shape shape = Layouts.shapeOf(c.value(0));
        boolean zeros = c.flag("zeros", true);
        if (c.value(0) instanceof Value.Text text) {
            int[] at = text.strings().stream().mapToInt(categories::indexOf).toArray();
            return Call.one(ElementType.FLOAT,
                    hot(Tensor.ofInts(at).reshape(shape), IntStream.range(0, categories.size()).toArray(), zeros));
        }
        int[] numbers = c.attributeInts("cats_int64s").orElseThrow();
        return Call.one(ElementType.FLOAT, hot(c.tensor(0).cast(DType.INT32), numbers, zeros));
    }

    private static Tensor hot(Tensor x, int[] categories, boolean zeros) {
        if (!zeros && IntStream.of(Call.ints(Call.longs(Host.data(x)))).anyMatch(i -> IntStream.of(categories).noneMatch(k -> k == i))) {
            throw new FormatException("OneHotEncoder: an unknown category\n  expected  one of the listed ones\n  received  another");
        }
        return x.expandDims(x.rank()).eq(Tensor.ofInts(categories)).cast(DType.FLOAT32);
    }

    /** Columns side by side, each input cut or filled to its number of them. */
    private static List<Value> join(Call c) {
        int[] widths = c.attributeInts("inputdimensions").orElseThrow();
        List<Tensor> parts = new java.util.ArrayList<>();
        for (int i = 0; i < widths.length; i++) {
            Tensor x = c.tensor(i).cast(DType.FLOAT32);
            Tensor rows = x.rank() == 1 ? x.expandDims(1) : x.flatten(1);
            int kept = Math.min(widths[i], rows.dim(1));
            parts.add(rows.slice(1, 0, kept).pad(1, 0, widths[i] - kept));
        }
        return Call.one(ElementType.FLOAT, Tensors.concat(1, parts));
    }
}
