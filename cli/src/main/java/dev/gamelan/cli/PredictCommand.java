package dev.gamelan.cli;

import dev.gamelan.domains.tabular.Csv;
import dev.gamelan.domains.tabular.Feature;
import dev.gamelan.domains.tabular.Table;
import dev.gamelan.domains.tabular.TableEncoder;
import dev.gamelan.domains.tabular.Target;
import dev.gamelan.domains.vision.ImageFolder;
import dev.gamelan.domains.vision.Images;
import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.ir.Data;
import dev.gamelan.nn.Dataset;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Uses a saved model. */
final class PredictCommand extends CliCommand {

    private Path file = Path.of("");
    private List<String> inputs = List.of();

    PredictCommand() {
        super("predict", "Predict the class, or the number, of pictures or rows.");
        arguments().parameter("MODEL", "A file that 'gamelan train' made.", Path.class, path -> file = path)
                .rest(1, "INPUT", "Pictures or folders of them; for a table's model CSV files, or rows such as 5.1,3.5,1.4,0.2.",
                        String.class, all -> inputs = all);
    }

    /** Examples and what each is called. */
    private record Named(List<String> names, Dataset<Tensor, Tensor> examples) {}

    @Override
    int run(ObjectNode result) {
        Card card = Card.read(file);
        Model<Tensor, Tensor> model = Model.load(file);
        Named named = switch (card.input()) {
            case ModelInput.Pictures pictures -> pictures(pictures);
            case ModelInput.Rows rows -> rows(rows.encoder());
        };
        Predictions predictions = Predictions.of(model, named.examples());
        ArrayNode list = result.putArray("predictions");
        int width = named.names().stream().mapToInt(String::length).max().orElse(0);
        for (int row = 0; row < predictions.size(); row++) {
            ObjectNode node = list.addObject().put("input", named.names().get(row));
            String text = say(card.input(), predictions, row, node);
            out().println(named.names().get(row) + " ".repeat(width - named.names().get(row).length()) + "  " + text);
        }
        return 0;
    }

    private static String say(ModelInput input, Predictions predictions, int row, ObjectNode node) {
        if (input instanceof ModelInput.Rows rows && rows.encoder().target() instanceof Target.Number number) {
            double value = number.unscale(predictions.value(row));
            node.put("label", number.name()).put("value", value);
            return String.format(Locale.ROOT, "%s = %.6g", number.name(), value);
        }
        String label = input.labels().orElseThrow().get(predictions.best(row));
        double probability = predictions.probability(row);
        node.put("label", label).put("probability", probability);
        return String.format(Locale.ROOT, "%s  %.4f", label, probability);
    }

    // ---- pictures --------------------------------------------------------------------------------------------------

    private Named pictures(ModelInput.Pictures input) {
        List<Path> files = inputs.stream().map(Path::of).flatMap(this::picturesIn).toList();
        Shape shape = input.format().shape();
        byte[] pixels = new byte[Math.multiplyExact(files.size(), shape.length())];
        for (int i = 0; i < files.size(); i++) {
            System.arraycopy(input.format().read(files.get(i)), 0, pixels, i * shape.length(), shape.length());
        }
        return new Named(files.stream().map(Path::toString).toList(), new Images(shape, pixels, new int[files.size()]));
    }

    private Stream<Path> picturesIn(Path path) {
        if (!Files.isDirectory(path)) {
            return Stream.of(path);
        }
        try (Stream<Path> all = Files.walk(path)) {
            List<Path> pictures = all.filter(ImageFolder::isPicture).filter(Files::isRegularFile).sorted().toList();
            if (pictures.isEmpty()) {
                throw new FormatException(path + " has no pictures");
            }
            return pictures.stream();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + path + ": " + AtomicFile.reason(e), e);
        }
    }

    // ---- rows ------------------------------------------------------------------------------------------------------

    private Named rows(TableEncoder encoder) {
        List<String> names = new ArrayList<>();
        List<float[]> parts = new ArrayList<>();
        for (String input : inputs) {
            boolean literal = !Files.exists(Path.of(input)) && input.contains(",");
            Table table = literal ? literal(encoder, input) : Csv.read(Path.of(input));
            parts.add(encoder.features(table));
            table.rows().forEach(row -> names.add(literal ? input : input + ":" + row.line()));
        }
        float[] features = new float[Math.multiplyExact(names.size(), encoder.width())];
        int done = 0;
        for (float[] part : parts) {
            System.arraycopy(part, 0, features, done, part.length);
            done += part.length;
        }
        Tensor rows = Tensor.of(Data.of(DType.FLOAT32, Shape.of(names.size(), encoder.width()), features));
        return new Named(names, Dataset.of(rows, Tensor.ofInts(new int[names.size()])));
    }

    /** One row as an argument: the cells in the order in which the model knows its columns. */
    private Table literal(TableEncoder encoder, String row) {
        String header = encoder.features().stream().map(Feature::name).map(name -> '"' + name.replace("\"", "\"\"") + '"')
                .collect(Collectors.joining(","));
        try {
            return Csv.parse(header + "\n" + row, "'" + row + "'");
        } catch (FormatException e) {
            throw new FormatException("'" + row + "' is neither a file nor a row with the columns "
                    + encoder.features().stream().map(Feature::name).collect(Collectors.joining(", ")), e);
        }
    }
}
