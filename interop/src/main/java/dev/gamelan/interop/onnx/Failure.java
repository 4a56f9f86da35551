package dev.gamelan.interop.onnx;

import com.google.protobuf.ByteString;
import dev.gamelan.interop.onnx.ops.NeedsValue;
import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.NonFiniteException;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.stream.Collectors;

/** Errors that say at which node they happened. */
final class Failure {

    /** Characters of attributes in a message. */
    private static final int MOST = 300;
    private static final String TAKEN = "\n  expected  values that its operators take\n  received  ";

    private Failure() {}

    /** @param inputs of the node, as far as they were there */
    static RuntimeException at(NodeProto node, int version, List<Optional<Value>> inputs, RuntimeException e) {
        if (String.valueOf(e.getMessage()).startsWith("node ")) {
            return e;
        }
        if (isJavas(e)) {
            return new FormatException(describe(node, version) + ": its inputs and attributes do not fit each other, or the operator\n"
                    + "  expected  what " + node.getOpType() + " takes in operator set " + version + "\n  received  "
                    + inputs.stream().map(value -> value.map(Value::toString).orElse("nothing")).collect(Collectors.joining(", ", "(", ")"))
                    + attributes(node), e);
        }
        String message = describe(node, version) + ": " + e.getMessage();
        return switch (e) {
            case NeedsValue needs -> needs;
            case ShapeException _ -> new ShapeException(message);
            case DTypeException _ -> new DTypeException(message);
            case FormatException _ -> new FormatException(message, e);
            case TraceException trace -> trace;
            case NameException name -> name;
            case NonFiniteException number -> number;
            case GamelanException other -> other;
            case IllegalArgumentException _ -> new FormatException(message, e);
            default -> e;
        };
    }

    /** Whether it says only what went wrong inside: an index, a division, a cast, a value that is not there. */
    private static boolean isJavas(RuntimeException e) {
        return !String.valueOf(e.getMessage()).contains("expected  ") && switch (e) {
            case ArithmeticException _, IndexOutOfBoundsException _, NegativeArraySizeException _, NoSuchElementException _,
                    ClassCastException _, NullPointerException _, ArrayStoreException _ ->
                    true;
            case IllegalArgumentException _ -> isFrom("java.", e);
            default -> false;
        };
    }

    private static boolean isFrom(String packages, RuntimeException e) {
        return Arrays.stream(e.getStackTrace()).findFirst().filter(frame -> frame.getClassName().startsWith(packages)).isPresent();
    }

    private static String attributes(NodeProto node) {
        String text = node.getAttributeList().stream().map(Failure::text).collect(Collectors.joining(", "));
        return text.isEmpty() ? "" : "; " + (text.length() <= MOST ? text : text.substring(0, MOST) + " ...");
    }

    private static String text(AttributeProto attribute) {
        return attribute.getName() + "=" + switch (attribute.getType()) {
            case FLOAT -> attribute.getF();
            case INT -> attribute.getI();
            case STRING -> "'" + attribute.getS().toStringUtf8() + "'";
            case FLOATS -> attribute.getFloatsList();
            case INTS -> attribute.getIntsList();
            case STRINGS -> attribute.getStringsList().stream().map(ByteString::toStringUtf8).toList();
            case TENSOR, SPARSE_TENSOR, GRAPH, TYPE_PROTO, TENSORS, SPARSE_TENSORS, GRAPHS, TYPE_PROTOS, UNDEFINED ->
                    attribute.getType().name().toLowerCase(Locale.ROOT);
        };
    }

    static FormatException missingOutput(NodeProto node, int version, int outputs) {
        return new FormatException(describe(node, version) + ": it has fewer outputs than the node names\n  expected  at most " + outputs
                + "\n  received  " + node.getOutputList());
    }

    static FormatException missingInput(NodeProto node, int version, String input) {
        return new FormatException(describe(node, version) + ": an input is not there\n  expected  an input of the graph, an"
                + " initializer, or the output of a node before this one\n  received  '" + input + "'");
    }

    /** What went wrong when the values were there. */
    static FormatException running(String model, RuntimeException e) {
        String reason = switch (e) {
            case ArithmeticException _ when isJavas(e) -> TAKEN + "a division of whole numbers by zero";
            case RuntimeException _ when isJavas(e) -> TAKEN + "an index outside of what it counts in";
            default -> ": " + e.getMessage();
        };
        return new FormatException(model + ": the values do not fit the model, or it computes what cannot be" + reason, e);
    }

    private static String describe(NodeProto node, int version) {
        String name = node.getName().isEmpty() ? node.getOutputCount() > 0 ? node.getOutput(0) : "without a name" : node.getName();
        String domain = node.getDomain().isEmpty() ? "" : node.getDomain() + ".";
        return "node '" + name + "' (" + domain + node.getOpType() + ", operator set " + version + ")";
    }

    static FormatException missing(NodeProto node, int version) {
        return new FormatException(describe(node, version) + ": the operator is not supported\n  expected  an operator that the docs list"
                + " under onnx-coverage, or a function in the model\n  received  " + node.getOpType() + " of domain '"
                + (node.getDomain().isEmpty() ? "ai.onnx" : node.getDomain()) + "'; export the model without it, or ask for it on"
                + " the page of the project's issues");
    }
}
