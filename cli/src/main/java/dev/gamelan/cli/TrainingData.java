package dev.gamelan.cli;

import dev.gamelan.domains.data.Split;
import dev.gamelan.domains.tabular.TableEncoder;
import dev.gamelan.domains.tabular.TableSet;
import dev.gamelan.domains.tabular.Target;
import dev.gamelan.domains.vision.ImageFormat;
import dev.gamelan.domains.vision.ImageSet;
import dev.gamelan.domains.vision.Images;
import dev.gamelan.nn.Dataset;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;

/**
 * Three parts: one to learn from, one to choose the best epoch by, and one to test the result with, which nothing else
 * ever sees.
 */
sealed interface TrainingData {

    ModelInput input();

    Dataset<Tensor, Tensor> train();

    Dataset<Tensor, Tensor> validation();

    Dataset<Tensor, Tensor> test();

    /** Pictures. */
    record OfPictures(ModelInput.Pictures input, Images train, Images validation, Images test) implements TrainingData {

        static OfPictures of(ImageSet set, double validationShare) {
            Shape shape = set.train().shape();
            ImageFormat format = new ImageFormat(shape.dim(0), shape.dim(1), shape.dim(2));
            Split split = Split.stratified(set.train().classes(), validationShare, VALIDATION_SEED);
            return new OfPictures(new ModelInput.Pictures(format, set.labels()), set.train().select(split.kept()),
                    set.train().select(split.held()), set.test());
        }
    }

    /** Encoded rows. */
    record OfRows(ModelInput.Rows input, Dataset<Tensor, Tensor> train, Dataset<Tensor, Tensor> validation,
            Dataset<Tensor, Tensor> test) implements TrainingData {

        static OfRows of(TableSet set, double validationShare) {
            TableEncoder encoder = set.encoder();
            Split split = switch (encoder.target()) {
                case Target.Classes _ -> Split.stratified(encoder.classes(set.train()), validationShare, VALIDATION_SEED);
                case Target.Number _ -> Split.random(set.train().rows().size(), validationShare, VALIDATION_SEED);
            };
            return new OfRows(new ModelInput.Rows(encoder), encoder.dataset(set.train().select(split.kept())),
                    encoder.dataset(set.train().select(split.held())), encoder.dataset(set.test()));
        }
    }

    /** The same part is held out whatever the seed of a training. */
    long VALIDATION_SEED = 1;
}
