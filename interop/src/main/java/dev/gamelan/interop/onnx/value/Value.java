package dev.gamelan.interop.onnx.value;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.Optional;

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

    static Maybe of(Optional<Value> value) {
        return new Maybe(value, Knowledge.MODEL);
    }
}
