package dev.gamelan.domains;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gamelan.domains.text.Bert;
import dev.gamelan.domains.vision.ResNet;
import dev.gamelan.interop.safetensors.MappedTensors;
import dev.gamelan.interop.safetensors.SafeTensors;
import dev.gamelan.ir.Data;
import dev.gamelan.nn.Block;
import dev.gamelan.nn.Learner;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Optimizers;
import dev.gamelan.nn.StateDict;
import dev.gamelan.nn.Weights;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Trees;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Networks with the weights of PyTorch's and Hugging Face's: see {@code src/test/python/golden_state_dicts.py}. */
class StateDictGoldenTest {

    private static final ResNet TORCHVISION = new ResNet(List.of(4, 6, 8, 10), List.of(2, 2, 2, 2), true, 5);
    private static final ResNet HUGGING_FACE = new ResNet(List.of(4, 6, 8, 10), List.of(1, 2, 1, 1), true, 5);

    private static Path resource(String name) {
        try {
            return Path.of(Objects.requireNonNull(StateDictGoldenTest.class.getResource(name), name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode golden(String name) throws IOException {
        return JsonMapper.shared().readTree(Files.readString(resource("golden_state_dicts.json"))).get(name);
    }

    private static Tensor tensor(JsonNode node) {
        float[] values = new float[node.get("values").size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) node.get("values").get(i).asDouble();
        }
        return Tensor.of(values, StreamSupport.stream(node.get("shape").spliterator(), false).mapToInt(JsonNode::asInt).toArray());
    }

    private static void close(Tensor expected, Tensor received, double tolerance) {
        assertEquals(expected.shape(), received.shape());
        assertArrayEquals(expected.toFloatArray(), received.toFloatArray(), (float) (tolerance * Math.max(1, expected.abs().max().item())));
    }

    private static Bert.Input input(JsonNode golden) {
        return new Bert.Input(tensor(golden.get("ids")).cast(DType.INT32), tensor(golden.get("segments")).cast(DType.INT32),
                tensor(golden.get("mask")).greater(0));
    }

    private static void residual(ResNet net, StateDict names, String file, JsonNode golden, Path folder) throws IOException {
        Model<Tensor, Tensor> model = Model.of(Shape.of(36, 33, 3), net);
        names.load(resource(file), model);
        close(tensor(golden.get("output")), model.apply(tensor(golden.get("input"))), 2e-5);
        names.save(model.weights()).write(folder.resolve("again"));
        assertEquals(-1, Files.mismatch(resource(file), folder.resolve("again")), "the way back gives the same file");
    }

    @Test
    void torchvisionsResNets(@TempDir Path folder) throws IOException {
        residual(TORCHVISION, TORCHVISION.torchvisionNames(), "resnet_torchvision.safetensors", golden("torchvision"), folder);
    }

    @Test
    void huggingFacesResNets(@TempDir Path folder) throws IOException {
        residual(HUGGING_FACE, HUGGING_FACE.huggingFaceNames(), "resnet_hf.safetensors", golden("hugging face"), folder);
    }

    @Test
    void bertFromItsFolder(@TempDir Path folder) throws IOException {
        JsonNode golden = golden("bert");
        Bert bert = Bert.config(resource("bert/config.json"));
        assertEquals(new Bert(19, 10, 2, 12, 2, 3, 20, 1e-12, 0.1), bert);
        Bert.Pooled pooled = bert.pooled();
        Model<Bert.Input, Tensor> model = Model.of(pooled, input(golden));
        pooled.names().load(resource("bert"), model);
        close(tensor(golden.get("pooled")), model.apply(input(golden)), 2e-5);
        pooled.names().save(model.weights()).write(folder.resolve("again"));
        assertEquals(-1, Files.mismatch(resource("bert/model.safetensors"), folder.resolve("again")));
    }

    /** States behind a sequence's end mean nothing, so only those before it are compared. */
    @Test
    void statesOfBertWithoutItsPooler() throws IOException {
        JsonNode golden = golden("bert");
        Bert bert = Bert.config(resource("bert/config.json"));
        Model<Bert.Input, Tensor> model = Model.of(bert, input(golden));
        bert.names().load(resource("bert/model.safetensors"), model);
        Tensor mask = input(golden).mask().cast(DType.FLOAT32).expandDims(-1);
        close(tensor(golden.get("states")).mul(mask), model.apply(input(golden)).mul(mask), 2e-5);
    }

    /** As files of larger networks have them: with a prefix, in half precision, with heads, or with the names of TensorFlow's time. */
    @Test
    void otherSpellings(@TempDir Path folder) throws IOException {
        JsonNode golden = golden("bert");
        Map<String, Data> changed = new LinkedHashMap<>();
        SafeTensors.read(resource("bert/model.safetensors")).tensors().forEach((name, data) -> changed.put(
                "bert." + name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
                Tensor.of(data).cast(DType.FLOAT16).eval().data()));
        changed.put("cls.predictions.bias", Tensor.zeros(19).data());
        changed.put("bert.embeddings.position_ids", Tensor.arange(10).data());
        new SafeTensors(changed, Map.of()).write(folder.resolve("f"));
        Bert bert = Bert.config(resource("bert/config.json"));
        Model<Bert.Input, Tensor> model = Model.of(bert, input(golden));
        bert.names().load(folder.resolve("f"), model);
        Tensor mask = input(golden).mask().cast(DType.FLOAT32).expandDims(-1);
        close(tensor(golden.get("states")).mul(mask), model.apply(input(golden)).mul(mask), 1e-2);
        assertEquals(DType.FLOAT32, model.weights().parameters().get("words.weight").dtype());
    }

    @Test
    void whatDoesNotFitIsListed() {
        Model<Tensor, Tensor> other = Model.of(Shape.of(36, 33, 3), new ResNet(List.of(4, 6, 8, 12), List.of(2, 2, 2, 1), true, 7));
        MappedTensors file = MappedTensors.open(resource("resnet_torchvision.safetensors"));
        StateDict.Report report = TORCHVISION.torchvisionNames().compare(file, other.weights());
        assertTrue(report.misshapen().contains("fc.weight: expected (7, 12), received [5, 10]"), report.toString());
        assertTrue(report.misshapen().contains("layer4.0.conv1.weight: expected (12, 8, 3, 3), received [10, 8, 3, 3]"), report.toString());
        ResNet short4 = new ResNet(List.of(4, 6, 8, 10), List.of(2, 2, 2, 1), true, 5);
        StateDict.Report unexpected = short4.torchvisionNames().compare(file, Model.of(Shape.of(36, 33, 3), short4).weights());
        assertTrue(unexpected.unexpected().contains("layer4.1.conv2.weight [10, 10, 3, 3]"), unexpected.toString());
        assertEquals(List.of(), unexpected.missing());
        StateDict.Report missing = HUGGING_FACE.huggingFaceNames().compare(file, Model.of(Shape.of(36, 33, 3), HUGGING_FACE).weights());
        assertTrue(missing.missing().contains("classifier.1.bias (5,)"), missing.toString());
        NameException e = assertThrows(NameException.class, () -> TORCHVISION.torchvisionNames().read(file, other.weights()));
        assertTrue(String.valueOf(e.getMessage()).contains("of another shape:"), e.getMessage());
    }

    @Test
    void aNewHeadKeepsItsWeights() {
        ResNet flowers = new ResNet(List.of(4, 6, 8, 10), List.of(2, 2, 2, 2), true, 9);
        Weights before = Model.of(Shape.of(36, 33, 3), flowers).weights();
        MappedTensors file = MappedTensors.open(resource("resnet_torchvision.safetensors"));
        Weights after = flowers.torchvisionNames().readWhatFits(file, before);
        assertArrayEquals(before.parameters().get("head.weight").toFloatArray(), after.parameters().get("head.weight").toFloatArray());
        assertArrayEquals((float[]) file.get("bn1.running_var").data().array(),
                after.buffers().get("stem.batch_norm_1.variance").toFloatArray());
    }

    @Test
    void otherNetworksAreRefused(@TempDir Path folder) throws IOException {
        for (String json : List.of("{\"model_type\":\"roberta\"}", "{\"hidden_act\":\"relu\"}", "{\"hidden_size\":-1}",
                "{\"layer_norm_eps\":\"x\"}",
                "{", "{\"hidden_size\":1e99}", "{\"vocab_size\":99999999999}")) {
            Path file = Files.writeString(folder.resolve("config.json"), json);
            assertThrows(FormatException.class, () -> Bert.config(file), json);
        }
    }

    /** Of full size, made by PyTorch now, where there is one. */
    @Tag("slow")
    @Test
    void resNet18(@TempDir Path folder) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder("python3", "src/test/python/golden_state_dicts.py", "resnet18", folder.toString())
                    .redirectError(folder.resolve("errors").toFile()).redirectOutput(folder.resolve("output").toFile()).start();
        } catch (IOException e) {
            assumeTrue(false, "there is no python3");
            return;
        }
        int code = process.waitFor();
        String errors = Files.readString(folder.resolve("errors"));
        assumeTrue(!errors.contains("ModuleNotFoundError"), () -> "python3 lacks a library: " + errors);
        assertEquals(0, code, errors);
        JsonNode golden = JsonMapper.shared().readTree(Files.readString(folder.resolve("resnet18.json")));
        ResNet net = ResNet.resNet18(5);
        Model<Tensor, Tensor> model = Model.of(Shape.of(224, 221, 3), net);
        net.torchvisionNames().load(folder.resolve("resnet18.safetensors"), model);
        close(tensor(golden.get("output")), model.apply(tensor(golden.get("input"))), 1e-4);
        net.torchvisionNames().save(model.weights()).write(folder.resolve("again"));
        assertEquals(-1, Files.mismatch(folder.resolve("resnet18.safetensors"), folder.resolve("again")));
    }

    @Test
    void aBertLearnsAndComesBackFromAFile(@TempDir Path folder) {
        Bert.Pooled bert = new Bert(11, 8, 8, 2, 2).dropRate(0).pooled();
        Bert.Input input = Bert.Input.of(RandomKey.of(1).integers(11, Shape.of(6, 5)).eval());
        Tensor target = RandomKey.of(2).uniform(6, 8).sub(0.5).eval();
        Model<Bert.Input, Tensor> model = Model.of(bert, input);
        Learner<Bert.Input, Tensor> learner = model.learner(Optimizers.adam(1e-2));
        Learner.State state = learner.init(RandomKey.of(3));
        double first = Double.NaN;
        double last = Double.NaN;
        for (int i = 0; i < 60; i++) {
            Stepper.Next<Learner.State, Tensor> next = learner.step(state, net -> net.apply(input).sub(target).square().mean());
            state = Trees.map(next.state(), Tensor::eval);
            last = next.output().item();
            first = i == 0 ? last : first;
        }
        assertTrue(last < first / 4, first + " to " + last);
        model.publish(state.weights());
        model.save(folder.resolve("bert.safetensors"));
        Model<Bert.Input, Tensor> back = Model.load(folder.resolve("bert.safetensors"), bert);
        assertArrayEquals(model.apply(input).toFloatArray(), back.apply(input).toFloatArray());
    }

    @Test
    void segmentsMustFitTheIds() {
        assertThrows(dev.gamelan.shape.ShapeException.class,
                () -> new Bert.Input(Tensor.ofInts(1, 2).reshape(1, 2), Tensor.ofInts(1).reshape(1, 1),
                        Tensor.ofBooleans(true, true).reshape(1, 2)));
        Block<Bert.Input, Tensor> bert = new Bert(5, 4, 6, 1, 2);
        assertEquals(Shape.of(1, 2, 6), Model.of(bert, Bert.Input.of(Tensor.ofInts(1, 2).reshape(1, 2))).apply(
                Bert.Input.of(Tensor.ofInts(3, 4).reshape(1, 2))).shape());
    }
}
