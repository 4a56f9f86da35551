package dev.gamelan.nn;

import dev.gamelan.shape.FormatException;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** What metrics observed so far. */
final class Totals {

    private final List<? extends Metric<?, ?>> metrics;
    private final List<double[]> sums = new ArrayList<>();

    Totals(List<? extends Metric<?, ?>> metrics) {
        this.metrics = metrics;
    }

    void add(List<Tensor> observed) {
        for (int i = 0; i < observed.size(); i++) {
            float[] values = observed.get(i).toFloatArray();
            if (sums.size() == i) {
                sums.add(new double[values.length]);
            }
            double[] sum = sums.get(i);
            if (sum.length != values.length) {
                throw new FormatException("the checkpoint has " + sum.length + " sums of " + metrics.get(i).name() + ", which has "
                        + values.length + "; it belongs to another training, or is damaged");
            }
            for (int j = 0; j < values.length; j++) {
                sum[j] += values[j];
            }
        }
    }

    /** NaN for each metric that observed nothing. */
    double[] results() {
        double[] results = new double[metrics.size()];
        for (int i = 0; i < results.length; i++) {
            results[i] = sums.isEmpty() ? Double.NaN : metrics.get(i).result(sums.get(i).clone());
        }
        return results;
    }

    /** For a checkpoint. */
    List<double[]> sums() {
        return sums;
    }

    void restore(List<double[]> saved) {
        sums.clear();
        saved.forEach(sum -> sums.add(sum.clone()));
    }
}
