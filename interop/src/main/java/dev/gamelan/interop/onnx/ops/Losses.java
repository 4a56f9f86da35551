package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** Losses, and {@code Dropout}. */
final class Losses {

    private Losses() {}

    static void register(Registry r) {
        r.op("NegativeLogLikelihoodLoss", c -> c.same(negativeLogLikelihood(c, c.tensor(0))));
        r.op("SoftmaxCrossEntropyLoss", Losses::softmaxCrossEntropy);
        r.op("Dropout", 1, c -> dropout(c, !c.flag("is_test", false) && c.version() < 7, c.attribute("ratio", 0.5)));
        r.op("Dropout", 12, c -> dropout(c, c.has(2) && c.data(2).getLong(0) != 0, c.has(1) ? c.number(1) : 0.5));
    }

    /** x: log-probabilities (batch, classes, ...), target: (batch, ...). */
    private static Tensor negativeLogLikelihood(Call c, Tensor x) {
        Tensor target = c.tensor(1).cast(DType.INT32);
        int classes = x.dim(1);
        Optional<Tensor> ignored = c.hasAttribute("ignore_index") ? Optional.of(target.eq(c.attribute("ignore_index", 0)))
                : Optional.empty();
        Tensor index = ignored.isEmpty() ? target : target.zerosLike().where(ignored.get(), target);
        index = index.rank() == 0 ? index : Grid.fromStart(index, classes);
        Tensor loss = x.takeAlong(1, index.expandDims(1)).squeeze(1).neg();
        Tensor weights = c.has(2) ? c.tensor(2).cast(x.dtype()).take(0, index) : loss.onesLike();
        weights = ignored.isEmpty() ? weights : weights.zerosLike().where(ignored.get(), weights);
        Tensor weighted = loss.mul(weights);
        // What is ignored may be infinite.
        weighted = ignored.isEmpty() ? weighted : weighted.zerosLike().where(ignored.get(), weighted);
        return switch (c.attribute("reduction", "mean")) {
            case "none" -> weighted;
            case "sum" -> weighted.sum();
            case "mean" -> c.has(2) || ignored.isPresent() ? weighted.sum().div(weights.sum()) : weighted.mean();
            default -> throw Call.unsupported("reduction none, sum or mean", c.attribute("reduction", "mean"));
        };
    }

    private static List<Value> softmaxCrossEntropy(Call c) {
        Tensor logs = c.tensor(0).logSoftmax(1);
        return List.of(Value.of(c.type(0), negativeLogLikelihood(c, logs)), Value.of(c.type(0), logs));
    }

    private static List<Value> dropout(Call c, boolean training, double ratio) {
        Tensor x = c.tensor(0);
        if (!training || ratio == 0) {
            Tensor mask = Tensor.ones(DType.BOOL, x.shape());
            return List.of(c.value(0), c.version() < 10 ? Value.of(c.type(0), mask.cast(x.dtype())) : Value.of(ElementType.BOOL, mask));
        }
        Shape shape = x.shape();
        Tensor kept = RandomKey.of(c.attribute("seed", 42)).uniform(shape).greaterEqual(ratio);
        Tensor y = x.div(1 - ratio).where(kept, 0);
        return List.of(Value.of(c.type(0), y),
                c.version() < 10 ? Value.of(c.type(0), kept.cast(x.dtype())) : Value.of(ElementType.BOOL, kept));
    }
}
