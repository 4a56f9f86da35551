package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Operators that move elements without looking at them work on strings too: on codes that stand for the strings. */
final class Moves {

    private Moves() {}

    /** A function that moves the elements of the first input. */
    static List<Value> first(Call c, UnaryOperator<Tensor> function) {
        return of(c, List.of(c.value(0)), parts -> function.apply(parts.getFirst()));
    }

    /** A function that makes one tensor from the elements of others of one type. */
    static List<Value> of(Call c, List<Value> parts, Function<List<Tensor>, Tensor> function) {
        return List.of(all(parts, tensors -> List.of(function.apply(tensors))).getFirst());
    }

    /** A function that makes tensors from the elements of others of one type. */
    static List<Value> all(List<Value> parts, Function<List<Tensor>, List<Tensor>> function) {
        if (parts.getFirst() instanceof Value.Text) {
            Map<String, Integer> table = new LinkedHashMap<>();
            List<Tensor> codes = codes(parts, table);
            List<String> strings = List.copyOf(table.keySet());
            return function.apply(codes).stream().<Value>map(moved -> text(Host.data(moved), strings)).toList();
        }
        Value.Numbers first = Call.numbers(parts.getFirst());
        List<Tensor> tensors = parts.stream().map(part -> Call.numbers(part).tensor()).toList();
        return function.apply(tensors).stream().<Value>map(moved -> Value.of(first.type(), moved)).toList();
    }

    /** A function of codes that are equal where the strings are. */
    static Tensor codes(List<? extends Value> texts, Function<List<Tensor>, Tensor> function) {
        return function.apply(codes(texts, new LinkedHashMap<>()));
    }

    /** Where strings are not empty. */
    static Tensor filled(Value.Text text) {
        return codes(List.of(text), codes -> codes.getFirst().ne(0));
    }

    private static List<Tensor> codes(List<? extends Value> texts, Map<String, Integer> table) {
        table.put("", 0); // what padding with zeros stands for
        List<Tensor> codes = new ArrayList<>();
        for (Value value : texts) {
            if (!(value instanceof Value.Text text)) {
                throw Call.unsupported("strings alone", texts.toString());
            }
            int[] numbers = text.strings().stream().mapToInt(string -> {
                table.putIfAbsent(string, table.size());
                return table.get(string);
            }).toArray();
            codes.add(Tensor.ofInts(numbers).reshape(text.shape()));
        }
        return codes;
    }

    private static Value.Text text(Data codes, List<String> strings) {
        Shape shape = codes.shape();
        return Value.of(shape, IntStream.range(0, codes.length()).mapToObj(i -> strings.get((int) codes.getLong(i))).toList());
    }
}
