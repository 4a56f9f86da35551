package dev.gamelan.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import org.junit.jupiter.api.Test;

class PaddedTest {

    private final Padded batch = Padded.of(Tensor.of(1, 2, 3).reshape(3, 1), Tensor.zeros(0, 1), Tensor.of(5).reshape(1, 1));

    @Test
    void fillsUpToTheLongest() {
        assertEquals(Shape.of(3, 3, 1), batch.values().shape());
        assertArrayEquals(new int[] {3, 0, 1}, batch.lengths().toIntArray());
        assertArrayEquals(new float[] {1, 2, 3, 0, 0, 0, 5, 0, 0}, batch.values().toFloatArray());
        assertArrayEquals(new boolean[] {true, true, true, false, false, false, true, false, false}, batch.mask().toBooleanArray());
    }

    @Test
    void poolsWhatIsThere() {
        Padded dirty = batch.map(values -> values.add(1));
        assertArrayEquals(new float[] {4, 0, 6}, dirty.last().toFloatArray());
        assertArrayEquals(new float[] {3, 0, 6}, dirty.mean().toFloatArray());
        assertArrayEquals(new float[] {2, 3, 4, 0, 0, 0, 6, 0, 0}, dirty.zeroed().values().toFloatArray());
    }

    @Test
    void lengthsFitTheBatch() {
        assertThrows(ShapeException.class, () -> new Padded(Tensor.zeros(2, 3), Tensor.ofInts(1, 2, 3)).mask());
    }

    private record Ragged(int size) implements Dataset<Tensor, Tensor> {

        /** As many numbers as the number of the example; what is asked for is whether they are more than five. */
        @Override
        public Example<Tensor, Tensor> get(int index) {
            return new Example<>(Tensor.ones(index + 1, 1).mul(index + 1), Tensor.ofInts(index < 5 ? 0 : 1).reshape(Shape.SCALAR));
        }
    }

    @Test
    void batchesArePaddedToAMultiple() {
        var batches = Dataset.paddedInputs(new Ragged(20)).batches(8);
        Batch<Padded, Tensor> last = batches.get(0, 2);
        assertEquals(Shape.of(4, 32, 1), last.input().values().shape());
        assertArrayEquals(new int[] {17, 18, 19, 20}, last.input().lengths().toIntArray());
        assertArrayEquals(new int[] {1, 1, 1, 1}, last.target().toIntArray());
        assertEquals(17, last.input().mean().toFloatArray()[0]);
        Batch<Padded, Padded> both = Dataset.padded(new Ragged(3).map(e -> new Example<>(e.input(), e.input().add(1)))).batches(3).first();
        assertArrayEquals(both.input().values().add(1).toFloatArray(),
                both.target().values().where(both.input().mask().expandDims(-1), 1).toFloatArray());
    }

    @Test
    void modelsLearnFromPaddedBatches() {
        Block<Padded, Tensor> block = (scope, x) -> scope.call("dense", Layers.dense(2),
                scope.call("gru", Layers.gru(8).padded(), x.map(values -> values.div(20))).last());
        Batches<Padded, Tensor> batches = Dataset.paddedInputs(new Ragged(10)).shuffledBatches(5);
        Model<Padded, Tensor> model = Model.of(block, batches.first().input());
        History history = model.train(batches, Losses.softmaxCrossEntropy()).metric(Metrics.accuracy()).optimizer(Optimizers.adam(0.02))
                .epochs(40)
                .quiet().run();
        assertTrue(history.lastLoss() < history.epochs().getFirst().loss() / 3, "loss " + history.lastLoss());
        assertEquals(1, model.evaluate(Dataset.paddedInputs(new Ragged(10)).batches(5), Metrics.accuracy()));
    }

    @Test
    void maskedLossesCountWhatIsThere() {
        Padded output = new Padded(Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3), Tensor.ofInts(2, 1));
        Padded target = output.map(values -> values.add(Tensor.of(1, 3, 1e9)));
        assertEquals((1 + 9 + 1) / 3.0, Losses.masked(Losses.mse()).apply(output, target).item(), 1e-6);
        Padded wide = new Padded(output.values().expandDims(-1).broadcastTo(2, 3, 4), output.lengths());
        assertEquals(4, Losses.masked(Losses.mse()).apply(wide, wide.map(values -> values.add(2))).item(), 1e-6);
        assertThrows(ShapeException.class, () -> Losses.masked((o, t) -> o.sum()).apply(output, target));
    }
}
