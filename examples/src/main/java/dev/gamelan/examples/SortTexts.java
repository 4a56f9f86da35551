package dev.gamelan.examples;

import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.imported;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Metrics.accuracy;
import static dev.gamelan.nn.Optimizers.adam;

import dev.gamelan.domains.text.Bert;
import dev.gamelan.domains.text.SentenceEncoder;
import dev.gamelan.domains.text.Tokenizer;
import dev.gamelan.interop.onnx.Onnx;
import dev.gamelan.interop.onnx.OpenAxis;
import dev.gamelan.nn.Block;
import dev.gamelan.nn.Dataset;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Scope;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Parametric;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Trains the last layer of MiniLM, an encoder of sentences, and a new one behind it, to sort texts into classes. */
public final class SortTexts {

    private SortTexts() {}

    /** An encoder that was read from ONNX, and a head. */
    private record Sorter(Parametric encoder, int classes) implements Block<Bert.Input, Tensor> {

        /** x: (B, T) -> logits (B, classes). */
        @Override
        public Tensor apply(Scope scope, Bert.Input x) {
            var inputs = TensorMap.of(Map.of("input_ids", x.ids().cast(DType.INT64), "attention_mask", x.mask().cast(DType.INT64),
                    "token_type_ids", x.segments().cast(DType.INT64)));
            var states = imported(encoder, "input_ids", "last_hidden_state").apply(scope.child("encoder"), inputs);
            return scope.call("head", dense(classes), SentenceEncoder.mean(states, x.mask()));
        }
    }

    /** MODEL.onnx TOKENIZER.json FOLDER OUT.onnx: the folder has one for each class, with text files. */
    static void main(String[] args) throws IOException {
        var texts = new ArrayList<String>();
        var classes = new ArrayList<Integer>();
        var folders = list(Path.of(args[2]));
        for (var folder : folders) {
            for (var file : list(folder)) {
                texts.add(Files.readString(file));
                classes.add(folders.indexOf(folder));
            }
        }
        var tokens = Trees.map(Tokenizer.read(Path.of(args[1])).batch(texts), x -> x.slice(1, 0, Math.min(64, x.dim(1))).eval());
        var data = Dataset.of(tokens, Tensor.ofInts(classes.stream().mapToInt(i -> i).toArray())).split(0.8, 1);

        var model = Model.of(new Sorter(Onnx.read(Path.of(args[0])), folders.size()), data.first().batches(2).first().input());
        model.train(data.first().shuffledBatches(16), softmaxCrossEntropy())
                .freeze("encoder.embeddings.**").freeze("encoder.encoder.layer.0.**").freeze("encoder.encoder.layer.1.**")
                .freeze("encoder.encoder.layer.2.**").freeze("encoder.encoder.layer.3.**").freeze("encoder.encoder.layer.4.**")
                .validate(data.second().batches(32)).metric(accuracy())
                .optimizer(adam(2e-4).on("head.**", adam(3e-3))).epochs(3).run();
        Onnx.write(Path.of(args[3]), model.parametric(), Trees.toMap(model.example().orElseThrow()),
                OpenAxis.of("batch", 0), OpenAxis.of("time", 1));
    }

    private static List<Path> list(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
