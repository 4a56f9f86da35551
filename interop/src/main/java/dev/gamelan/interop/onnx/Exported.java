package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.export.GraphExport;
import dev.gamelan.interop.onnx.export.OpenExport;
import dev.gamelan.interop.onnx.ops.Host;
import dev.gamelan.interop.onnx.ops.NeedsValue;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Parametric;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** A function with parameters as an ONNX model. */
final class Exported {

    private record Arguments(TensorMap parameters, TensorMap inputs) implements Tree {}

    private record Results(List<Tensor> tensors) implements Tree {}

    private Exported() {}

    static ModelProto model(Parametric function, TensorMap given, List<OpenAxis> open) {
        TensorMap example = named(given, function.inputs());
        List<String> names = new ArrayList<>(function.parameters().paths());
        names.addAll(example.paths());
        Map<String, Data> initializers = new HashMap<>();
        function.parameters().forEach((name, value) -> initializers.put(name, value.data()));
        if (open.isEmpty()) {
            return GraphExport.model(graph(function, example), names, function.outputs(), initializers);
        }
        List<OpenExport.Open> axes = axes(example, open);
        Function<List<Integer>, Graph> programs = extents -> Host
                .keepingShapes(() -> graph(function, axes, extents, resized(example, open, axes, extents)));
        return OpenExport.model(axes, programs, names, function.outputs(), initializers);
    }

    /** A lone tensor, which has no name, is the only input. */
    private static TensorMap named(TensorMap example, List<String> inputs) {
        if (example.paths().equals(List.of("")) && inputs.size() == 1) {
            return TensorMap.of(inputs.getFirst(), example.values().getFirst());
        }
        if (inputs.stream().noneMatch(example::contains) && !inputs.isEmpty()) {
            throw new NameException("the example has none of the function's inputs\n  expected  tensors of the names " + inputs
                    + "\n  received  " + example.paths() + "; give each its name with TensorMap.of");
        }
        return example;
    }

    /** For other extents than those of the example, of which it may be a surprise that the function does not take them. */
    private static Graph graph(Parametric function, List<OpenExport.Open> axes, List<Integer> extents, TensorMap inputs) {
        try {
            return graph(function, inputs);
        } catch (ShapeException refused) {
            if (axes.stream().map(OpenExport.Open::example).toList().equals(extents)) {
                throw refused;
            }
            throw new FormatException(
                    "this function cannot be written for all extents of " + axes.stream().map(OpenExport.Open::name).toList()
                            + "\n  expected  a function that takes others than the example has; some networks are exported for one batch"
                            + "\n  received  for " + extents + ": " + refused.getMessage(),
                    refused);
        }
    }

    private static Graph graph(Parametric function, TensorMap example) {
        List<String> outputs = function.outputs();
        Map<Node, String> traced = new IdentityHashMap<>();
        try {
            return Functions.graph((Arguments given) -> {
                given.inputs.forEach((name, tensor) -> traced.put(tensor.node(), name));
                TensorMap results = function.apply(given.parameters, given.inputs, outputs);
                return new Results(outputs.stream().map(results::get).toList());
            }, new Arguments(function.parameters(), example));
        } catch (NeedsValue needed) {
            List<String> inputs = Host.arguments(needed.tensor()).stream().map(node -> traced.getOrDefault(node, "a parameter")).distinct()
                    .sorted().toList();
            throw new FormatException("the model does other things for other values of its inputs, so no file has all of them"
                    + "\n  expected  shapes and branches that depend on shapes alone\n  received  some that depend on " + inputs, needed);
        }
    }

    /** One for each name: where it is found first. */
    private static List<OpenExport.Open> axes(TensorMap example, List<OpenAxis> open) {
        Map<String, OpenExport.Open> axes = new java.util.LinkedHashMap<>();
        for (OpenAxis axis : open) {
            List<String> having = example.paths().stream().filter(axis::isOf).toList();
            boolean fits = !having.isEmpty() && having.containsAll(axis.inputs())
                    && having.stream().allMatch(input -> axis.axis() < example.get(input).rank());
            if (!fits) {
                throw new NameException("there is no such axis to leave open\n  expected  an axis of the inputs " + shapes(example)
                        + "\n  received  axis " + axis.axis() + " of " + (axis.inputs().isEmpty() ? "all" : axis.inputs()));
            }
            String input = having.getFirst();
            axes.putIfAbsent(axis.name(), new OpenExport.Open(axis.name(), input, axis.axis(), example.get(input).dim(axis.axis())));
        }
        return List.copyOf(axes.values());
    }

    private static Map<String, Shape> shapes(TensorMap example) {
        Map<String, Shape> shapes = new HashMap<>();
        example.forEach((name, tensor) -> shapes.put(name, tensor.shape()));
        return shapes;
    }

    private static TensorMap resized(TensorMap example, List<OpenAxis> open, List<OpenExport.Open> axes, List<Integer> extents) {
        return example.map((name, tensor) -> {
            Shape shape = tensor.shape();
            for (OpenAxis axis : open) {
                if (axis.isOf(name)) {
                    int place = axes.stream().map(OpenExport.Open::name).toList().indexOf(axis.name());
                    shape = shape.with(axis.axis(), extents.get(place));
                }
            }
            return shape.equals(tensor.shape()) ? tensor : Tensor.zeros(tensor.dtype(), shape);
        });
    }
}
