package dev.gamelan.domains.export;

import static dev.gamelan.nn.Layers.attention;
import static dev.gamelan.nn.Layers.avgPool2d;
import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.bidirectional;
import static dev.gamelan.nn.Layers.channelsFirst;
import static dev.gamelan.nn.Layers.conv1d;
import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.conv3d;
import static dev.gamelan.nn.Layers.convTranspose2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.elu;
import static dev.gamelan.nn.Layers.embedding;
import static dev.gamelan.nn.Layers.flatten;
import static dev.gamelan.nn.Layers.gaussianNoise;
import static dev.gamelan.nn.Layers.gelu;
import static dev.gamelan.nn.Layers.geluTanh;
import static dev.gamelan.nn.Layers.globalAvgPool;
import static dev.gamelan.nn.Layers.globalMaxPool;
import static dev.gamelan.nn.Layers.groupNorm;
import static dev.gamelan.nn.Layers.gru;
import static dev.gamelan.nn.Layers.hardSigmoid;
import static dev.gamelan.nn.Layers.hardSwish;
import static dev.gamelan.nn.Layers.imported;
import static dev.gamelan.nn.Layers.instanceNorm;
import static dev.gamelan.nn.Layers.layerNorm;
import static dev.gamelan.nn.Layers.leakyRelu;
import static dev.gamelan.nn.Layers.lstm;
import static dev.gamelan.nn.Layers.maxPool2d;
import static dev.gamelan.nn.Layers.positionEmbedding;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Layers.relu6;
import static dev.gamelan.nn.Layers.reshape;
import static dev.gamelan.nn.Layers.residual;
import static dev.gamelan.nn.Layers.rmsNorm;
import static dev.gamelan.nn.Layers.sequential;
import static dev.gamelan.nn.Layers.sigmoid;
import static dev.gamelan.nn.Layers.silu;
import static dev.gamelan.nn.Layers.softmax;
import static dev.gamelan.nn.Layers.softplus;
import static dev.gamelan.nn.Layers.tanh;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OpenAxis;
import dev.gamelan.nn.Block;
import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Layers;
import dev.gamelan.nn.Padded;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every layer, written as ONNX for any batch and, over sequences, any length. */
class LayerExportTest {

    private static final OpenAxis BATCH = OpenAxis.of("batch", 0);

    @TempDir
    Path folder;

    /** @param layer the name of the method that makes it, and what else is special */
    private record Case<I extends Tree, O extends Tree>(String layer, Block<I, O> block, I example, List<OpenAxis> open,
            List<Map<String, Integer>> extents) {

        void run(Path file) throws Exception {
            Exports.check(file, Exports.model(block, example), open, extents);
        }

        Case<I, O> open(OpenAxis... axes) {
            List<OpenAxis> all = Stream.concat(open.stream(), Stream.of(axes)).toList();
            return new Case<>(layer, block, example, all, List.of(
                    extents(all, 5, 9), extents(all, 1, 7), extents(all, 8, 12)));
        }

        /** Of the batch, and of all others, which differ. */
        private static Map<String, Integer> extents(List<OpenAxis> axes, int batch, int others) {
            return axes.stream().collect(Collectors.toMap(OpenAxis::name,
                    axis -> axis.name().equals("batch") ? batch : others + axis.axis(), (a, _) -> a));
        }
    }

    private static Case<Tensor, Tensor> of(String layer, Layer block, int... dims) {
        return of(layer, block, Tensor.zeros(Shape.of(1).concat(Shape.of(dims))));
    }

    private static <I extends Tree, O extends Tree> Case<I, O> of(String layer, Block<I, O> block, I example) {
        return new Case<>(layer, block, example, List.of(BATCH),
                List.of(Map.of("batch", 1), Map.of("batch", 3), Map.of("batch", 8)));
    }

    private static Case<Tensor, Tensor> sequence(String layer, Layer block, int... dims) {
        return of(layer, block, dims).open(OpenAxis.of("time", 1));
    }

    private static Case<Padded, Padded> padded(String layer, Block<Padded, Padded> block) {
        return of(layer, block, new Padded(Tensor.zeros(2, 6, 4), Tensor.ofInts(6, 3)))
                .open(OpenAxis.of("time", 1).only(List.of("values")));
    }

    private static Case<Tensor, Tensor> picture(String layer, Layer block, int... dims) {
        return of(layer, block, dims).open(OpenAxis.of("height", 1), OpenAxis.of("width", 2));
    }

    private Stream<Case<?, ?>> cases() {
        return Stream.of(pictures(), oddWindows(), vectors(), sequences(), oddSequences(), combined()).flatMap(Function.identity());
    }

    private static Stream<Case<?, ?>> pictures() {
        return Stream.of(
                of("conv1d", conv1d(5, 3).stride(2), 11, 4), of("conv1d same", conv1d(5, 4).padSame(), 11, 4),
                of("conv2d", conv2d(5, 3, 2).stride(2), 9, 8, 3), of("conv2d same", conv2d(4, 3).padSame().noBias(), 9, 8, 3),
                picture("conv2d of any size", conv2d(4, 3).pad(1), 9, 8, 3),
                of("conv2d in groups", conv2d(6, 3).groups(3).dilation(2), 9, 8, 3), of("conv3d", conv3d(3, 2), 5, 4, 6, 2),
                of("convTranspose2d", convTranspose2d(3, 3).stride(2), 4, 5, 2),
                of("convTranspose2d same", convTranspose2d(3, 2).stride(3).padSame(), 4, 5, 2),
                of("maxPool2d", maxPool2d(2), 9, 8, 3), of("maxPool2d overlapping", maxPool2d(3).stride(2).pad(1), 9, 8, 3),
                of("avgPool2d", avgPool2d(2), 9, 8, 3), of("avgPool2d padded", avgPool2d(3).stride(2).padSame(), 9, 8, 3),
                picture("globalAvgPool", globalAvgPool(), 9, 8, 3), picture("globalMaxPool", globalMaxPool(), 9, 8, 3),
                picture("batchNorm of pictures", batchNorm(), 9, 8, 3), picture("groupNorm", groupNorm(2), 9, 8, 4),
                picture("instanceNorm", instanceNorm(), 9, 8, 3), of("channelsFirst", channelsFirst(flatten()), 4, 5, 3),
                of("flatten", flatten(), 4, 5, 3), of("reshape", reshape(10, 6), 4, 5, 3));
    }

    /** Windows whose options differ between axes, reach beyond the picture, or leave elements out. */
    private static Stream<Case<?, ?>> oddWindows() {
        return Stream.of(of("conv1d dilated", conv1d(4, 3).dilation(3).pad(2).noBias(), 11, 4),
                of("conv1d depthwise", conv1d(8, 5).groups(4).padSame().stride(3), 11, 4), of("conv1d of one", conv1d(3, 1), 1, 4),
                of("conv2d uneven", conv2d(6, 1, 4).stride(2, 1).dilation(1, 2).pad(0, 3).groups(2), 7, 9, 4),
                of("conv2d depthwise", conv2d(6, 3).groups(3).padSame().stride(2), 8, 7, 3),
                of("conv2d dilated same", conv2d(4, 3).dilation(3).padSame(), 9, 8, 3),
                of("conv2d over edges", conv2d(4, 7).pad(6), 2, 3, 3), of("conv2d skipping", conv2d(4, 1).stride(3), 8, 7, 3),
                picture("conv2d dilated, of any size", conv2d(4, 3).pad(2).dilation(2).noBias(), 9, 8, 3),
                of("conv3d uneven", conv3d(4, 2, 3, 1).stride(1, 2, 1).dilation(2, 1, 1).groups(2).padSame(), 5, 4, 6, 2),
                of("convTranspose2d uneven", convTranspose2d(3, 2, 3).stride(1, 3).noBias(), 4, 5, 2),
                of("convTranspose2d padded", convTranspose2d(3, 4).stride(2).pad(1), 4, 5, 2),
                of("convTranspose2d cut", convTranspose2d(3, 2).stride(1).pad(1), 4, 5, 2),
                of("convTranspose2d with gaps", convTranspose2d(2, 1).stride(3), 4, 5, 2),
                of("maxPool2d uneven", maxPool2d(3, 1).stride(1, 2).pad(1, 0), 9, 8, 3),
                of("maxPool2d same", maxPool2d(3).stride(2).padSame(), 8, 7, 3), of("maxPool2d skipping", maxPool2d(1).stride(3), 8, 7, 3),
                of("avgPool2d uneven", avgPool2d(2, 5).stride(3, 1).pad(1, 2), 9, 8, 3),
                of("groupNorm of one", groupNorm(1).epsilon(1e-3), 5, 4, 6), of("groupNorm of each", groupNorm(6), 5, 4, 6),
                sequence("groupNorm over time", groupNorm(2), 7, 6), of("instanceNorm over time", instanceNorm().epsilon(0.1), 7, 6),
                of("batchNorm over volumes", batchNorm().epsilon(0.01), 3, 4, 2, 5), of("globalMaxPool over time", globalMaxPool(), 7, 6));
    }

    /** Short sequences, other directions, options together. */
    private static Stream<Case<?, ?>> oddSequences() {
        return Stream.of(of("lstm of one step", lstm(3), 1, 4), sequence("lstm reversed, last only", lstm(5).reversed().lastOnly(), 6, 4),
                sequence("gru reversed", gru(1).reversed(), 6, 1), sequence("gru reversed, last only", gru(5).reversed().lastOnly(), 6, 4),
                padded("lstm reversed and padded", lstm(5).reversed().padded()),
                padded("gru reversed and padded", gru(5).reversed().padded()),
                sequence("bidirectional twice", sequential(bidirectional(gru(3)), bidirectional(lstm(2).lastOnly())), 6, 4),
                of("attention of one step", attention(4).causal(), 1, 8), sequence("attention of one head", attention(1).noBias(), 6, 3),
                sequence("attention rotary, both ways", attention(4).rotary(), 6, 8),
                padded("attention causal, rotary and padded", attention(2).causal().rotary().padded()),
                sequence("layerNorm over time", layerNorm().epsilon(0.01), 7, 1),
                sequence("rmsNorm over time", rmsNorm().epsilon(0.01), 7, 6),
                sequence("softmax over time", softmax(), 7, 6), sequence("dense to one", dense(1).noBias(), 7, 1));
    }

    private static Stream<Case<?, ?>> vectors() {
        return Stream.of(of("dense", dense(4), 6), sequence("dense over time", dense(4), 8, 6),
                of("dense without bias", dense(4).noBias(), 6),
                of("dropout", dropout(0.5), 6), of("gaussianNoise", gaussianNoise(0.5), 6), of("batchNorm", batchNorm(), 6),
                of("layerNorm", layerNorm(), 6), of("rmsNorm", rmsNorm(), 6), of("relu", relu(), 6), of("relu6", relu6(), 6),
                of("gelu", gelu(), 6), of("geluTanh", geluTanh(), 6), of("tanh", tanh(), 6), of("sigmoid", sigmoid(), 6),
                of("softplus", softplus(), 6), of("silu", silu(), 6), of("elu", elu(), 6), of("hardSigmoid", hardSigmoid(), 6),
                of("hardSwish", hardSwish(), 6), of("softmax", softmax(), 6), of("leakyRelu", leakyRelu(0.2), 6));
    }

    private static Stream<Case<?, ?>> sequences() {
        return Stream.of(
                of("embedding", embedding(7, 4), Tensor.zeros(DType.INT32, Shape.of(1, 6))).open(OpenAxis.of("time", 1)),
                of("embedding of longs", embedding(7, 4), Tensor.zeros(DType.INT64, Shape.of(1, 6))).open(OpenAxis.of("time", 1)),
                sequence("positionEmbedding", positionEmbedding(20), 6, 4), sequence("attention", attention(2), 6, 8),
                sequence("attention causal", attention(2).causal(), 6, 8),
                sequence("attention rotary", attention(2).causal().rotary().noBias(), 6, 8),
                padded("attention padded", attention(2).padded()), sequence("lstm", lstm(5), 6, 4),
                sequence("lstm last only", lstm(5).lastOnly(), 6, 4), sequence("lstm reversed", lstm(5).reversed(), 6, 4),
                padded("lstm padded", lstm(5).padded()), sequence("gru", gru(5), 6, 4), padded("gru padded", gru(5).padded()),
                sequence("bidirectional", bidirectional(lstm(5)), 6, 4),
                sequence("bidirectional last only", bidirectional(gru(5).lastOnly()), 6, 4),
                padded("bidirectional padded", bidirectional(gru(5)).padded()));
    }

    private Stream<Case<?, ?>> combined() {
        Path inner = folder.resolve("inner.onnx");
        Onnx.write(inner, Exports.model(dense(3), Tensor.zeros(2, 4)).parametric(),
                dev.gamelan.tensor.TensorMap.of("input", Tensor.zeros(2, 4)), BATCH);
        return Stream.of(of("sequential", sequential(dense(4), relu(), dense(2)), 6),
                of("residual", residual(conv2d(4, 3).padSame(), relu()).shortcut(conv2d(4, 1)), 6, 5, 3),
                of("imported", imported(Onnx.read(inner), "input", "output"), 4));
    }

    @TestFactory
    Stream<DynamicTest> runsInOnnxRuntime() {
        return cases().map(each -> dynamicTest(each.layer, () -> each.run(folder.resolve("layer.onnx"))));
    }

    /** A new layer needs a case here. */
    @Test
    void everyLayerHasACase() {
        Set<String> made = Arrays.stream(Layers.class.getDeclaredMethods()).filter(method -> Modifier.isPublic(method.getModifiers()))
                .map(Method::getName).collect(Collectors.toCollection(TreeSet::new));
        Set<String> checked = cases().map(each -> each.layer.split("[ ,]")[0]).collect(Collectors.toCollection(TreeSet::new));
        assertEquals(made, checked);
    }
}
