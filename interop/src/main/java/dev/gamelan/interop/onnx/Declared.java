package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.proto.TensorShapeProto;
import dev.gamelan.interop.onnx.proto.TypeProto;
import dev.gamelan.interop.onnx.proto.ValueInfoProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.util.stream.Collectors;

/** The types that a model declares for its inputs and outputs. */
final class Declared {

    private Declared() {}

    static boolean isOptional(TypeProto type) {
        return type.hasOptionalType();
    }

    static String text(TypeProto type) {
        return switch (type.getValueCase()) {
            case TENSOR_TYPE -> element(type.getTensorType().getElemType())
                    + (type.getTensorType().hasShape() ? text(type.getTensorType().getShape()) : "(...)");
            case SPARSE_TENSOR_TYPE -> "sparse " + element(type.getSparseTensorType().getElemType());
            case SEQUENCE_TYPE -> "sequence of " + text(type.getSequenceType().getElemType());
            case OPTIONAL_TYPE -> "optional " + text(type.getOptionalType().getElemType());
            case MAP_TYPE -> "dictionary from " + element(type.getMapType().getKeyType()) + " to " + text(type.getMapType().getValueType());
            case VALUE_NOT_SET -> "any";
            default -> type.getValueCase().toString();
        };
    }

    private static String element(int code) {
        return code == ElementType.STRING ? "STRING" : code == 0 ? "any" : ElementType.of(code).toString();
    }

    private static String text(TensorShapeProto shape) {
        return shape.getDimList().stream().map(dim -> dim.hasDimValue() ? Long.toString(dim.getDimValue())
                : dim.getDimParam().isEmpty() ? "?" : dim.getDimParam()).collect(Collectors.joining(", ", "(", ")"));
    }

    static ElementType element(ValueInfoProto info) {
        return ElementType.of(info.getType().getTensorType().getElemType());
    }

    /** The type of an example, with extents that are left open as 1. */
    static Type example(ValueInfoProto info) {
        return new Type(element(info).carrier(), OnnxSummary.closed(info.getType().getTensorType().getShape().getDimList().stream()
                .map(TensorShapeProto.Dimension::getDimValue).toList()));
    }

    /** The value, if it has the declared type, and shape if {@code strict}. */
    static Value checked(String name, ValueInfoProto info, Value value, boolean strict) {
        if (!info.getType().hasTensorType()) {
            return value;
        }
        TypeProto.Tensor declared = info.getType().getTensorType();
        switch (value) {
            case Value.Numbers numbers -> {
                if (declared.getElemType() != 0 && numbers.type().code() != declared.getElemType()) {
                    throw new DTypeException("input '" + name + "' has another element type\n  expected  " + text(info.getType())
                            + "\n  received  " + value);
                }
                if (strict) {
                    check(name, info.getType(), numbers.tensor().shape());
                }
            }
            case Value.Text text -> {
                if (strict) {
                    check(name, info.getType(), text.shape());
                }
            }
            case Value.Sequence _, Value.Maybe _, Value.Dictionary _ -> throw new FormatException("input '" + name
                    + "' is of another kind\n  expected  " + text(info.getType()) + "\n  received  " + value);
        }
        return value;
    }

    private static void check(String name, TypeProto type, Shape received) {
        if (!type.getTensorType().hasShape()) {
            return;
        }
        TensorShapeProto shape = type.getTensorType().getShape();
        boolean fits = shape.getDimCount() == received.rank();
        for (int i = 0; fits && i < received.rank(); i++) {
            fits = !shape.getDim(i).hasDimValue() || shape.getDim(i).getDimValue() == received.dim(i)
                    || shape.getDim(i).getDimValue() < 0;
        }
        if (!fits) {
            throw ShapeException.of("input '" + name + "' has another shape than the model declares", text(type), received.toString());
        }
    }

    /** A tensor as a value of a declared type: of the carrier, or of the type itself. */
    static Value like(String name, TypeProto declared, Tensor tensor) {
        int code = declared.getTensorType().getElemType();
        ElementType type = code == 0 ? ElementType.of(tensor.dtype()) : ElementType.of(code);
        boolean fits = type.carrier() == tensor.dtype() || ElementType.of(tensor.dtype()) == type;
        if (!fits) {
            String carried = type.carrier().name().equals(type.name()) || type == ElementType.FLOAT ? "" : ", or " + type.carrier();
            throw new DTypeException("input '" + name + "' has another element type than the model declares\n  expected  " + text(declared)
                    + carried + "\n  received  " + tensor.dtype() + tensor.shape() + "; convert the array first");
        }
        return Value.of(type, tensor.cast(type.carrier()));
    }

    static Tensor tensor(String name, Value value) {
        if (value instanceof Value.Numbers numbers) {
            return numbers.tensor();
        }
        throw new FormatException("'" + name + "' is not a tensor of numbers\n  expected  OnnxModel.run for models with strings,"
                + " sequences, dictionaries or optional values\n  received  " + value);
    }
}
