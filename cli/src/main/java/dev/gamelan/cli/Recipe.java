package dev.gamelan.cli;

import dev.gamelan.domains.tabular.TableModels;
import dev.gamelan.domains.tabular.Target;
import dev.gamelan.domains.vision.Augment;
import dev.gamelan.domains.vision.ImageModels;
import dev.gamelan.domains.vision.Normalize;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.List;

/**
 * How to train a kind of model on a kind of data, unless the user says otherwise.
 *
 * @param rate      the highest learning rate of the schedule
 * @param smoothing of labels
 */
record Recipe(int epochs, int batch, double rate, double smoothing, Augment augment) {

    static final double WEIGHT_DECAY = 0.01;

    /** The kinds of models for this data, the default first. */
    static List<String> models(TrainingData data) {
        return switch (data) {
            case TrainingData.OfPictures _ -> List.of("cnn", "mlp", "linear");
            case TrainingData.OfRows _ -> List.of("mlp", "linear");
        };
    }

    static Recipe of(DataSource source, TrainingData data, String model) {
        int examples = data.train().size();
        return switch (source) {
            case DataSource.Known known -> switch (known) {
                case DIGITS ->
                        new Recipe(20, 32, model.equals("mlp") ? 1e-3 : 3e-3, 0.05, new Augment(model.equals("cnn") ? 1 : 0, 0.3, false));
                case FASHION_MNIST -> model.equals("cnn") ? new Recipe(12, 128, 3e-3, 0.05, new Augment(1, 0.5, true))
                        : new Recipe(20, 128, 1e-3, 0.05, new Augment(0, 0, true));
            };
            case DataSource.Folder _ -> new Recipe(epochs(examples, 32, 60), 32, 2e-3, 0.05,
                    new Augment(Math.max(1, data.train().get(0).input().dim(0) / 16), 0.5, true));
            case DataSource.TableFile _ -> {
                int batch = Math.clamp(Integer.highestOneBit(Math.max(1, examples / 8)), 8, 256);
                yield new Recipe(epochs(examples, batch, 150), batch, 3e-3, 0, Augment.NONE);
            }
        };
    }

    /** So many that there are about 2,000 steps. */
    private static int epochs(int examples, int batch, int most) {
        return Math.clamp(2000L * batch / Math.max(1, examples), 10, most);
    }

    /** A new model for this data. */
    static Model<Tensor, Tensor> build(TrainingData data, String model) {
        return switch (data) {
            case TrainingData.OfPictures pictures -> picture(pictures, model);
            case TrainingData.OfRows rows -> row(rows, model);
        };
    }

    private static Model<Tensor, Tensor> picture(TrainingData.OfPictures data, String model) {
        Normalize normalize = Normalize.fit(data.train());
        Shape shape = data.train().shape();
        int classes = data.input().names().size();
        return switch (model) {
            case "cnn" -> ImageModels.cnn(normalize, shape, classes);
            case "mlp" -> ImageModels.mlp(normalize, shape, classes);
            case "linear" -> ImageModels.linear(normalize, shape, classes);
            default -> throw new IllegalArgumentException(model);
        };
    }

    private static Model<Tensor, Tensor> row(TrainingData.OfRows data, String model) {
        int width = data.input().encoder().width();
        int outputs = switch (data.input().encoder().target()) {
            case Target.Classes classes -> classes.labels().size();
            case Target.Number _ -> 1;
        };
        return switch (model) {
            case "mlp" -> TableModels.mlp(width, data.train().size() < 2000 ? 64 : 128, outputs);
            case "linear" -> TableModels.linear(width, outputs);
            default -> throw new IllegalArgumentException(model);
        };
    }
}
