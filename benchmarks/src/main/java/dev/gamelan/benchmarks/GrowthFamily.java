package dev.gamelan.benchmarks;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.globalAvgPool;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Layers.sequential;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Optimizers.sgd;

import dev.gamelan.domains.text.Gpt;
import dev.gamelan.nn.Batch;
import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Networks that grow in one extent at a time, each trained with plain gradient descent. */
enum GrowthFamily {

    /** Layers of {@code width} units with ReLU. */
    DENSE(new Size(128, 512, 4, 1), "units") {
        @Override
        TrainingStep step(Size size) {
            Model<Tensor, Tensor> model = Model.of(Shape.of(size.width), stack(size.depth, dense(size.width), relu()));
            return classes(model, Shape.of(size.batch, size.width));
        }
    },

    /** 3 x 3 convolutions of {@code width} channels with batch normalization and ReLU, on pictures of {@code length} squared. */
    CONV(new Size(8, 32, 4, 32), "channels") {
        @Override
        TrainingStep step(Size size) {
            Model<Tensor, Tensor> model = Model.of(Shape.of(size.length, size.length, size.width),
                    stack(size.depth, conv2d(size.width, 3).padSame().noBias(), batchNorm(), relu()), globalAvgPool(), dense(CLASSES));
            return classes(model, Shape.of(size.batch, size.length, size.length, size.width));
        }
    },

    /** A decoder-only transformer: heads of 32, sequences of {@code length} tokens. */
    GPT(new Size(4, 128, 2, 128), "width") {
        @Override
        TrainingStep step(Size size) {
            Gpt gpt = new Gpt(VOCABULARY, size.length, size.width, size.depth, size.width / HEAD).dropRate(0).untied();
            Shape ids = Shape.of(size.batch, size.length);
            return new TrainingStep(Model.of(DType.INT32, Shape.of(size.length), gpt), sgd(0.01), softmaxCrossEntropy(),
                    new Batch<>(integers(VOCABULARY, ids), integers(VOCABULARY, ids)));
        }
    };

    /** The extents of a network and its batch; {@code length} of a sequence or of a picture's side. */
    record Size(int batch, int width, int depth, int length) {}

    private static final int CLASSES = 10;
    private static final int VOCABULARY = 65;
    private static final int HEAD = 32;
    private static final int DOUBLINGS = 4;

    private final Size base;
    private final String unit;

    GrowthFamily(Size base, String unit) {
        this.base = base;
        this.unit = unit;
    }

    abstract TrainingStep step(Size size);

    /** By what grows: the sizes, each twice the one before. */
    Map<String, List<Size>> series() {
        Map<String, List<Size>> all = new LinkedHashMap<>();
        List<Size> batch = new ArrayList<>();
        List<Size> width = new ArrayList<>();
        List<Size> depth = new ArrayList<>();
        List<Size> length = new ArrayList<>();
        for (int i = 0; i <= DOUBLINGS; i++) {
            double factor = Math.pow(2, i - DOUBLINGS / 2);
            batch.add(new Size((int) (base.batch * factor), base.width, base.depth, base.length));
            width.add(new Size(base.batch, (int) (base.width * factor), base.depth, base.length));
            depth.add(new Size(base.batch, base.width, 1 << i, base.length));
            length.add(new Size(base.batch, base.width, base.depth, (int) (base.length * factor)));
        }
        all.put("batch", batch);
        all.put(unit, width);
        all.put("depth", depth);
        if (base.length > 1) {
            all.put(this == CONV ? "side" : "tokens", length);
        }
        return all;
    }

    /** What grows in a series. */
    int value(String series, Size size) {
        return switch (series) {
            case "batch" -> size.batch;
            case "depth" -> size.depth;
            case "side", "tokens" -> size.length;
            default -> size.width;
        };
    }

    private static Layer stack(int depth, Layer... layers) {
        List<Layer> all = new ArrayList<>();
        for (int i = 0; i < depth; i++) {
            all.addAll(List.of(layers));
        }
        return sequential(all.toArray(Layer[]::new));
    }

    /** The outputs are taken for logits. */
    private static TrainingStep classes(Model<Tensor, Tensor> model, Shape input) {
        return new TrainingStep(model, sgd(0.01), softmaxCrossEntropy(),
                new Batch<>(RandomKey.of(42).normal(input).eval(), integers(CLASSES, Shape.of(input.dim(0)))));
    }

    private static Tensor integers(int bound, Shape shape) {
        return RandomKey.of(7).integers(bound, shape).eval();
    }
}
