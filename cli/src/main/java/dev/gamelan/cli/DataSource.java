package dev.gamelan.cli;

import dev.gamelan.domains.data.DataFolder;
import dev.gamelan.domains.data.Progress;
import dev.gamelan.domains.tabular.Csv;
import dev.gamelan.domains.tabular.TableSet;
import dev.gamelan.domains.tabular.Task;
import dev.gamelan.domains.vision.Digits;
import dev.gamelan.domains.vision.FashionMnist;
import dev.gamelan.domains.vision.ImageFolder;
import dev.gamelan.domains.vision.ImageFormat;
import dev.gamelan.domains.vision.ImageSet;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;

/** What the argument DATA names. */
sealed interface DataSource {

    /** As it is given on the command line. */
    String text();

    /**
     * Reads it, and divides it where it is not divided yet.
     *
     * @param seed decides the division
     * @param note is told what a person should know
     */
    TrainingData load(long seed, Progress progress, Consumer<String> note);

    /** The same, with paths resolved against a folder. */
    DataSource in(Path folder);

    double TEST_SHARE = 0.2;
    double VALIDATION_SHARE = 0.1;

    /** A data set that this program knows. */
    enum Known implements DataSource {
        DIGITS("digits") {
            @Override
            public TrainingData load(long seed, Progress progress, Consumer<String> note) {
                return TrainingData.OfPictures.of(Digits.load(), VALIDATION_SHARE);
            }
        },
        FASHION_MNIST(FashionMnist.NAME) {
            @Override
            public TrainingData load(long seed, Progress progress, Consumer<String> note) {
                ImageSet set = FashionMnist.load(DataFolder.standard(), progress);
                return TrainingData.OfPictures.of(set, 5_000.0 / 60_000);
            }
        };

        private final String text;

        Known(String text) {
            this.text = text;
        }

        /** The data set of this name. */
        static Optional<Known> named(String text) {
            return Arrays.stream(values()).filter(known -> known.text.equals(text)).findFirst();
        }

        @Override
        public String text() {
            return text;
        }

        @Override
        public DataSource in(Path folder) {
            return this;
        }
    }

    /** A folder of folders of pictures. */
    record Folder(Path path, Optional<ImageFormat> format) implements DataSource {

        @Override
        public DataSource in(Path folder) {
            return new Folder(folder.resolve(path), format);
        }

        @Override
        public String text() {
            return path.toString();
        }

        @Override
        public TrainingData load(long seed, Progress progress, Consumer<String> note) {
            ImageFolder folder = ImageFolder.list(path);
            ImageFormat used = format.orElseGet(folder::suitableFormat);
            note.accept("%d pictures in %d classes, read as %d x %d %s".formatted(folder.files().size(), folder.labels().size(),
                    used.height(), used.width(), used.channels() == 1 ? "gray" : "RGB"));
            return TrainingData.OfPictures.of(folder.split(used, TEST_SHARE, seed, progress), VALIDATION_SHARE);
        }
    }

    /** A table with the column to predict. */
    record TableFile(Path path, String target, Optional<Task> task) implements DataSource {

        @Override
        public DataSource in(Path folder) {
            return new TableFile(folder.resolve(path), target, task);
        }

        @Override
        public String text() {
            return path.toString();
        }

        @Override
        public TrainingData load(long seed, Progress progress, Consumer<String> note) {
            TableSet set = TableSet.of(Csv.read(path), target, task, TEST_SHARE, seed);
            set.notes().forEach(note);
            return TrainingData.OfRows.of(set, VALIDATION_SHARE);
        }
    }
}
