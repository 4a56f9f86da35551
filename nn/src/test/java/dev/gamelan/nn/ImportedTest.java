package dev.gamelan.nn;

import static dev.gamelan.nn.Layers.channelsFirst;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.flatten;
import static dev.gamelan.nn.Layers.imported;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tensors;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportedTest {

    @TempDir
    Path folder;

    /** A convolution and a head, as a file. */
    private OnnxModel network() {
        Tensor kernel = RandomKey.of(1).normal(3, 3, 2, 4);
        Tensor head = RandomKey.of(2).normal(4, 5);
        record Net(Tensor kernel, Tensor head) implements dev.gamelan.tensor.Parametric {
            @Override
            public TensorMap parameters() {
                return TensorMap.of(java.util.Map.of("conv.kernel", kernel, "head.weight", head));
            }

            @Override
            public List<String> inputs() {
                return List.of("x");
            }

            @Override
            public List<String> outputs() {
                return List.of("features", "y");
            }

            @Override
            public TensorMap apply(TensorMap p, TensorMap in, List<String> wanted) {
                Tensor x = in.get("x").moveAxis(1, -1);
                Tensor features = Tensors.conv(x, p.get("conv.kernel")).relu().moveAxis(-1, 1);
                Tensor y = features.mean(2, 3).matmul(p.get("head.weight"));
                return TensorMap.of(java.util.Map.of("features", features, "y", y));
            }
        }
        Path file = folder.resolve("net.onnx");
        Onnx.write(file, new Net(kernel, head), TensorMap.of("x", Tensor.zeros(2, 2, 6, 6)));
        return Onnx.read(file);
    }

    private Model<Tensor, Tensor> model() {
        return Model.of(Shape.of(6, 6, 2), channelsFirst(imported(network().anyShapes(), "x", "features")).named("backbone"), flatten(),
                dense(3).named("top"));
    }

    @Test
    void parametersComeFromTheFile() {
        Model<Tensor, Tensor> model = model();
        TensorMap parameters = model.weights().parameters();
        assertEquals(List.of("backbone.conv.kernel", "top.bias", "top.weight"), parameters.paths());
        assertArrayEquals(RandomKey.of(1).normal(3, 3, 2, 4).toFloatArray(), parameters.get("backbone.conv.kernel").toFloatArray());
    }

    @Test
    void computesWhatTheNetworkDoes() {
        Tensor x = RandomKey.of(3).normal(1, 6, 6, 2);
        Model<Tensor, Tensor> backbone = Model.of(Shape.of(6, 6, 2), channelsFirst(imported(network(), "x", "features")));
        Tensor expected = Tensors.conv(x, RandomKey.of(1).normal(3, 3, 2, 4)).relu();
        assertTrue(backbone.apply(x).isClose(expected, 1e-5, 1e-5).all().itemBoolean());
    }

    @Test
    void partsTrainAndParts() {
        Model<Tensor, Tensor> model = model();
        float[] before = model.weights().parameters().get("backbone.conv.kernel").toFloatArray();
        Tensor x = RandomKey.of(4).normal(8, 6, 6, 2);
        Learner<Tensor, Tensor> learner = model.learner(Optimizers.sgd(0.01));
        Learner.State state = learner.init(RandomKey.of(0));
        state = learner.step(state, net -> net.apply(x).square().mean()).state();
        float[] after = state.weights().parameters().get("backbone.conv.kernel").toFloatArray();
        assertFalse(java.util.Arrays.equals(before, after));
    }
}
