package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.ops.NeedsValue;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.GamelanException;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.NonFiniteException;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import java.util.NoSuchElementException;

/** Errors that say at which node they happened. */
final class Failure {

    private Failure() {}

    static RuntimeException at(NodeProto node, int version, RuntimeException e) {
        if (String.valueOf(e.getMessage()).startsWith("node ")) {
            return e;
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
            case IllegalArgumentException _, ArithmeticException _, IndexOutOfBoundsException _, NegativeArraySizeException _,
                    NoSuchElementException _ ->
                    new FormatException(message, e);
            default -> e;
        };
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
