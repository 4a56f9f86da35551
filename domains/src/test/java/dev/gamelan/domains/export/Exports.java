package dev.gamelan.domains.export;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.interop.onnx.OpenAxis;
import dev.gamelan.nn.Block;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Weights;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Writes networks as ONNX and compares what ONNX Runtime computes with what they compute here. */
final class Exports {

    private static final double CLOSE = 1e-5;
    private static final RandomKey KEY = RandomKey.of(3);
    /** Integers among inputs are below this, unless they are lengths. */
    private static final int WORDS = 7;

    private Exports() {}

    /** With other weights than layers start with, so that no bias and no running mean is zero. */
    static <I extends Tree, O extends Tree> Model<I, O> model(Block<I, O> block, I example) {
        Model<I, O> model = Model.of(block, example);
        Weights weights = model.weights();
        model.publish(new Weights(weights.parameters().map((path, value) -> KEY.at(path).normal(value.shape()).mul(0.3)),
                weights.buffers().map((path, value) -> KEY.at(path).uniform(value.shape()).add(0.5))));
        return model;
    }

    /** Inputs of the structure of others, with these extents on the open axes. */
    static TensorMap inputs(TensorMap example, List<OpenAxis> open, Map<String, Integer> extents) {
        TensorMap shaped = example.map((name, tensor) -> {
            Shape shape = tensor.shape();
            for (OpenAxis axis : open) {
                if (axis.inputs().isEmpty() || axis.inputs().contains(name)) {
                    shape = shape.with(axis.axis(), extents.getOrDefault(axis.name(), shape.dim(axis.axis())));
                }
            }
            return Tensor.zeros(tensor.dtype(), shape);
        });
        return shaped.map((name, tensor) -> random(name, tensor, shaped).eval());
    }

    private static Tensor random(String name, Tensor like, TensorMap all) {
        if (like.dtype().isFloating()) {
            return KEY.at(name).normal(like.shape());
        }
        int bound = switch (name) {
            case "lengths" -> all.get("values").dim(1) + 1;
            case "segments" -> 2;
            default -> like.dtype().bytes() == 1 ? 256 : WORDS;
        };
        return KEY.at(name).integers(bound, like.shape()).cast(like.dtype());
    }

    /** Writes a file and compares at each of the extents: there, and read again. */
    static <I extends Tree, O extends Tree> void check(Path file, Model<I, O> model, List<OpenAxis> open,
            List<Map<String, Integer>> extents) throws Exception {
        I example = model.example().orElseThrow();
        List<String> names = model.parametric().inputs();
        TensorMap.Builder map = new TensorMap.Builder();
        for (int i = 0; i < names.size(); i++) {
            map.put(names.get(i), Trees.leaves(example).get(i));
        }
        TensorMap given = map.build();
        Onnx.write(file, model.parametric(), given, open.toArray(OpenAxis[]::new));
        byte[] bytes = Files.readAllBytes(file);
        OnnxModel again = Onnx.read(file);
        for (Map<String, Integer> each : extents) {
            TensorMap inputs = inputs(given, open, each);
            I input = Trees.withLeaves(example, names.stream().map(inputs::get).toList());
            List<Tensor> expected = Trees.leaves(model.apply(input));
            Map<String, Tensor> theirs = Microsoft.run(bytes, inputs);
            TensorMap own = again.apply(inputs);
            for (int i = 0; i < expected.size(); i++) {
                String output = model.parametric().outputs().get(i);
                double elsewhere = Microsoft.difference(expected.get(i), java.util.Objects.requireNonNull(theirs.get(output)));
                assertTrue(elsewhere <= CLOSE, "ONNX Runtime, " + each + ", " + output + ": " + elsewhere);
                double here = Microsoft.difference(expected.get(i), own.get(output));
                assertTrue(here <= CLOSE, "read again, " + each + ", " + output + ": " + here);
            }
        }
    }
}
