package dev.gamelan.interop.onnx.value;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** A value on an edge of an ONNX graph. */
public sealed interface Value {

    Knowledge knowledge();

    Value with(Knowledge knowledge);

    /**
     * Numbers.
     *
     * @param type the element type in ONNX
     * @param tensor of the carrier's type, lazy
     * @param recorded what the file says, of a parameter that stands for something else now
     */
    record Numbers(ElementType type, Tensor tensor, Knowledge knowledge, Optional<Data> recorded) implements Value {

        public Numbers {
            if (tensor.dtype() != type.carrier()) {
                throw new IllegalArgumentException(type + " is carried as " + type.carrier() + ", not " + tensor.dtype());
            }
        }

        @Override
        public Numbers with(Knowledge other) {
            return new Numbers(type, tensor, other, recorded);
        }

        public Numbers with(Tensor other) {
            return new Numbers(type, other, knowledge, recorded);
        }

        /** The tensor as the file has it, if it stands for something else now: for what nothing learns. */
        public Tensor fixed() {
            return recorded.map(Tensor::of).orElse(tensor);
        }

        /** The tensor in the type itself, where the tensor language has it; else in the carrier. */
        public Tensor plain() {
            return switch (type) {
                case FLOAT16 -> tensor.cast(DType.FLOAT16);
                case BFLOAT16 -> tensor.cast(DType.BFLOAT16);
                default -> tensor;
            };
        }

        @Override
        public String toString() {
            return type + tensor.shape().toString();
        }
    }

    /** Strings in row-major order. */
    record Text(Shape shape, List<String> strings, Knowledge knowledge) implements Value {

        public Text {
            strings = List.copyOf(strings);
        }

        @Override
        public Text with(Knowledge other) {
            return new Text(shape, strings, other);
        }

        @Override
        public String toString() {
            return "STRING" + shape;
        }
    }

    /** Values in a row; their number is always known. */
    record Sequence(List<Value> values, Knowledge knowledge) implements Value {

        public Sequence {
            values = List.copyOf(values);
        }

        @Override
        public Sequence with(Knowledge other) {
            return new Sequence(values.stream().map(value -> value.with(other)).toList(), other);
        }

        @Override
        public String toString() {
            return "sequence of " + values;
        }
    }

    /** A value, or none. */
    record Maybe(Optional<Value> value, Knowledge knowledge) implements Value {

        @Override
        public Maybe with(Knowledge other) {
            return new Maybe(value.map(inner -> inner.with(other)), other);
        }

        @Override
        public String toString() {
            return value.map(inner -> "optional " + inner).orElse("nothing");
        }
    }

    /**
     * Values by keys, in two columns.
     *
     * @param keys   (n), strings or INT64
     * @param values (n), numbers or strings
     */
    record Dictionary(Value keys, Value values, Knowledge knowledge) implements Value {

        @Override
        public Dictionary with(Knowledge other) {
            return new Dictionary(keys.with(other), values.with(other), other);
        }

        /** The entries in their order: keys are {@link String} or {@link Long}, values {@link String}, {@link Double} or {@link Long}. */
        public Map<Object, Object> entries() {
            List<Object> names = objects(keys);
            List<Object> each = objects(values);
            Map<Object, Object> entries = new LinkedHashMap<>();
            for (int i = 0; i < names.size(); i++) {
                entries.put(names.get(i), each.get(i));
            }
            return Collections.unmodifiableMap(entries);
        }

        private static List<Object> objects(Value column) {
            if (!(column instanceof Numbers numbers)) {
                return List.copyOf(((Text) column).strings());
            }
            Data data = numbers.tensor().data();
            boolean fractions = numbers.type().isFloating();
            return IntStream.range(0, data.length())
                    .<Object>mapToObj(i -> fractions ? (Object) data.getDouble(i) : (Object) data.getLong(i)).toList();
        }

        @Override
        public String toString() {
            return "dictionary from " + keys + " to " + values;
        }
    }

    /** Numbers that an operator made; what they depend on is noted by who called it. */
    static Numbers of(ElementType type, Tensor tensor) {
        return new Numbers(type, tensor, Knowledge.MODEL, Optional.empty());
    }

    /** Numbers of the type that the tensor holds as it is; FLOAT16 and BFLOAT16 are widened to their carrier. */
    static Numbers of(Tensor tensor) {
        ElementType type = ElementType.of(tensor.dtype());
        return of(type, tensor.cast(type.carrier()));
    }

    static Text of(Shape shape, List<String> strings) {
        return new Text(shape, strings, Knowledge.MODEL);
    }

    static Sequence of(List<? extends Value> values) {
        return new Sequence(List.copyOf(values), Knowledge.MODEL);
    }

    static Dictionary of(Value keys, Value values) {
        return new Dictionary(keys, values, Knowledge.MODEL);
    }

    static Maybe of(Optional<Value> value) {
        return new Maybe(value, Knowledge.MODEL);
    }
}
