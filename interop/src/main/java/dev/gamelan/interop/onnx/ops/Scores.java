package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.List;
import java.util.stream.IntStream;

/** What models of tables make of the scores of their classes. */
final class Scores {

    private Scores() {}

    /** How many labels an operator has: in strings or in integers. */
    static int count(Call c, String labels) {
        int texts = c.attributeTexts(labels + "_strings").size();
        return texts > 0 ? texts : c.attributeInts(integers(c, labels)).map(list -> list.length).orElse(0);
    }

    private static String integers(Call c, String labels) {
        return c.hasAttribute(labels + "_int64s") ? labels + "_int64s" : labels + "_ints";
    }

    /** x (examples, features) times the attribute's rows of coefficients, with the intercepts. */
    static Tensor linear(Call c, Tensor x) {
        Tensor rows = Tensor.of(c.attributeDoubles("coefficients").orElse(new double[0])).reshape(-1, x.dim(1));
        Tensor product = x.matmul(rows.transpose());
        return c.attributeDoubles("intercepts").map(each -> product.add(Tensor.of(each))).orElse(product);
    }

    static List<Value> linearClassifier(Call c) {
        Tensor scores = linear(c, Trees.wide(c).cast(DType.FLOAT32));
        return scores.dim(1) == 1 && count(c, "classlabels") == 2 ? ofOne(c, "classlabels", scores, 0, true)
                : classified(c, "classlabels", scores);
    }

    static List<Value> linearRegressor(Call c) {
        return Call.one(ElementType.FLOAT,
                transformed(c.attribute("post_transform", "NONE"), linear(c, Trees.wide(c).cast(DType.FLOAT32))));
    }

    /** (examples, classes): the label of the highest score, and the scores after their transformation. */
    static List<Value> classified(Call c, String labels, Tensor scores) {
        return List.of(label(c, labels, scores.argmax(1)),
                Value.of(ElementType.FLOAT, transformed(c.attribute("post_transform", "NONE"), scores).cast(DType.FLOAT32)));
    }

    /**
     * (examples, 1), the one score that tells two classes apart.
     *
     * @param share whether it is the share of the second class, and not its distance from the first
     */
    static List<Value> ofOne(Call c, String labels, Tensor score, double limit, boolean share) {
        String transform = c.attribute("post_transform", "NONE");
        Tensor both = switch (transform) {
            case "PROBIT" -> probit(score);
            case "LOGISTIC" -> Tensors.concat(1, score.neg(), score).sigmoid();
            default -> Tensors.concat(1, share ? score.rsub(1) : score.neg(), score);
        };
        return List.of(second(c, labels, score, limit), Value.of(ElementType.FLOAT, both.cast(DType.FLOAT32)));
    }

    /** (examples, 1), the score of the second class, beside a first one whose score is 0. */
    static List<Value> ofSecond(Call c, String labels, Tensor score, double limit) {
        Tensor both = transformed(c.attribute("post_transform", "NONE"), Tensors.concat(1, score.zerosLike(), score));
        return List.of(second(c, labels, score, limit), Value.of(ElementType.FLOAT, both.cast(DType.FLOAT32)));
    }

    private static Value second(Call c, String labels, Tensor score, double limit) {
        return label(c, labels, score.greater(limit).cast(DType.INT32).squeeze(1));
    }

    static Value label(Call c, String labels, Tensor chosen) {
        List<String> texts = c.attributeTexts(labels + "_strings");
        if (texts.isEmpty()) {
            int[] numbers = c.attributeInts(integers(c, labels)).orElseThrow();
            return Value.of(ElementType.INT64, Tensor.ofInts(numbers).cast(DType.INT64).take(0, chosen));
        }
        Data data = Host.data(chosen);
        return Value.of(Shape.of(data.length()),
                IntStream.range(0, data.length()).mapToObj(i -> texts.get((int) data.getLong(i))).toList());
    }

    static Tensor transformed(String name, Tensor scores) {
        return switch (name) {
            case "NONE", "" -> scores;
            case "LOGISTIC" -> scores.sigmoid();
            case "SOFTMAX" -> scores.softmax(-1);
            case "SOFTMAX_ZERO" -> softmaxOfOthers(scores);
            case "PROBIT" -> probit(scores);
            default -> throw Call.unsupported("NONE, SOFTMAX, LOGISTIC, SOFTMAX_ZERO or PROBIT", name);
        };
    }

    /** Scores of zero stay zero. */
    private static Tensor softmaxOfOthers(Tensor scores) {
        Tensor zero = scores.abs().lessEqual(1e-7);
        Tensor e = scores.sub(scores.max(Axes.keep(-1))).exp().where(zero.not(), 0);
        return e.div(e.sum(Axes.keep(-1)));
    }

    /** The inverse of the normal distribution, by Winitzki's approximation, as ONNX Runtime has it. */
    static Tensor probit(Tensor x) {
        Tensor y = x.mul(2).sub(1);
        Tensor log = y.neg().add(1).mul(y.add(1)).log();
        double a = 2 / (3.14159 * 0.147);
        Tensor v = log.mul(0.5).add(a);
        Tensor root = v.square().sub(log.div(0.147)).sqrt().sub(v).sqrt();
        return root.mul(y.sign()).mul(Math.sqrt(2));
    }
}
