package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/** Support vector machines, as LIBSVM has them (Chang and Lin, 2011). */
final class SupportVectors {

    private SupportVectors() {}

    static void register(Registry r) {
        r.op(MachineLearning.DOMAIN, "SVMRegressor", 1, SupportVectors::regressor);
        r.op(MachineLearning.DOMAIN, "SVMClassifier", 1, SupportVectors::classifier);
    }

    private static double[] numbers(Call c, String name) {
        return c.attributeDoubles(name).orElse(new double[0]);
    }

    private static Tensor tensor(double[] values) {
        return Tensor.ofDoubles(values).cast(DType.FLOAT32);
    }

    /** x (examples, features) and vectors (count, features) -> (examples, count). */
    private static Tensor kernel(Call c, Tensor x, Tensor vectors) {
        double[] numbers = c.attributeDoubles("kernel_params").filter(given -> given.length == 3).orElse(new double[3]);
        return switch (c.attribute("kernel_type", "LINEAR")) {
            case "LINEAR" -> x.matmul(vectors.transpose());
            case "POLY" -> x.matmul(vectors.transpose()).mul(numbers[0]).add(numbers[1]).pow(numbers[2]);
            case "SIGMOID" -> x.matmul(vectors.transpose()).mul(numbers[0]).add(numbers[1]).tanh();
            case "RBF" -> x.expandDims(1).sub(vectors.expandDims(0)).square().sum(2).mul(-numbers[0]).exp();
            default -> throw Call.unsupported("LINEAR, POLY, RBF or SIGMOID", c.attribute("kernel_type", "LINEAR"));
        };
    }

    /** The sum of the kernels with all support vectors, or one product where there are none. */
    private static List<Value> regressor(Call c) {
        Tensor x = Trees.wide(c).cast(DType.FLOAT32);
        Tensor coefficients = tensor(numbers(c, "coefficients"));
        int supports = c.attribute("n_supports", 0);
        Tensor sum = supports == 0 ? x.matmul(coefficients.expandDims(1))
                : kernel(c, x, tensor(numbers(c, "support_vectors")).reshape(supports, x.dim(1))).matmul(coefficients.expandDims(1));
        double[] rho = c.attributeDoubles("rho").orElse(new double[1]);
        Tensor y = sum.add(rho[0]);
        return Call.one(ElementType.FLOAT, c.attribute("one_class", 0) == 0 ? y : y.onesLike().where(y.greater(0), -1));
    }

    private static List<Value> classifier(Call c) {
        Tensor x = Trees.wide(c).cast(DType.FLOAT32);
        int[] perClass = c.attributeInts("vectors_per_class").orElse(new int[0]);
        int count = Arrays.stream(perClass).sum();
        return count == 0 ? linear(c, x) : voted(c, x, perClass, count);
    }

    private static List<Value> linear(Call c, Tensor x) {
        int classes = Math.max(1, Scores.count(c, "classlabels"));
        Tensor rows = tensor(numbers(c, "coefficients")).reshape(classes, x.dim(1));
        Tensor scores = x.matmul(rows.transpose()).add(numbers(c, "rho")[0]);
        boolean positive = Arrays.stream(numbers(c, "coefficients")).allMatch(weight -> weight >= 0);
        Tensor best = scores.argmax(1);
        Tensor chosen = classes == 2 && positive ? best.onesLike().where(scores.max(dev.gamelan.tensor.Axes.of(1)).greaterEqual(0.5), best)
                : best;
        return List.of(Scores.label(c, "classlabels", chosen), Value.of(ElementType.FLOAT, transformed(c, scores)));
    }

    /** Each two classes have a machine, which gives one of them a vote. */
    private static List<Value> voted(Call c, Tensor x, int[] perClass, int count) {
        int classes = perClass.length;
        int pairs = classes * (classes - 1) / 2;
        Tensor kernels = kernel(c, x, tensor(numbers(c, "support_vectors")).reshape(count, x.dim(1)));
        double[] coefficients = numbers(c, "coefficients");
        double[] weights = new double[count * pairs];
        double[] wins = new double[pairs * classes];
        double[] losses = new double[pairs * classes];
        int pair = 0;
        int first = 0;
        for (int i = 0; i < classes; first += perClass[i], i++) {
            int second = first + perClass[i];
            for (int j = i + 1; j < classes; second += perClass[j], j++, pair++) {
                for (int k = first; k < first + perClass[i]; k++) {
                    weights[k * pairs + pair] = coefficients[(j - 1) * count + k];
                }
                for (int k = second; k < second + perClass[j]; k++) {
                    weights[k * pairs + pair] = coefficients[i * count + k];
                }
                wins[pair * classes + i] = 1;
                losses[pair * classes + j] = 1;
            }
        }
        Tensor scores = kernels.matmul(tensor(weights).reshape(count, pairs)).add(tensor(numbers(c, "rho")));
        Tensor won = scores.greater(0);
        Tensor votes = won.cast(DType.FLOAT32).matmul(tensor(wins).reshape(pairs, classes))
                .add(won.not().cast(DType.FLOAT32).matmul(tensor(losses).reshape(pairs, classes)));
        Value label = Scores.label(c, "classlabels", votes.argmax(1));
        Tensor given = numbers(c, "prob_a").length > 0 ? probabilities(c, scores, classes) : scores;
        return List.of(label, Value.of(ElementType.FLOAT, transformed(c, given)));
    }

    /** One score of two classes stands for both. */
    private static Tensor transformed(Call c, Tensor scores) {
        String transform = c.attribute("post_transform", "NONE");
        if (scores.dim(1) != 1 || transform.equals("PROBIT")) {
            return Scores.transformed(transform, scores);
        }
        boolean two = Scores.count(c, "classlabels") == 2 && numbers(c, "rho").length == 1;
        return two ? Scores.transformed(transform, Tensors.concat(1, scores.neg(), scores)) : scores;
    }

    /** (examples, pairs) -> (examples, classes), by the second method of Wu, Lin and Weng (2004), which ends when it is near enough. */
    private static Tensor probabilities(Call c, Tensor scores, int classes) {
        Data data = Host.data(scores);
        double[] a = numbers(c, "prob_a");
        double[] b = numbers(c, "prob_b");
        int pairs = a.length;
        double[] results = new double[scores.dim(0) * classes];
        for (int row = 0; row < scores.dim(0); row++) {
            double[][] share = new double[classes][classes];
            int pair = 0;
            for (int i = 0; i < classes; i++) {
                for (int j = i + 1; j < classes; j++, pair++) {
                    double p = 1 / (1 + Math.exp(data.getDouble(row * pairs + pair) * a[pair] + b[pair]));
                    share[i][j] = Math.clamp(p, 1e-7, 1 - 1e-7);
                    share[j][i] = 1 - share[i][j];
                }
            }
            System.arraycopy(coupled(share), 0, results, row * classes, classes);
        }
        return tensor(results).reshape(Shape.of(scores.dim(0), classes));
    }

    private static double[] coupled(double[][] share) {
        int classes = share.length;
        double[][] q = new double[classes][classes];
        for (int i = 0; i < classes; i++) {
            for (int j = 0; j < classes; j++) {
                if (i != j) {
                    q[i][i] += share[j][i] * share[j][i];
                    q[i][j] = -share[j][i] * share[i][j];
                }
            }
        }
        double[] p = new double[classes];
        Arrays.fill(p, 1.0 / classes);
        for (int step = 0; step < Math.max(100, classes); step++) {
            double[] qp = new double[classes];
            double total = 0;
            for (int i = 0; i < classes; i++) {
                for (int j = 0; j < classes; j++) {
                    qp[i] += q[i][j] * p[j];
                }
                total += p[i] * qp[i];
            }
            double sum = total;
            if (DoubleStream.of(qp).map(each -> Math.abs(each - sum)).max().orElse(0) < 0.005 / classes) {
                break;
            }
            improve(q, p, qp, total);
        }
        return p;
    }

    private static void improve(double[][] q, double[] p, double[] qp, double total) {
        double sum = total;
        for (int i = 0; i < p.length; i++) {
            double change = (sum - qp[i]) / q[i][i];
            p[i] += change;
            sum = (sum + change * (change * q[i][i] + 2 * qp[i])) / ((1 + change) * (1 + change));
            for (int j = 0; j < p.length; j++) {
                qp[j] = (qp[j] + change * q[i][j]) / (1 + change);
                p[j] /= 1 + change;
            }
        }
    }
}
