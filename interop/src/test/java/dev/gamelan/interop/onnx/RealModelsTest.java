package dev.gamelan.interop.onnx;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Trained networks of others against ONNX Runtime. They are looked for below the folder that {@code GAMELAN_MODELS} names;
 * scripts/fetch-onnx-models.sh fills it.
 */
@Tag("slow")
class RealModelsTest {

    private static final RandomKey KEY = RandomKey.of(11);

    /** @param inputs by name */
    private record Case(String file, TensorMap inputs) {}

    private static Tensor floats(String name, int... dims) {
        return KEY.at(name).uniform(dims).mul(2).sub(1).eval();
    }

    private static TensorMap words(int length) {
        Tensor ids = KEY.at("words").integers(20_000, Shape.of(1, length)).cast(DType.INT64).eval();
        return TensorMap.of(Map.of("input_ids", ids, "attention_mask", ids.onesLike(), "token_type_ids", ids.zerosLike()));
    }

    private static List<Case> cases() {
        List<Case> cases = new ArrayList<>();
        for (int length : new int[] {1, 7, 32}) {
            cases.add(new Case("all-minilm-l6-v2.onnx", words(length)));
            cases.add(new Case("all-minilm-l6-v2-q.onnx", words(length)));
        }
        cases.add(new Case("ch_PP-OCRv4_rec_infer.onnx", TensorMap.of("x", floats("rec", 1, 3, 48, 320))));
        cases.add(new Case("ch_PP-OCRv4_rec_infer.onnx", TensorMap.of("x", floats("rec2", 2, 3, 48, 100))));
        cases.add(new Case("ch_PP-OCRv4_det_infer.onnx", TensorMap.of("x", floats("det", 1, 3, 96, 160))));
        cases.add(new Case("ch_ppocr_mobile_v2.0_cls_infer.onnx", TensorMap.of("x", floats("cls", 1, 3, 48, 192))));
        cases.add(new Case("face_detection_back_256x256_barracuda.onnx", TensorMap.of("input:0", floats("face", 1, 256, 256, 3))));
        cases.add(new Case("melspectrogram.onnx", TensorMap.of("input", floats("sound", 1, 17280))));
        cases.add(new Case("embedding_model.onnx", TensorMap.of("input_1", floats("mel", 3, 76, 32, 1))));
        cases.add(new Case("alexa_v0.1.onnx", TensorMap.of("onnx::Flatten_0", floats("alexa", 1, 16, 96))));
        for (int rate : new int[] {16000, 8000}) {
            cases.add(new Case("silero_vad_v5.onnx", TensorMap.of(Map.of("input", floats("speech", 1, rate * 36 / 1000), "state",
                    floats("state", 2, 1, 128), "sr", Tensor.ofLongs(rate).reshape(Shape.SCALAR)))));
        }
        return cases;
    }

    @TestFactory
    Stream<DynamicTest> agreeWithOnnxRuntime() {
        return cases().stream().map(each -> dynamicTest(each.file, () -> check(each)));
    }

    private static void check(Case each) throws Exception {
        Optional<Path> file = find(each.file);
        assumeTrue(file.isPresent(), "without " + each.file);
        OnnxModel model = Onnx.read(file.orElseThrow());
        Map<String, Tensor> expected = Runtime.run(Files.readAllBytes(file.orElseThrow()), each.inputs);
        Map<String, Value> given = new java.util.HashMap<>();
        each.inputs.forEach((name, tensor) -> given.put(name, model.input(name, tensor)));
        Map<String, Value> received = model.run(given);
        for (String output : model.outputs()) {
            Tensor own = ((Value.Numbers) java.util.Objects.requireNonNull(received.get(output))).tensor();
            Tensor theirs = expected.get(output);
            // Probabilities are compared on the scale from 0 to 1.
            double difference = Runtime.difference(theirs, own) * Math.min(1, theirs.abs().max().item());
            assertTrue(difference <= 1e-4, output + ": " + difference);
        }
    }

    private static Optional<Path> find(String name) throws IOException {
        String folder = System.getenv("GAMELAN_MODELS");
        if (folder == null || !Files.isDirectory(Path.of(folder))) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.walk(Path.of(folder))) {
            return files.filter(file -> file.getFileName().toString().equals(name)).findFirst();
        }
    }
}
