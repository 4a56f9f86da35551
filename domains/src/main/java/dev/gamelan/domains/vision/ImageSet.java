package dev.gamelan.domains.vision;

import dev.gamelan.domains.data.Split;
import java.util.List;

/**
 * Pictures to learn from and to test with.
 *
 * @param labels the name of each class
 */
public record ImageSet(List<String> labels, Images train, Images test) {

    public ImageSet {
        labels = List.copyOf(labels);
    }

    /** Divides pictures with the same mixture of classes in both parts. */
    static ImageSet split(List<String> labels, Images all, double testFraction, long seed) {
        Split split = Split.stratified(all.classes(), testFraction, seed);
        return new ImageSet(labels, all.select(split.kept()), all.select(split.held()));
    }
}
