package dev.gamelan.domains.tabular;

import java.util.List;
import java.util.OptionalDouble;

/** How one column becomes numbers; what it needs to know was learned from the training rows. */
public sealed interface Feature {

    /** The column. */
    String name();

    /** How many numbers it becomes. */
    int width();

    /** Writes the numbers of a cell to {@code out} from {@code at} on, where zeros are. Returns false if it cannot. */
    boolean encode(String cell, float[] out, int at);

    /**
     * A number, minus the mean, divided by the standard deviation; a missing one counts as the mean, and one that is more
     * than 10,000 deviations away as so far.
     *
     * @param marksMissing whether a second number is 1 where the cell is missing, else 0
     */
    record Numeric(String name, double mean, double deviation, boolean marksMissing) implements Feature {

        private static final double FARTHEST = 1e4;

        @Override
        public int width() {
            return marksMissing ? 2 : 1;
        }

        @Override
        public boolean encode(String cell, float[] out, int at) {
            if (Cells.isMissing(cell)) {
                out[at + width() - 1] = marksMissing ? 1 : 0;
                return true;
            }
            OptionalDouble value = Cells.number(cell);
            out[at] = (float) Math.clamp((value.orElse(mean) - mean) / deviation, -FARTHEST, FARTHEST);
            return value.isPresent();
        }
    }

    /**
     * One number for each known value, 1 for the cell's and 0 for the others; all 0 for a value never seen.
     *
     * @param values empty text among them stands for a missing value
     */
    record Categorical(String name, List<String> values) implements Feature {

        public Categorical {
            values = List.copyOf(values);
        }

        @Override
        public int width() {
            return values.size();
        }

        @Override
        public boolean encode(String cell, float[] out, int at) {
            int index = values.indexOf(Cells.isMissing(cell) ? "" : cell);
            if (index >= 0) {
                out[at + index] = 1;
            }
            return true;
        }
    }
}
