package dev.gamelan.domains.tabular;

import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.relu;

import dev.gamelan.nn.Model;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;

/** Ready models for encoded rows: FLOAT32 {@code (B, width)} -> {@code (B, outputs)}, logits or one scaled number. */
public final class TableModels {

    private TableModels() {}

    /** Linear or softmax regression. */
    public static Model<Tensor, Tensor> linear(int width, int outputs) {
        return Model.of(Shape.of(width), dense(outputs));
    }

    /** Two hidden layers of so many units, with a little dropout. */
    public static Model<Tensor, Tensor> mlp(int width, int units, int outputs) {
        return Model.of(Shape.of(width), dense(units), relu(), dropout(0.1), dense(units), relu(), dense(outputs));
    }
}
