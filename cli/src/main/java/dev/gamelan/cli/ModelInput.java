package dev.gamelan.cli;

import dev.gamelan.domains.tabular.TableEncoder;
import dev.gamelan.domains.tabular.Target;
import dev.gamelan.domains.vision.ImageFormat;
import java.util.List;
import java.util.Optional;

/** What a trained model takes, and what its outputs mean. */
sealed interface ModelInput {

    /** The names of the classes; absent if the output is a number. */
    Optional<List<String>> labels();

    /** What the model takes is pictures. */
    record Pictures(ImageFormat format, List<String> names) implements ModelInput {

        @Override
        public Optional<List<String>> labels() {
            return Optional.of(names);
        }
    }

    /** What the model takes is rows of a table. */
    record Rows(TableEncoder encoder) implements ModelInput {

        @Override
        public Optional<List<String>> labels() {
            return switch (encoder.target()) {
                case Target.Classes classes -> Optional.of(classes.labels());
                case Target.Number _ -> Optional.empty();
            };
        }
    }
}
