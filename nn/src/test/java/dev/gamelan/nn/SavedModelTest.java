package dev.gamelan.nn;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.flatten;
import static dev.gamelan.nn.Layers.gelu;
import static dev.gamelan.nn.Layers.maxPool2d;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Layers.reshape;
import static dev.gamelan.nn.Layers.residual;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.interop.safetensors.SafeTensors;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SavedModelTest {

    @TempDir
    Path folder;

    private static final Layer[] LAYERS = {conv2d(4, 3).stride(2).padSame().noBias(), batchNorm(), relu(), maxPool2d(2).pad(1), flatten(),
            dense(8).init(Initializer.truncatedNormal(0.02)), residual(dense(8), gelu(), dropout(0.25)), reshape(4, 2),
            dense(3).named("head")};

    private static Model<Tensor, Tensor> model() {
        return Model.of(Shape.of(9, 9, 2), LAYERS).seed(5);
    }

    @Test
    void comesBackToTheBit() {
        Model<Tensor, Tensor> model = model();
        Path file = folder.resolve("m.safetensors");
        model.save(file, Map.of("classes", "cat,dog"));
        Model<Tensor, Tensor> loaded = Model.load(file);
        assertEquals(model.toString(), loaded.toString());
        assertEquals(TrainingTest.bits(model.weights()), TrainingTest.bits(loaded.weights()));
        Tensor x = RandomKey.of(1).normal(2, 9, 9, 2);
        Golden.assertClose(model.apply(x), loaded.apply(x), 0, "output");
        assertEquals(Map.of("classes", "cat,dog"), Model.notes(file));
        assertEquals(model.summary(), loaded.summary());
    }

    @Test
    void weightsStayInTheFileWhereKernelsReadAnotherFormOfThem() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(12, 12, 64), conv2d(128, 3).padSame(), relu(), Layers.globalAvgPool(), dense(256));
        Path file = folder.resolve("m.safetensors");
        model.save(file);
        Model<Tensor, Tensor> loaded = Model.load(file);
        for (int batch : new int[] {1, 16, 1}) {
            Tensor x = RandomKey.of(batch).normal(batch, 12, 12, 64);
            Golden.assertClose(model.apply(x), loaded.apply(x), 0, "output");
        }
        boolean posix = file.getFileSystem().supportedFileAttributeViews().contains("posix");
        loaded.weights().parameters().forEach((path, weight) -> assertEquals(posix && weight.rank() > 1,
                weight.data().arrayIfKept() == null, path));
        loaded.save(file);
        assertEquals(TrainingTest.bits(model.weights()), TrainingTest.bits(loaded.weights()));
        assertEquals(TrainingTest.bits(model.weights()), TrainingTest.bits(Model.load(file).weights()));
    }

    @Test
    void everyFactoryMakesSomethingThatCanBeSaved() throws Exception {
        Layer[] all = {Layers.conv1d(2, 3), Layers.conv3d(2, 3), Layers.convTranspose2d(2, 3), Layers.avgPool2d(2), Layers.globalAvgPool(),
                Layers.globalMaxPool(), Layers.layerNorm(), Layers.embedding(3, 4), Layers.leakyRelu(0.1), Layers.softmax(), Layers.tanh()};
        for (Layer layer : all) {
            assertEquals(layer, ModelJson.read(ModelJson.write(layer, Layer.class), Layer.class));
        }
    }

    @Test
    void weightsGoToABlockThatIsKnown() {
        Layer lambda = (scope, x) -> scope.call("d", dense(2), x).relu();
        Model<Tensor, Tensor> model = Model.of(Shape.of(3), lambda);
        Path file = folder.resolve("m.safetensors");
        model.save(file);
        FormatException e = assertThrows(FormatException.class, () -> Model.load(file));
        assertTrue(e.getMessage().contains("a lambda") && e.getMessage().contains("Model.load(file, block)"), e.getMessage());
        Tensor x = RandomKey.of(1).normal(4, 3);
        Golden.assertClose(model.apply(x), Model.load(file, lambda).apply(x), 0, "output");
    }

    @Test
    void differencesAreListedWithTheNearest() {
        Path file = folder.resolve("m.safetensors");
        Model.of(Shape.of(3), dense(4).named("encoder"), dense(2)).save(file);
        Model<Tensor, Tensor> other = Model.load(file, Layers.sequential(dense(4).named("encoding"), dense(3)));
        NameException e = assertThrows(NameException.class, () -> other.apply(Tensor.zeros(1, 3)));
        String message = e.getMessage();
        assertTrue(message.contains("missing:\n    encoding.weight (3, 4), perhaps encoder.weight"), message);
        assertTrue(message.contains("unexpected:") && message.contains("encoder.bias"), message);
        assertTrue(message.contains("dense_1.weight: expected (4, 3), received (4, 2)"), message);
    }

    @Test
    void publishingOtherWeightsIsRefused() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(3), dense(4));
        Weights other = Model.of(Shape.of(3), dense(5)).weights();
        assertThrows(NameException.class, () -> model.publish(other));
    }

    @Test
    void partsOfOtherModels() {
        Layer both = (scope, x) -> scope.call("decoder", dense(2), scope.call("encoder", dense(4), x));
        Model<Tensor, Tensor> whole = Model.of(Shape.of(3), both);
        Model<Tensor, Tensor> part = Model.of(dense(2), whole.weights().at("decoder"));
        Tensor x = RandomKey.of(2).normal(5, 4);
        Tensor w = whole.weights().parameters().get("decoder.weight");
        Golden.assertClose(x.matmul(w), part.apply(x), 1e-6, "output");
    }

    @Test
    void damagedFilesAreRefused() throws IOException {
        Path file = folder.resolve("m.safetensors");
        model().save(file);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 5));
        assertThrows(FormatException.class, () -> Model.load(file));
        Files.write(file, new byte[] {1, 2, 3});
        assertThrows(FormatException.class, () -> Model.load(file));
    }

    private void rewrite(Path file, String architecture) {
        SafeTensors content = SafeTensors.read(file);
        Map<String, String> metadata = new LinkedHashMap<>(content.metadata());
        metadata.put("gamelan.architecture", architecture);
        new SafeTensors(content.tensors(), metadata).write(file);
    }

    private String refusal(String architecture) {
        Path file = folder.resolve("m.safetensors");
        Model.of(Shape.of(3), dense(4)).save(file);
        rewrite(file, architecture);
        return String.valueOf(assertThrows(FormatException.class, () -> Model.load(file)).getMessage());
    }

    @Test
    void onlyLayersAreMade() {
        assertTrue(refusal("{\"type\":\"java.lang.ProcessBuilder\"}").contains("is not a record or enum that is a Layer"));
        assertTrue(refusal("{\"type\":\"Weights\"}").contains("is not a record or enum that is a Layer"));
        assertTrue(refusal("{\"type\":\"no.such.Thing\"}").contains("no.such.Thing"));
        assertTrue(refusal("{\"type\":\"Dense\",\"units\":4}").contains("has no constructor with the parameters [units]"));
        assertTrue(refusal("{\"type\":\"Dense\",\"units\":-4,\"bias\":true,\"init\":{\"type\":\"Initializer$Constant\",\"value\":0}}")
                .contains("Dense refuses"));
        assertTrue(refusal("{\"type\":\"Dense\",\"units\":\"four\",\"bias\":true,\"init\":{}}").contains("expected an integer"));
        assertTrue(refusal("[1,").contains("not JSON"));
        assertTrue(refusal("7").contains("the architecture is damaged"));
    }

    /** A record that got a component after files were written. */
    record Grown(int units, double slope) implements Layer {
        Grown(int units) {
            this(units, 0.5);
        }

        @Override
        public Tensor apply(Scope scope, Tensor x) {
            return x.mul(slope * units);
        }
    }

    @Test
    void oldFilesFindTheConstructorOfTheirTime() {
        String type = Grown.class.getName();
        assertEquals(new Grown(3, 0.5), ModelJson.read("{\"type\":\"" + type + "\",\"units\":3}", Layer.class));
        assertEquals(new Grown(3, 2), ModelJson.read("{\"type\":\"" + type + "\",\"slope\":2.0,\"units\":3}", Layer.class));
    }
}
