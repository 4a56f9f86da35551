package dev.gamelan.interop.onnx.export;

import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.proto.ValueInfoProto;
import dev.gamelan.shape.FormatException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/** Makes one graph of those that were written for several extents: what differs is computed from them. */
final class Merge {

    private final Extents extents;
    private final Prelude prelude;
    private final Map<String, String> names = new HashMap<>();

    Merge(Extents extents, Prelude prelude) {
        this.extents = extents;
        this.prelude = prelude;
    }

    /** @throws FormatException if something does not follow from the extents */
    GraphProto apply(List<GraphProto> graphs) {
        GraphProto merged = graph(graphs);
        GraphProto.Builder result = merged.toBuilder().clearNode().addAllNode(prelude.nodes()).addAllNode(merged.getNodeList())
                .addAllInitializer(prelude.constants());
        return Renaming.apply(result.build(), names);
    }

    private GraphProto graph(List<GraphProto> graphs) {
        GraphProto first = graphs.getFirst();
        GraphProto.Builder result = first.toBuilder().clearNode().clearInitializer().clearInput().clearOutput();
        each(graphs, GraphProto::getInputList, same -> result.addInput(info(same)));
        each(graphs, GraphProto::getOutputList, same -> result.addOutput(info(same)));
        each(graphs, GraphProto::getInitializerList, same -> {
            if (same.stream().allMatch(same.getFirst()::equals)) {
                result.addInitializer(same.getFirst());
            } else {
                names.put(same.getFirst().getName(), computed(same));
            }
        });
        each(graphs, GraphProto::getNodeList, same -> result.addNode(node(same)));
        return result.build();
    }

    private <T> void each(List<GraphProto> graphs, Function<GraphProto, List<T>> part, java.util.function.Consumer<List<T>> action) {
        List<List<T>> parts = graphs.stream().map(part).toList();
        if (parts.stream().anyMatch(list -> list.size() != parts.getFirst().size())) {
            throw differs("graphs of different sizes");
        }
        for (int i = 0; i < parts.getFirst().size(); i++) {
            int place = i;
            action.accept(parts.stream().map(list -> list.get(place)).toList());
        }
    }

    private NodeProto node(List<NodeProto> same) {
        NodeProto first = same.getFirst();
        if (!same.stream().allMatch(other -> Renaming.alike(first, other))) {
            throw differs("the attributes of " + first.getOpType() + " '" + first.getName() + "'");
        }
        NodeProto.Builder result = first.toBuilder();
        for (int i = 0; i < first.getAttributeCount(); i++) {
            AttributeProto attribute = first.getAttribute(i);
            if (attribute.hasG()) {
                int place = i;
                result.setAttribute(i,
                        attribute.toBuilder().setG(graph(same.stream().map(node -> node.getAttribute(place).getG()).toList())));
            }
        }
        return result.build();
    }

    /** Open extents have names. */
    private ValueInfoProto info(List<ValueInfoProto> same) {
        ValueInfoProto.Builder result = same.getFirst().toBuilder();
        var shape = result.getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
        for (int i = 0; i < shape.getDimCount(); i++) {
            int axis = i;
            ToLongFunction<ValueInfoProto> extent = info -> info.getType().getTensorType().getShape().getDim(axis).getDimValue();
            if (same.stream().anyMatch(info -> extent.applyAsLong(info) != extent.applyAsLong(same.getFirst()))) {
                // What does not follow is left open without a name: it is what the nodes make of it.
                shape.getDimBuilder(i).clearDimValue();
                extents.fit(same.stream().mapToLong(extent).toArray())
                        .ifPresent(sum -> shape.getDimBuilder(axis).setDimParam(sum.toString()));
            }
        }
        return result.build();
    }

    private String computed(List<TensorProto> same) {
        TensorProto first = same.getFirst();
        List<ConstantValues> values = same.stream().map(ConstantValues::of).toList();
        boolean alike = same.stream().allMatch(tensor -> tensor.getDimsList().equals(first.getDimsList()));
        if (alike && first.getDimsCount() == 1 && first.getDataType() == TensorProto.DataType.INT64_VALUE) {
            return prelude.list(elements((int) first.getDims(0), i -> fit("a shape", values, value -> value.whole(i))));
        }
        if (alike && first.getDimsCount() == 0) {
            return number(first, values);
        }
        List<Extents.Sum> shape = elements(first.getDimsCount(), i -> fit("a shape", same, tensor -> tensor.getDims(i)));
        if (values.stream().allMatch(ConstantValues::isIndices)) {
            return prelude.indices(fit("a count", values, ConstantValues::length), shape, first.getDataType());
        }
        if (values.stream().allMatch(value -> value.isOneNumber() && value.number(0) == values.getFirst().number(0))) {
            return prelude.filled(values.getFirst().first(), shape);
        }
        throw differs("constant values that depend on them, such as " + first.getDimsList() + " of '" + first.getName() + "'");
    }

    /** In proportion to extents, or to one over them, as a mean has it. */
    private String number(TensorProto first, List<ConstantValues> values) {
        Optional<Extents.Sum> whole = values.stream().allMatch(value -> value.number(0) == Math.rint(value.number(0)))
                ? extents.fit(values.stream().mapToLong(value -> Math.round(value.number(0))).toArray())
                : Optional.empty();
        if (whole.isPresent()) {
            return prelude.scalar(whole.get(), first.getDataType());
        }
        Optional<Extents.Sum> part = extents.fit(values.stream().mapToLong(value -> Math.round(1 / value.number(0))).toArray());
        boolean exact = part.isPresent() && IntStream.range(0, values.size())
                .allMatch(i -> values.get(i).isReciprocalOf(part.get().at(extents.points().get(i))));
        if (!exact) {
            throw differs("the number '" + first.getName() + "', which is neither a sum of their products nor one over such");
        }
        return prelude.reciprocal(part.orElseThrow(), first.getDataType());
    }

    private static List<Extents.Sum> elements(int count, java.util.function.IntFunction<Extents.Sum> element) {
        return IntStream.range(0, count).mapToObj(element).toList();
    }

    private <T> Extents.Sum fit(String what, List<T> same, ToLongFunction<T> extent) {
        long[] values = same.stream().mapToLong(extent).toArray();
        return extents.fit(values).orElseThrow(() -> differs(what + " with extents " + new ArrayList<>(java.util.Arrays.stream(values)
                .boxed().toList())));
    }

    FormatException differs(String received) {
        return new FormatException("this function cannot be written for all extents of " + extents.names()
                + "\n  expected  the same operations for all extents, and shapes that are sums of products of them\n  received  " + received
                + ", for extents of " + extents.points() + "; write it for fixed shapes instead");
    }
}
