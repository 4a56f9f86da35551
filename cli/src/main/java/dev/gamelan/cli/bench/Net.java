package dev.gamelan.cli.bench;

import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.nio.file.Path;

/**
 * A network to measure.
 *
 * @param dtype   of an example
 * @param example its shape, without the batch
 */
record Net(DType dtype, Shape example, Layer layer) {

    /** What names the file of weights to the process that is measured. */
    static final String WEIGHTS = "BENCH_WEIGHTS";

    static Net of(Shape example, Layer layer) {
        return new Net(DType.FLOAT32, example, layer);
    }

    /** To be trained: weights are made. */
    Model<Tensor, Tensor> fresh() {
        return Model.of(dtype, example, layer);
    }

    /** To be used: weights are read from the file that the launching process wrote, or made where it wrote none. */
    Model<Tensor, Tensor> trained() {
        String file = System.getenv(WEIGHTS);
        return file == null ? fresh() : Model.load(Path.of(file), layer);
    }
}
