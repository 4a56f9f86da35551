package dev.gamelan.domains.tabular;

import java.util.List;

/** What is to be predicted. */
public sealed interface Target {

    /** The column. */
    String name();

    /** One of several labels. */
    record Classes(String name, List<String> labels) implements Target {

        public Classes {
            labels = List.copyOf(labels);
        }
    }

    /** A number, of which the network learns {@code (value - mean) / deviation}. */
    record Number(String name, double mean, double deviation) implements Target {

        double scale(double value) {
            return (value - mean) / deviation;
        }

        /** From what the network says to the unit of the table. */
        public double unscale(double output) {
            return output * deviation + mean;
        }
    }
}
