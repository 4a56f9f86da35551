package dev.gamelan.nn;

import dev.gamelan.ir.Origin;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;

/** The common losses. */
public final class Losses {

    private Losses() {}

    /**
     * Logits (..., C) against class numbers (...) of an integer type from 0 to C - 1, or against probabilities (..., C).
     * A class that does not exist makes the loss NaN.
     */
    public static Loss<Tensor, Tensor> softmaxCrossEntropy() {
        return new SoftmaxCrossEntropy(0);
    }

    /** {@link #softmaxCrossEntropy()} with a share of the target spread evenly over all classes (Szegedy et al., 2016). */
    public static Loss<Tensor, Tensor> softmaxCrossEntropy(double smoothing) {
        return new SoftmaxCrossEntropy(smoothing);
    }

    /** Logits against yes or no, of the same shape: BOOL, or numbers from 0 to 1. */
    public static Loss<Tensor, Tensor> sigmoidCrossEntropy() {
        return new SigmoidCrossEntropy();
    }

    /** The square of the difference. */
    public static Loss<Tensor, Tensor> mse() {
        return new SquaredError();
    }

    /** The size of the difference. */
    public static Loss<Tensor, Tensor> mae() {
        return new AbsoluteError();
    }

    /** Half the square of a difference up to {@code delta}, and linear beyond (Huber, 1964). */
    public static Loss<Tensor, Tensor> huber(double delta) {
        return new Huber(delta);
    }

    /** A loss per position, as its mean over all positions that the outputs have; what lies behind the ends does not count. */
    public static Loss<Padded, Padded> masked(Loss<Tensor, Tensor> loss) {
        return new Masked(loss);
    }

    record Masked(Loss<Tensor, Tensor> loss) implements Loss<Padded, Padded> {

        @Override
        public Tensor apply(Padded output, Padded target) {
            Tensor each = loss.apply(output.values(), target.values());
            Tensor mask = output.mask();
            if (each.rank() < 2 || !each.shape().slice(0, 2).equals(mask.shape())) {
                throw ShapeException.of("masked: the loss does not give a number for each position", mask.shape() + " and more axes",
                        each.shape().toString());
            }
            Padded kept = new Padded(each, output.lengths()).zeroed();
            double more = Math.max(1, (double) each.size() / Math.max(1, mask.size()));
            return kept.values().sum().div(mask.cast(each.dtype()).sum().maximum(1).mul(more));
        }
    }

    record SoftmaxCrossEntropy(double smoothing) implements Loss<Tensor, Tensor> {

        SoftmaxCrossEntropy {
            Checks.between("softmaxCrossEntropy", "smoothing", 0, 1, smoothing);
        }

        @Override
        public Tensor apply(Tensor logits, Tensor target) {
            Checks.features("softmaxCrossEntropy", logits);
            boolean classes = target.dtype().isInteger();
            Shape expected = classes ? logits.shape().without(-1) : logits.shape();
            if (!target.shape().equals(expected)) {
                throw ShapeException.of("softmaxCrossEntropy: targets do not fit the logits " + logits.shape(),
                        "class numbers (integers) of " + logits.shape().without(-1) + ", or probabilities of " + logits.shape(),
                        target.dtype() + " of " + target.shape());
            }
            return classes ? ofClasses(logits, target) : ofProbabilities(logits, target);
        }

        private Tensor ofClasses(Tensor logits, Tensor target) {
            int count = logits.dim(-1);
            return Origin.inLayer("softmaxCrossEntropy (classes must be from 0 to " + (count - 1) + ")", () -> {
                Tensor label = target.cast(DType.INT32);
                Tensor mask = Tensor.arange(count).eq(label.expandDims(-1));
                Tensor all = logits.logSumExp(-1);
                Tensor loss = all.sub(logits.where(mask, 0).sum(-1));
                Tensor smooth = smoothing == 0 ? loss
                        : loss.mul(1 - smoothing).add(all.sub(logits.mean(-1)).mul(smoothing));
                return smooth.where(label.greaterEqual(0).and(label.less(count)), Double.NaN);
            });
        }

        private Tensor ofProbabilities(Tensor logits, Tensor target) {
            Tensor wanted = target.cast(logits.dtype());
            Tensor smooth = smoothing == 0 ? wanted : wanted.mul(1 - smoothing).add(smoothing / logits.dim(-1));
            return logits.logSoftmax(-1).mul(smooth).sum(-1).neg();
        }
    }

    record SigmoidCrossEntropy() implements Loss<Tensor, Tensor> {

        /** softplus(x) - x t, which is stable for any x. */
        @Override
        public Tensor apply(Tensor logits, Tensor target) {
            sameShape("sigmoidCrossEntropy", logits, target);
            return logits.softplus().sub(logits.mul(target.cast(logits.dtype())));
        }
    }

    record SquaredError() implements Loss<Tensor, Tensor> {

        @Override
        public Tensor apply(Tensor output, Tensor target) {
            return difference("mse", output, target).square();
        }
    }

    record AbsoluteError() implements Loss<Tensor, Tensor> {

        @Override
        public Tensor apply(Tensor output, Tensor target) {
            return difference("mae", output, target).abs();
        }
    }

    record Huber(double delta) implements Loss<Tensor, Tensor> {

        @Override
        public Tensor apply(Tensor output, Tensor target) {
            Tensor size = difference("huber", output, target).abs();
            Tensor near = size.minimum(delta);
            return near.square().mul(0.5).add(size.sub(near).mul(delta));
        }
    }

    static Tensor difference(String loss, Tensor output, Tensor target) {
        sameShape(loss, output, target);
        return output.sub(target.cast(output.dtype()));
    }

    private static void sameShape(String loss, Tensor output, Tensor target) {
        if (!output.shape().equals(target.shape())) {
            throw ShapeException.of(loss + ": output and target differ in shape", "a target of " + output.shape(),
                    target.shape().toString());
        }
    }
}
