package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Scalars;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** Operators that make tensors. */
final class Creation {

    private Creation() {}

    private static final List<String> VALUES = List.of("value", "sparse_value", "value_float", "value_floats", "value_int", "value_ints",
            "value_string", "value_strings");

    static void register(Registry r) {
        r.op("Constant", Creation::constant);
        r.op("ConstantOfShape", Creation::constantOfShape);
        r.op("Range", Creation::range);
        r.op("EyeLike", Creation::eyeLike);
        r.op("RandomUniform", c -> uniform(c, shapeAttribute(c), Optional.empty()));
        r.op("RandomUniformLike", c -> uniform(c, c.tensor(0).shape(), Optional.of(c.type(0))));
        r.op("RandomNormal", c -> normal(c, shapeAttribute(c), Optional.empty()));
        r.op("RandomNormalLike", c -> normal(c, c.tensor(0).shape(), Optional.of(c.type(0))));
        r.op("Bernoulli", Creation::bernoulli).op("Multinomial", Creation::multinomial);
    }

    private static List<Value> constant(Call c) {
        for (String name : VALUES) {
            if (c.hasAttribute(name)) {
                return List.of(constant(c, name, c.attribute(name)));
            }
        }
        throw new FormatException("a constant has no value\n  expected  one of the attributes " + VALUES + "\n  received  none of them");
    }

    private static Value constant(Call c, String name, AttributeProto attribute) {
        return switch (name) {
            case "value" -> c.attributeValue(attribute);
            case "sparse_value" -> c.readSparse(attribute);
            case "value_float" -> Value.of(Tensor.of(new float[] {attribute.getF()}).reshape(Shape.SCALAR));
            case "value_floats" -> Value.of(Tensor.of(attribute.getFloatsList().stream().mapToDouble(Float::doubleValue).toArray()));
            case "value_int" -> Value.of(Tensor.ofLongs(attribute.getI()).reshape(Shape.SCALAR));
            case "value_ints" -> Value.of(Tensor.ofLongs(attribute.getIntsList().stream().mapToLong(Long::longValue).toArray()));
            case "value_string" -> Value.of(Shape.SCALAR, List.of(attribute.getS().toStringUtf8()));
            default -> Value.of(Shape.of(attribute.getStringsCount()), c.attributeTexts(name));
        };
    }

    private static List<Value> constantOfShape(Call c) {
        Shape shape = c.shape(0);
        c.room(shape.size(), Long.BYTES);
        if (!c.hasAttribute("value")) {
            return List.of(Value.of(Tensor.zeros(shape)));
        }
        Value value = c.attributeValue(c.attribute("value"));
        if (value instanceof Value.Text text) {
            return List.of(Value.of(shape, java.util.Collections.nCopies(shape.length(), text.strings().getFirst())));
        }
        Value.Numbers number = Call.numbers(value);
        return Call.one(number.type(), number.tensor().reshape(Shape.SCALAR).broadcastTo(shape));
    }

    private static List<Value> range(Call c) {
        ElementType type = c.type(0);
        DType carrier = type.carrier();
        Data start = c.data(0);
        Data limit = c.data(1);
        Data delta = c.data(2);
        double steps = type.isInteger() ? Math.ceil(((double) limit.getLong(0) - start.getLong(0)) / delta.getLong(0))
                : Math.ceil((limit.getDouble(0) - start.getDouble(0)) / delta.getDouble(0));
        if (!Double.isFinite(steps)) {
            throw new FormatException(
                    "a range does not come to an end\n  expected  a delta that is not 0, and finite numbers\n  received  from "
                            + start.getDouble(0) + " to " + limit.getDouble(0) + " by " + delta.getDouble(0));
        }
        c.room(steps, carrier.bytes());
        int count = Shape.of((int) Math.clamp(steps, 0, Integer.MAX_VALUE)).length();
        if (Host.keepsShapes() && type.isInteger()) {
            return Call.one(type, Tensor.arange(count).cast(carrier).mul(c.tensor(2)).add(c.tensor(0)));
        }
        Object array = carrier.newArray(count);
        for (int i = 0; i < count; i++) {
            if (type.isInteger()) {
                Scalars.setLong(carrier, array, i, start.getLong(0) + i * delta.getLong(0));
            } else {
                Scalars.setDouble(carrier, array, i, start.getDouble(0) + i * delta.getDouble(0));
            }
        }
        return Call.one(type, Tensor.of(Data.of(carrier, Shape.of(count), array)));
    }

    /** The type that an attribute names. */
    static ElementType type(Call c, ElementType otherwise) {
        return c.hasAttribute("dtype") ? ElementType.of(c.attribute("dtype", 1)) : otherwise;
    }

    private static List<Value> eyeLike(Call c) {
        ElementType type = type(c, c.type(0));
        Shape shape = c.tensor(0).shape();
        Tensor diagonal = Grid.places(shape, 1).sub(Grid.places(shape, 0)).eq(c.attribute("k", 0));
        return Call.one(type, diagonal.cast(type.carrier()));
    }

    // ---- random numbers: the same in every run, as the seed says --------------------------------------------------------

    private static RandomKey key(Call c) {
        return RandomKey.of(c.hasAttribute("seed") ? Float.floatToIntBits((float) c.attribute("seed", 0.0)) : 42);
    }

    private static Shape shapeAttribute(Call c) {
        return Shape.of(c.attributeInts("shape").orElse(new int[0]));
    }

    private static List<Value> uniform(Call c, Shape shape, Optional<ElementType> like) {
        double low = c.attribute("low", 0.0);
        double high = c.attribute("high", 1.0);
        ElementType type = type(c, like.orElse(ElementType.FLOAT));
        return Call.one(type, key(c).uniform(shape.dims()).mul(high - low).add(low).cast(type.carrier()));
    }

    private static List<Value> normal(Call c, Shape shape, Optional<ElementType> like) {
        ElementType type = type(c, like.orElse(ElementType.FLOAT));
        Tensor standard = key(c).normal(shape.dims());
        return Call.one(type, standard.mul(c.attribute("scale", 1.0)).add(c.attribute("mean", 0.0)).cast(type.carrier()));
    }

    private static List<Value> bernoulli(Call c) {
        Tensor p = c.tensor(0);
        ElementType type = type(c, c.type(0));
        return Call.one(type, key(c).uniform(p.shape().dims()).cast(p.dtype()).less(p).cast(type.carrier()));
    }

    /** (batch, classes) of logits -> (batch, samples). */
    private static List<Value> multinomial(Call c) {
        ElementType type = type(c, ElementType.INT32);
        Tensor logits = c.tensor(0).cast(DType.FLOAT32);
        int samples = c.attribute("sample_size", 1);
        Tensor repeated = logits.expandDims(1).broadcastTo(logits.dim(0), samples, logits.dim(1));
        return Call.one(type, key(c).categorical(repeated).cast(type.carrier()));
    }
}
