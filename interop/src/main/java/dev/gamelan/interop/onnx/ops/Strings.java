package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/** Operators on strings. */
final class Strings {

    private Strings() {}

    static void register(Registry r) {
        r.op("StringNormalizer", Strings::normalize);
        r.op("StringConcat", Strings::concat).op("StringSplit", Strings::split).op("RegexFullMatch", Strings::matches);
    }

    /** Changes case and drops words; all dropped leaves one empty string. */
    private static List<Value> normalize(Call c) {
        Value.Text text = c.text(0);
        boolean sensitive = c.flag("is_case_sensitive", false);
        Locale locale = c.hasAttribute("locale") ? Locale.forLanguageTag(c.attribute("locale", "en_US").replace('_', '-')) : Locale.ROOT;
        UnaryOperator<String> fold = sensitive ? s -> s : s -> s.toLowerCase(locale);
        Set<String> dropped = new HashSet<>(c.attributeTexts("stopwords").stream().map(fold).toList());
        UnaryOperator<String> change = switch (c.attribute("case_change_action", "NONE")) {
            case "LOWER" -> s -> s.toLowerCase(locale);
            case "UPPER" -> s -> s.toUpperCase(locale);
            default -> s -> s;
        };
        List<String> kept = text.strings().stream().filter(s -> !dropped.contains(fold.apply(s))).map(change).toList();
        kept = kept.isEmpty() ? List.of("") : kept;
        Shape shape = text.shape().rank() == 2 ? Shape.of(1, kept.size()) : Shape.of(kept.size());
        return List.of(Value.of(shape, kept));
    }

    private static List<Value> concat(Call c) {
        Value.Text a = c.text(0);
        Value.Text b = c.text(1);
        Shape shape = Shape.broadcast(a.shape(), b.shape());
        c.room(shape.size(), Long.BYTES);
        List<String> left = stretched(a, shape);
        List<String> right = stretched(b, shape);
        c.room(characters(left) + characters(right), Character.BYTES);
        return List.of(Value.of(shape, IntStream.range(0, left.size()).mapToObj(i -> left.get(i) + right.get(i)).toList()));
    }

    private static double characters(List<String> strings) {
        return strings.stream().mapToDouble(String::length).sum();
    }

    private static List<String> stretched(Value.Text text, Shape shape) {
        Data places = Host.data(Tensor.arange(text.shape().length()).reshape(text.shape()).broadcastTo(shape));
        return IntStream.range(0, places.length()).mapToObj(i -> text.strings().get((int) places.getLong(i))).toList();
    }

    /** Parts along a new last axis, filled with empty strings, and how many there were. */
    private static List<Value> split(Call c) {
        Value.Text text = c.text(0);
        String delimiter = c.attribute("delimiter", "");
        int most = c.hasAttribute("maxsplit") ? c.attribute("maxsplit", 0) : Integer.MAX_VALUE - 1;
        List<List<String>> parts = text.strings().stream().map(string -> split(string, delimiter, most)).toList();
        int longest = parts.stream().mapToInt(List::size).max().orElse(0);
        c.room((double) longest * parts.size(), Long.BYTES);
        List<String> filled = new ArrayList<>();
        for (List<String> each : parts) {
            filled.addAll(each);
            filled.addAll(java.util.Collections.nCopies(longest - each.size(), ""));
        }
        long[] counts = parts.stream().mapToLong(List::size).toArray();
        return List.of(Value.of(text.shape().insert(-1, longest), filled),
                Value.of(ElementType.INT64, Tensor.of(Data.of(DType.INT64, text.shape(), counts))));
    }

    /** As Python's: without a delimiter at runs of white space. */
    private static List<String> split(String string, String delimiter, int most) {
        boolean blank = delimiter.isEmpty();
        String rest = blank ? string.strip() : string;
        if (blank && rest.isEmpty()) {
            return List.of();
        }
        return Arrays.asList((blank ? Pattern.compile("\\s+") : Pattern.compile(Pattern.quote(delimiter))).split(rest,
                most == Integer.MAX_VALUE - 1 ? -1 : most + 1));
    }

    private static List<Value> matches(Call c) {
        Value.Text text = c.text(0);
        com.google.re2j.Pattern pattern = Expressions.compile(c.attribute("pattern", ""));
        boolean[] result = new boolean[text.strings().size()];
        for (int i = 0; i < result.length; i++) {
            result[i] = pattern.matches(text.strings().get(i));
        }
        return Call.one(ElementType.BOOL, Tensor.of(Data.of(DType.BOOL, text.shape(), result)));
    }
}
