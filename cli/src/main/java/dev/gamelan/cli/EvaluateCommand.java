package dev.gamelan.cli;

import dev.gamelan.domains.tabular.Csv;
import dev.gamelan.domains.vision.ImageFolder;
import dev.gamelan.domains.vision.Images;
import dev.gamelan.nn.Dataset;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.FormatException;
import dev.gamelan.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Tests a saved model. */
final class EvaluateCommand extends CliCommand {

    private Path file = Path.of("");
    private @Nullable String data;

    EvaluateCommand() {
        super("evaluate", "Test a saved model: metrics, and for classes the confusion matrix.");
        arguments().parameter("MODEL", "A file that 'gamelan train' made.", Path.class, path -> file = path)
                .optional("DATA",
                        "A data set, folder or CSV file (default: the part of the model's own data that it was not trained on).",
                        String.class, name -> data = name);
    }

    @Override
    int run(ObjectNode result) {
        Card card = Card.read(file);
        Model<Tensor, Tensor> model = Model.load(file);
        Dataset<Tensor, Tensor> examples = data == null ? own(card) : given(card, data);
        Scores scores = Scores.of(Predictions.of(model, examples), card.input());
        scores.print(out());
        result.put("model", file.toString()).put("data", data == null ? card.source().text() : data).put("examples", examples.size());
        scores.put(result, "");
        if (scores instanceof Scores.Confusion confusion) {
            confusion.putMatrix(result);
        }
        return 0;
    }

    /** The test part, divided by the same seed as in training. */
    private Dataset<Tensor, Tensor> own(Card card) {
        String advice = "; name the data to test with: gamelan evaluate " + file + " DATA";
        if (!(card.source() instanceof DataSource.Known) && !Files.exists(Path.of(card.source().text()))) {
            throw new FormatException(card.source().text() + ", which " + file + " was trained on, is not here" + advice);
        }
        TrainingData loaded = card.source().load(card.seed(), progress(), text -> {});
        if (!loaded.input().equals(card.input())) {
            throw new FormatException(card.source().text() + " is not what it was when " + file + " was trained on it" + advice);
        }
        return loaded.test();
    }

    private Dataset<Tensor, Tensor> given(Card card, String name) {
        if (name.equals(card.source().text())) {
            note("testing with the part of " + name + " that the model was not trained on");
            return own(card);
        }
        Optional<DataSource.Known> known = DataSource.Known.named(name);
        if (known.isPresent()) {
            return known(card, known.get());
        }
        if (!Files.exists(Path.of(name))) {
            throw wrongUsage(DataOptions.unknown(name));
        }
        return switch (card.input()) {
            case ModelInput.Pictures pictures -> pictures(pictures, Path.of(name));
            case ModelInput.Rows rows -> rows.encoder().dataset(Csv.read(Path.of(name)));
        };
    }

    private Dataset<Tensor, Tensor> known(Card card, DataSource.Known source) {
        TrainingData loaded = source.load(card.seed(), progress(), text -> {});
        if (!loaded.input().equals(card.input())) {
            throw new FormatException(source.text() + " does not fit " + file + ", which was trained on " + card.source().text());
        }
        return loaded.test();
    }

    /** A folder of class folders, of which each must be a class that the model knows. */
    private Dataset<Tensor, Tensor> pictures(ModelInput.Pictures input, Path path) {
        ImageFolder folder = ImageFolder.list(path);
        List<String> known = input.names();
        for (String label : folder.labels()) {
            if (!known.contains(label)) {
                throw new FormatException(
                        path + ": the class '" + label + "' is not one that the model knows: " + String.join(", ", known));
            }
        }
        Images images = folder.read(input.format(), progress());
        int[] classes = Arrays.stream(images.classes()).map(c -> known.indexOf(folder.labels().get(c))).toArray();
        return new Images(images.shape(), images.pixels(), classes);
    }
}
