package dev.gamelan.nn;

import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Program;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.util.List;

/** Metrics over batches, as one compiled program of inference and sums. */
final class Evaluation<I extends Tree, O extends Tree, T extends Tree> {

    record Call<I extends Tree, T extends Tree>(Weights weights, I input, T target) implements Tree {}

    record Sums(List<Tensor> sums) implements Tree {}

    private final List<? extends Metric<? super O, ? super T>> metrics;
    private final Program<Call<I, T>, Sums> program;

    Evaluation(Model<I, O> model, List<? extends Metric<? super O, ? super T>> metrics) {
        this.metrics = metrics;
        this.program = Functions.compile((Call<I, T> call) -> {
            O output = model.apply(call.weights, call.input);
            return new Sums(observe(metrics, output, call.target));
        });
    }

    static <O extends Tree, T extends Tree> List<Tensor> observe(List<? extends Metric<? super O, ? super T>> metrics, O output, T target) {
        return metrics.stream().map(metric -> metric.observe(output, target)).toList();
    }

    /** The figures, in the order of the metrics. */
    double[] run(Weights weights, Batches<I, T> data) {
        Totals totals = new Totals(metrics);
        for (Batch<I, T> batch : data.epoch(0)) {
            totals.add(program.apply(new Call<>(weights, batch.input(), batch.target())).sums());
        }
        return totals.results();
    }
}
