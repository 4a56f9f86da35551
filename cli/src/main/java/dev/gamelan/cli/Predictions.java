package dev.gamelan.cli;

import dev.gamelan.nn.Batch;
import dev.gamelan.nn.Dataset;
import dev.gamelan.nn.Model;
import dev.gamelan.tensor.Tensor;

/** What a model says about many examples, and what was expected. */
record Predictions(int outputs, float[] values, double[] targets) {

    private static final int BATCH = 256;

    /** Runs the model over examples in order. */
    static Predictions of(Model<Tensor, Tensor> model, Dataset<Tensor, Tensor> data) {
        double[] targets = new double[data.size()];
        float[] values = new float[0];
        int outputs = 0;
        int done = 0;
        for (Batch<Tensor, Tensor> batch : data.batches(BATCH)) {
            Tensor output = model.apply(batch.input());
            float[] part = output.toFloatArray();
            if (done == 0) {
                outputs = output.dim(-1);
                values = new float[Math.multiplyExact(data.size(), outputs)];
            }
            System.arraycopy(part, 0, values, done * outputs, part.length);
            int rows = output.dim(0);
            for (int i = 0; i < rows; i++) {
                targets[done + i] = batch.target().data().getDouble(i);
            }
            done += rows;
        }
        return new Predictions(outputs, values, targets);
    }

    int size() {
        return targets.length;
    }

    double value(int row) {
        return values[row * outputs];
    }

    /** The class with the largest logit. */
    int best(int row) {
        int best = 0;
        for (int c = 1; c < outputs; c++) {
            if (values[row * outputs + c] > values[row * outputs + best]) {
                best = c;
            }
        }
        return best;
    }

    /** The softmax of a row at its best class. */
    double probability(int row) {
        double top = values[row * outputs + best(row)];
        double sum = 0;
        for (int c = 0; c < outputs; c++) {
            sum += Math.exp(values[row * outputs + c] - top);
        }
        return 1 / sum;
    }

    double accuracy() {
        int right = 0;
        for (int row = 0; row < size(); row++) {
            right += best(row) == (int) targets[row] ? 1 : 0;
        }
        return (double) right / size();
    }
}
