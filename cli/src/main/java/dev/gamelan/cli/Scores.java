package dev.gamelan.cli;

import dev.gamelan.domains.tabular.Target;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** How good predictions are, for people and as JSON. */
sealed interface Scores {

    /** @param prefix of the keys, such as {@code test_} */
    void put(ObjectNode result, String prefix);

    /** The figures that matter in a line. */
    String line();

    /** All figures. */
    void print(PrintWriter out);

    static Scores of(Predictions predictions, ModelInput input) {
        return switch (input) {
            case ModelInput.Rows rows when rows.encoder().target() instanceof Target.Number target -> Errors.of(predictions, target);
            case ModelInput.Rows _, ModelInput.Pictures _ -> Confusion.of(predictions, input.labels().orElseThrow());
        };
    }

    /** Of classes: {@code counts[actual][predicted]}. */
    record Confusion(List<String> labels, int[][] counts) implements Scores {

        private static final int WIDEST = 30;

        static Confusion of(Predictions predictions, List<String> labels) {
            int[][] counts = new int[labels.size()][labels.size()];
            for (int row = 0; row < predictions.size(); row++) {
                counts[(int) predictions.targets()[row]][predictions.best(row)]++;
            }
            return new Confusion(labels, counts);
        }

        double accuracy() {
            int right = IntStream.range(0, counts.length).map(c -> counts[c][c]).sum();
            return (double) right / total();
        }

        private int total() {
            return IntStream.range(0, counts.length).map(this::actual).sum();
        }

        private int actual(int c) {
            return IntStream.of(counts[c]).sum();
        }

        private int predicted(int c) {
            return IntStream.range(0, counts.length).map(row -> counts[row][c]).sum();
        }

        @Override
        public void put(ObjectNode result, String prefix) {
            result.put(prefix + "accuracy", accuracy());
        }

        @Override
        public String line() {
            return String.format(Locale.ROOT, "accuracy %.4f (%d of %d)", accuracy(), Math.round(accuracy() * total()), total());
        }

        @Override
        public void print(PrintWriter out) {
            out.println(line());
            int width = labels.stream().mapToInt(String::length).max().orElse(0);
            out.printf(Locale.ROOT, "%n%-" + Math.max(width, 5) + "s  precision  recall  examples%n", "class");
            for (int c = 0; c < counts.length; c++) {
                out.printf(Locale.ROOT, "%-" + Math.max(width, 5) + "s  %9s  %6s  %8d%n", labels.get(c), share(counts[c][c], predicted(c)),
                        share(counts[c][c], actual(c)), actual(c));
            }
            if (labels.size() <= WIDEST) {
                printMatrix(out, Math.max(width, 5));
            }
        }

        private static String share(int part, int whole) {
            return whole == 0 ? "-" : String.format(Locale.ROOT, "%.3f", (double) part / whole);
        }

        /** Rows are what is, columns what was said; columns are numbered like rows. */
        private void printMatrix(PrintWriter out, int width) {
            int cell = Math.max(3, String.valueOf(total()).length());
            out.printf("%nconfusion (row: actual, column: predicted)%n%-" + (width + 4) + "s", "");
            for (int c = 0; c < counts.length; c++) {
                out.printf(" %" + cell + "d", c);
            }
            out.println();
            for (int row = 0; row < counts.length; row++) {
                out.printf("%2d  %-" + width + "s", row, labels.get(row));
                for (int c = 0; c < counts.length; c++) {
                    out.printf(" %" + cell + "s", counts[row][c] == 0 ? "." : String.valueOf(counts[row][c]));
                }
                out.println();
            }
        }

        /** {@code labels} and {@code confusion}, a list for each actual class. */
        void putMatrix(ObjectNode result) {
            labels.forEach(result.putArray("labels")::add);
            ArrayNode rows = result.putArray("confusion");
            for (int[] row : counts) {
                IntStream.of(row).forEach(rows.addArray()::add);
            }
        }
    }

    /** Of numbers, in the unit of the table. */
    record Errors(String target, double rmse, double mae, double r2, int examples) implements Scores {

        static Errors of(Predictions predictions, Target.Number target) {
            int n = predictions.size();
            double squares = 0;
            double absolutes = 0;
            double mean = DoubleStream.of(predictions.targets()).average().orElse(0);
            double spread = DoubleStream.of(predictions.targets()).map(y -> (y - mean) * (y - mean)).sum();
            for (int row = 0; row < n; row++) {
                double error = predictions.value(row) - predictions.targets()[row];
                squares += error * error;
                absolutes += Math.abs(error);
            }
            double unit = target.deviation();
            return new Errors(target.name(), unit * Math.sqrt(squares / n), unit * absolutes / n, spread > 0 ? 1 - squares / spread : 0, n);
        }

        @Override
        public void put(ObjectNode result, String prefix) {
            result.put(prefix + "rmse", rmse).put(prefix + "mae", mae).put(prefix + "r2", r2);
        }

        @Override
        public String line() {
            return String.format(Locale.ROOT, "RMSE %.6g, mean absolute error %.6g, R2 %.4f (%d rows, in the unit of '%s')", rmse, mae, r2,
                    examples, target);
        }

        @Override
        public void print(PrintWriter out) {
            out.println(line());
        }
    }
}
