package dev.gamelan.interop.onnx.export;

import static dev.gamelan.interop.onnx.export.Protos.attribute;

import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Computes, at the start of a graph, what depends on open extents. Equal values are computed once. */
final class Prelude {

    /** Where an open extent is found: an axis of an input. */
    record Source(String input, int axis) {}

    private final Names names;
    private final List<Source> sources;
    private final List<NodeProto> nodes = new ArrayList<>();
    private final List<TensorProto> constants = new ArrayList<>();
    private final Map<List<Object>, String> known = new HashMap<>();

    /** @param sources of the extents, in the order of their names */
    Prelude(Names names, List<Source> sources) {
        this.names = names;
        this.sources = sources;
    }

    List<NodeProto> nodes() {
        return nodes;
    }

    List<TensorProto> constants() {
        return constants;
    }

    /** INT64 of rank 1. */
    String list(List<Extents.Sum> values) {
        List<String> parts = new ArrayList<>(values.stream().map(this::element).toList());
        return parts.size() == 1 ? parts.getFirst() : add("Concat", parts, attribute("axis", 0));
    }

    /** A number of rank 0 of a type of ONNX. */
    String scalar(Extents.Sum value, int type) {
        String scalar = add("Squeeze", List.of(element(value), constant(0)));
        return type == TensorProto.DataType.INT64_VALUE ? scalar : add("Cast", List.of(scalar), attribute("to", type));
    }

    /** {@code 1 / value}, of rank 0. */
    String reciprocal(Extents.Sum value, int type) {
        return add("Reciprocal", List.of(scalar(value, type)));
    }

    /** A number of rank 0, as often as a shape says. */
    String filled(TensorProto number, List<Extents.Sum> shape) {
        return add("Expand", List.of(share(number), list(shape)));
    }

    /** Indices along the one axis of a shape that is not 1. */
    String indices(Extents.Sum count, List<Extents.Sum> shape, int type) {
        int whole = TensorProto.DataType.INT64_VALUE;
        String range = add("Range", List.of(scalar(index(0), whole), scalar(count, whole), scalar(index(1), whole)));
        String typed = type == whole ? range : add("Cast", List.of(range), attribute("to", type));
        return shape.size() == 1 ? typed : add("Reshape", List.of(typed, list(shape)));
    }

    private Extents.Sum index(long value) {
        List<Long> coefficients = new ArrayList<>(java.util.Collections.nCopies(1 << sources.size(), 0L));
        coefficients.set(0, value);
        return new Extents.Sum(List.of(), coefficients);
    }

    /** INT64 (1). */
    private String element(Extents.Sum sum) {
        String result = "";
        for (int bits = 0; bits < sum.coefficients().size(); bits++) {
            long factor = sum.coefficients().get(bits);
            if (factor != 0) {
                String product = product(bits, factor);
                result = result.isEmpty() ? product : add("Add", List.of(result, product));
            }
        }
        return result.isEmpty() ? constant(0) : result;
    }

    private String product(int bits, long factor) {
        String result = factor == 1 && bits != 0 ? "" : constant(factor);
        for (int k = 0; k < sources.size(); k++) {
            if ((bits >> k & 1) != 0) {
                Source source = sources.get(k);
                String extent = add("Shape", List.of(source.input), attribute("start", source.axis), attribute("end", source.axis + 1));
                result = result.isEmpty() ? extent : add("Mul", List.of(result, extent));
            }
        }
        return result;
    }

    private String constant(long value) {
        return share(Protos.tensor("", Data.of(DType.INT64, Shape.of(1), new long[] {value})));
    }

    private String share(TensorProto value) {
        TensorProto nameless = value.toBuilder().clearName().build();
        return known.computeIfAbsent(List.of(nameless), _ -> {
            String name = names.fresh("constant");
            constants.add(nameless.toBuilder().setName(name).build());
            return name;
        });
    }

    private String add(String op, List<String> inputs, dev.gamelan.interop.onnx.proto.AttributeProto... attributes) {
        String made = known.get(List.of(op, inputs, List.of(attributes)));
        if (made == null) {
            made = names.fresh(op.toLowerCase(java.util.Locale.ROOT));
            known.put(List.of(op, inputs, List.of(attributes)), made);
            nodes.add(NodeProto.newBuilder().setOpType(op).setName("node_" + made).addAllInput(inputs).addOutput(made)
                    .addAllAttribute(List.of(attributes)).build());
        }
        return made;
    }
}
