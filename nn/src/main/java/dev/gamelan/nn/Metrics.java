package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;

/** The common metrics. */
public final class Metrics {

    private Metrics() {}

    /** The share of positions whose largest logit (..., C) is at the class (...), or at the largest probability (..., C). */
    public static Metric<Tensor, Tensor> accuracy() {
        return new Accuracy();
    }

    /** The share of positions whose class (...) is among the k largest logits (..., C). */
    public static Metric<Tensor, Tensor> topKAccuracy(int k) {
        return new TopKAccuracy(k);
    }

    /** The share of logits that are positive where the target is 1 (or true), and not where it is 0. */
    public static Metric<Tensor, Tensor> binaryAccuracy() {
        return new BinaryAccuracy();
    }

    /** The root of the mean squared difference. */
    public static Metric<Tensor, Tensor> rmse() {
        return new Rmse();
    }

    /** The mean size of the difference. */
    public static Metric<Tensor, Tensor> mae() {
        return new Mae();
    }

    /** The mean of a loss. */
    public static <O extends Tree, T extends Tree> Metric<O, T> meanLoss(Loss<? super O, ? super T> loss) {
        return new MeanLoss<>(loss);
    }

    record Accuracy() implements Metric<Tensor, Tensor> {

        @Override
        public Tensor observe(Tensor output, Tensor target) {
            Tensor wanted = target.rank() == output.rank() ? target.argmax(-1) : target.cast(DType.INT32);
            return share(output.argmax(-1).eq(wanted));
        }

        @Override
        public double result(double[] totals) {
            return totals[0] / totals[1];
        }
    }

    record TopKAccuracy(int k) implements Metric<Tensor, Tensor> {

        TopKAccuracy {
            Checks.positive("topKAccuracy", "k", k);
        }

        /** A class is among the k largest if fewer than k logits are larger, or equal and earlier. */
        @Override
        public Tensor observe(Tensor output, Tensor target) {
            Tensor label = target.cast(DType.INT32).expandDims(-1);
            Tensor numbers = Tensor.arange(output.dim(-1));
            Tensor mine = output.where(numbers.eq(label), Double.NEGATIVE_INFINITY).max(-1).expandDims(-1);
            Tensor ahead = output.greater(mine).or(output.eq(mine).and(numbers.less(label)));
            return share(ahead.cast(DType.INT32).sum(-1).less(k));
        }

        @Override
        public double result(double[] totals) {
            return totals[0] / totals[1];
        }

        @Override
        public String name() {
            return "top_" + k + "_accuracy";
        }
    }

    record BinaryAccuracy() implements Metric<Tensor, Tensor> {

        @Override
        public Tensor observe(Tensor output, Tensor target) {
            Tensor wanted = target.dtype() == DType.BOOL ? target : target.greater(0.5);
            return share(output.greater(0).eq(wanted));
        }

        @Override
        public double result(double[] totals) {
            return totals[0] / totals[1];
        }
    }

    record Rmse() implements Metric<Tensor, Tensor> {

        @Override
        public Tensor observe(Tensor output, Tensor target) {
            return sums(Losses.difference("rmse", output, target).square());
        }

        @Override
        public double result(double[] totals) {
            return Math.sqrt(totals[0] / totals[1]);
        }

        @Override
        public boolean largerIsBetter() {
            return false;
        }
    }

    record Mae() implements Metric<Tensor, Tensor> {

        @Override
        public Tensor observe(Tensor output, Tensor target) {
            return sums(Losses.difference("mae", output, target).abs());
        }

        @Override
        public double result(double[] totals) {
            return totals[0] / totals[1];
        }

        @Override
        public boolean largerIsBetter() {
            return false;
        }
    }

    record MeanLoss<O extends Tree, T extends Tree>(Loss<? super O, ? super T> loss) implements Metric<O, T> {

        @Override
        public Tensor observe(O output, T target) {
            return sums(loss.apply(output, target));
        }

        @Override
        public double result(double[] totals) {
            return totals[0] / totals[1];
        }

        @Override
        public String name() {
            return "mean_" + (loss.getClass().isRecord() ? Names.kind(loss.getClass()) : "loss");
        }

        @Override
        public boolean largerIsBetter() {
            return false;
        }
    }

    private static Tensor share(Tensor hits) {
        return sums(hits.cast(DType.FLOAT32));
    }

    /** The sum, and how many there are. */
    private static Tensor sums(Tensor values) {
        return Tensors.stack(0, values.sum().cast(DType.FLOAT32), Tensor.scalar(values.size()));
    }
}
