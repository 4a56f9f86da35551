package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Operators that make dictionaries of scores, or tensors of dictionaries. */
final class Dictionaries {

    private Dictionaries() {}

    static void register(Registry r) {
        r.op(MachineLearning.DOMAIN, "ZipMap", 1, Dictionaries::zip);
        r.op(MachineLearning.DOMAIN, "DictVectorizer", 1, Dictionaries::vector);
        r.op(MachineLearning.DOMAIN, "CastMap", 1, Dictionaries::cast);
    }

    /** The keys that a node lists, in strings or integers. */
    private static Value keys(Call c, String strings, String integers) {
        List<String> texts = c.attributeTexts(strings);
        return texts.isEmpty() ? Value.of(ElementType.INT64, Tensor.ofLongs(longs(c, integers)))
                : Value.of(Shape.of(texts.size()), texts);
    }

    private static long[] longs(Call c, String name) {
        return c.hasAttribute(name) ? c.attribute(name).getIntsList().stream().mapToLong(Long::longValue).toArray() : new long[0];
    }

    /** (examples, classes) -> a dictionary from class to score for each example. */
    private static List<Value> zip(Call c) {
        Tensor scores = c.tensor(0).rank() == 1 ? c.tensor(0).expandDims(0) : c.tensor(0);
        Value keys = keys(c, "classlabels_strings", "classlabels_int64s");
        if (Layouts.shapeOf(keys).dim(0) != scores.dim(1)) {
            throw new FormatException("ZipMap has another number of labels than there are scores\n  expected  " + scores.dim(1)
                    + " labels\n  received  " + Layouts.shapeOf(keys).dim(0));
        }
        return List.of(Value.of(IntStream.range(0, scores.dim(0))
                .mapToObj(i -> Value.of(keys, Value.of(c.type(0), scores.select(0, i)))).toList()));
    }

    /** A dictionary -> (1, keys), in the order of the node's list, zero for keys that are not there. */
    private static List<Value> vector(Call c) {
        return row(c, keys(c, "string_vocabulary", "int64_vocabulary"));
    }

    /** A dictionary from integers -> (1, keys) in their order, or with {@code SPARSE} (1, max_map) with each value at its key. */
    private static List<Value> cast(Call c) {
        long[] found = dictionary(c).keys() instanceof Value.Numbers numbers ? Call.longs(Host.data(numbers)) : new long[0];
        boolean sparse = c.attribute("map_form", "DENSE").equals("SPARSE");
        long[] keys = sparse ? LongStream.range(0, c.attribute("max_map", 1)).toArray() : Arrays.stream(found).sorted().toArray();
        c.room(keys.length, Double.BYTES);
        List<Value> row = row(c, Value.of(ElementType.INT64, Tensor.ofLongs(keys)));
        Optional<ElementType> to = switch (c.attribute("cast_to", "TO_FLOAT")) {
            case "TO_FLOAT" -> Optional.of(ElementType.FLOAT);
            case "TO_INT64" -> Optional.of(ElementType.INT64);
            case "TO_STRING" -> Optional.empty();
            default -> throw Call.unsupported("TO_FLOAT, TO_INT64 or TO_STRING", c.attribute("cast_to", ""));
        };
        return List.of(Casts.cast(row.getFirst(), to));
    }

    private static Value.Dictionary dictionary(Call c) {
        if (c.value(0) instanceof Value.Dictionary dictionary) {
            return dictionary;
        }
        throw new FormatException("wrong kind of value\n  expected  a dictionary\n  received  " + c.value(0));
    }

    private static List<Value> row(Call c, Value keys) {
        Value.Dictionary dictionary = dictionary(c);
        Map<Object, Integer> places = new HashMap<>();
        List<Object> given = MachineLearning.objects(dictionary.keys());
        for (int i = 0; i < given.size(); i++) {
            places.put(given.get(i), i);
        }
        // One place behind the values is zero, or an empty string.
        int[] at = MachineLearning.objects(keys).stream().mapToInt(key -> places.getOrDefault(key, given.size())).toArray();
        UnaryOperator<Tensor> chosen = column -> at.length == 0 ? column.slice(0, 0, 0) : column.pad(0, 0, 1).take(0, Tensor.ofInts(at));
        return List.of(Moves.all(List.of(dictionary.values()), parts -> List.of(chosen.apply(parts.getFirst()).expandDims(0))).getFirst());
    }
}
