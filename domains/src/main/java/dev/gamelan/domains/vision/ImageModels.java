package dev.gamelan.domains.vision;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.flatten;
import static dev.gamelan.nn.Layers.maxPool2d;
import static dev.gamelan.nn.Layers.relu;

import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Ready models for pictures: UINT8 {@code (B, height, width, channels)} -> logits {@code (B, classes)}. */
public final class ImageModels {

    /** Pooling halves the picture until its shorter side is at most this. */
    private static final int COARSE = 8;
    /** Pictures above this get a hidden layer after the convolutions. */
    private static final int FINE = 16;

    private ImageModels() {}

    /** Softmax regression. */
    public static Model<Tensor, Tensor> linear(Normalize normalize, Shape image, int classes) {
        return model(image, List.of(normalize, flatten(), dense(classes)));
    }

    /** Two hidden layers of 512 and 256 units, with dropout. */
    public static Model<Tensor, Tensor> mlp(Normalize normalize, Shape image, int classes) {
        return model(image,
                List.of(normalize, flatten(), dense(512), relu(), dropout(0.2), dense(256), relu(), dropout(0.2), dense(classes)));
    }

    /**
     * Convolutions of 3 by 3 with 32, 64, 128 ... filters, each with batch normalization and followed by pooling, at
     * least two and as many as it takes to make the picture 8 by 8 or smaller; then, for pictures above 16 by 16, a hidden
     * layer of 256 units; with dropout.
     */
    public static Model<Tensor, Tensor> cnn(Normalize normalize, Shape image, int classes) {
        List<Layer> layers = new ArrayList<>(List.of(normalize));
        int side = Math.min(image.dim(0), image.dim(1));
        int filters = 32;
        for (int stage = 0; stage < 2 || side > COARSE; stage++) {
            layers.addAll(List.of(conv2d(filters, 3).padSame().noBias(), batchNorm(), relu()));
            if (side > 1) {
                layers.add(maxPool2d(2));
            }
            side = Math.max(1, side / 2);
            filters = Math.min(256, 2 * filters);
        }
        layers.addAll(List.of(flatten(), dropout(0.2)));
        if (image.dim(0) > FINE && image.dim(1) > FINE) {
            layers.addAll(List.of(dense(256).noBias(), batchNorm(), relu(), dropout(0.4)));
        }
        layers.add(dense(classes));
        return model(image, layers);
    }

    private static Model<Tensor, Tensor> model(Shape image, List<Layer> layers) {
        return Model.of(DType.UINT8, image, layers.toArray(Layer[]::new));
    }
}
