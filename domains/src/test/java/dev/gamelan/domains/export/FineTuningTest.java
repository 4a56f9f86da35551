package dev.gamelan.domains.export;

import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.imported;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Metrics.accuracy;
import static dev.gamelan.nn.Optimizers.adam;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.domains.RealModels;
import dev.gamelan.domains.text.Bert;
import dev.gamelan.domains.text.SentenceEncoder;
import dev.gamelan.domains.text.Tokenizer;
import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.interop.onnx.OpenAxis;
import dev.gamelan.nn.Block;
import dev.gamelan.nn.Dataset;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Scope;
import dev.gamelan.nn.Trainer;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Parametric;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Trained networks of others, trained further:
 * {@code GAMELAN_MODELS=FOLDER ./mvnw -Pslow -pl domains -am test -Dtest=FineTuningTest ...}, after
 * {@code scripts/fetch-onnx-models.sh FOLDER}.
 */
@Tag("slow")
class FineTuningTest {

    @TempDir
    Path folder;

    /** Spam or not, by the mean of what an encoder says about each token. */
    private record Judge(Parametric encoder) implements Block<Bert.Input, Tensor> {

        /** x: (B, T) -> logits (B, 2). */
        @Override
        public Tensor apply(Scope scope, Bert.Input x) {
            Tensor mask = x.mask().cast(DType.INT64);
            TensorMap inputs = TensorMap.of(Map.of("input_ids", x.ids().cast(DType.INT64), "attention_mask", mask, "token_type_ids",
                    x.segments().cast(DType.INT64)));
            Tensor states = imported(encoder, "input_ids", "last_hidden_state").apply(scope.child("encoder"), inputs);
            return scope.call("head", dense(2), SentenceEncoder.mean(states, x.mask()));
        }
    }

    @Test
    void anEncoderOfSentencesLearnsWhatSpamIs() throws Exception {
        Tokenizer tokenizer = Tokenizer.read(RealModels.file("all-minilm-l6-v2-tokenizer.json"));
        Dataset.Split<Bert.Input, Tensor> mails = Mails.load(tokenizer, 300).split(0.7, 1);
        Model<Bert.Input, Tensor> model = Model.of(new Judge(RealModels.model("all-minilm-l6-v2.onnx")),
                mails.first().batches(2).first().input());
        TensorMap before = model.weights().parameters();
        assertTrue(before.contains("encoder.encoder.layer.5.attention.self.query.weight"), before.paths().toString());
        double guessed = model.evaluate(mails.second().batches(32), accuracy());
        Trainer<Bert.Input, Tensor, Tensor> trainer = model.train(mails.first().shuffledBatches(16), softmaxCrossEntropy())
                .freeze("encoder.embeddings.**").optimizer(adam(2e-4).on("head.**", adam(3e-3))).epochs(2).quiet();
        for (int i = 0; i < 5; i++) {
            trainer = trainer.freeze("encoder.encoder.layer." + i + ".**");
        }
        var history = trainer.run();
        double learned = model.evaluate(mails.second().batches(32), accuracy());
        IO.println("loss " + history + "; accuracy on other mails " + guessed + " before, " + learned + " after");
        assertTrue(learned > 0.9 && learned > guessed, "accuracy " + guessed + " before, " + learned + " after");
        int changed = 0;
        for (String path : before.paths()) {
            boolean same = Arrays.equals(before.get(path).toFloatArray(), model.weights().parameters().get(path).toFloatArray());
            boolean frozen = path.startsWith("encoder.") && !path.startsWith("encoder.encoder.layer.5.");
            assertTrue(!frozen || same, path + " was frozen and changed");
            changed += same ? 0 : 1;
        }
        // The last layer has 16 parameters, the head 2; the bias of keys has no influence.
        assertTrue(changed >= 17, changed + " parameters changed");
        Exports.check(folder.resolve("judge.onnx"), model, List.of(OpenAxis.of("batch", 0), OpenAxis.of("time", 1)),
                List.of(Map.of("batch", 1, "time", 5), Map.of("batch", 3, "time", 48)));
        assertTrue(Onnx.read(folder.resolve("judge.onnx")).parameters().contains("encoder.encoder.layer.5.output.dense.weight"));
    }

    /** @param outputs to be moved: before a sigmoid or a softmax that has gradients near zero */
    private record Network(String file, String input, List<String> outputs, int... dims) {}

    @TestFactory
    Stream<DynamicTest> gradientsReachEveryWeight() {
        return Stream.of(new Network("ch_ppocr_mobile_v2.0_cls_infer.onnx", "x", List.of("p2o.Add.87"), 2, 3, 48, 96),
                new Network("ch_PP-OCRv4_rec_infer.onnx", "x", List.of("p2o.Add.277"), 1, 3, 48, 64),
                new Network("ch_PP-OCRv4_det_infer.onnx", "x", List.of("p2o.Add.281"), 1, 3, 64, 64),
                new Network("face_detection_back_256x256_barracuda.onnx", "input:0",
                        List.of("Identity:0", "Identity_1:0", "Identity_2:0", "Identity_3:0"), 1, 256, 256, 3))
                .map(each -> DynamicTest.dynamicTest(each.file, () -> train(each)));
    }

    /** A few steps towards outputs of another input; then the file leaves again. */
    private void train(Network network) throws Exception {
        OnnxModel model = RealModels.model(network.file);
        TensorMap inputs = TensorMap.of(network.input, RandomKey.of(1).uniform(network.dims).eval());
        TensorMap other = TensorMap.of(network.input, RandomKey.of(2).uniform(network.dims).eval());
        TensorMap targets = model.apply(model.parameters(), other, network.outputs).map(Tensor::eval);
        record Step(Tensor loss, TensorMap gradient) implements dev.gamelan.tensor.Tree {}
        var step = Functions.compile((TensorMap parameters) -> {
            var graded = Functions.valueAndGrad((TensorMap p) -> loss(model.apply(p, inputs, network.outputs), targets)).apply(parameters);
            return new Step(graded.value(), graded.gradient());
        });
        TensorMap parameters = model.parameters();
        List<Double> losses = new ArrayList<>();
        List<String> without = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Step now = step.apply(parameters);
            losses.add(now.loss.item());
            double norm = Math.sqrt(Trees.leaves(now.gradient.map(g -> g.square().sum())).stream().mapToDouble(Tensor::item).sum());
            assertTrue(Double.isFinite(norm) && norm > 0, "norm of the gradient " + norm);
            if (i == 0) {
                now.gradient.forEach((name, g) -> {
                    if (g.abs().max().item() == 0) {
                        without.add(name + g.shape());
                    }
                });
            }
            // A step that would remove a tenth of the loss if it were linear.
            double rate = 0.1 * now.loss.item() / (norm * norm);
            parameters = parameters.zip(now.gradient, (p, g) -> p.sub(g.mul(rate)).eval());
        }
        IO.println(network.file + ": losses " + losses + ", no gradient at " + without);
        assertTrue(losses.getLast() < 0.9 * losses.getFirst(), "losses " + losses);
        // Units that are zero for every input here get none.
        assertTrue(without.size() <= 0.05 * parameters.size(), "no gradient at " + without);
        Path file = folder.resolve("again.onnx");
        Onnx.write(file, model.with(parameters), inputs);
        Map<String, Tensor> theirs = Microsoft.run(Files.readAllBytes(file), inputs);
        TensorMap own = model.apply(parameters, inputs);
        for (String output : model.outputs()) {
            // Probabilities are compared on the scale from 0 to 1.
            double difference = Microsoft.difference(own.get(output), Objects.requireNonNull(theirs.get(output)))
                    * Math.min(1, own.get(output).abs().max().item());
            assertTrue(difference < 1e-4, output + ": " + difference);
        }
    }

    private static Tensor loss(TensorMap outputs, TensorMap targets) {
        return outputs.paths().stream().map(name -> outputs.get(name).sub(targets.get(name)).square().mean()).reduce(Tensor::add)
                .orElseThrow();
    }
}
