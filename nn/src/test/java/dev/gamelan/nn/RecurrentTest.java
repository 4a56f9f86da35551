package dev.gamelan.nn;

import static dev.gamelan.nn.Golden.assertClose;
import static dev.gamelan.nn.Layers.bidirectional;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.embedding;
import static dev.gamelan.nn.Layers.gru;
import static dev.gamelan.nn.Layers.lstm;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Optimizers.sgd;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecurrentTest {

    static List<Recurrent> layers() {
        return List.of(lstm(6), gru(6));
    }

    private static Map<String, Shape> shapes(Model<?, ?> model) {
        Map<String, Shape> shapes = new TreeMap<>();
        model.weights().parameters().forEach((path, tensor) -> shapes.put(path, tensor.shape()));
        return shapes;
    }

    @Test
    void parametersHavePathsAndShapes() {
        assertEquals(Map.of("weight", Shape.of(4, 24), "recurrent", Shape.of(6, 24), "bias", Shape.of(24)),
                shapes(Model.of(Shape.of(3, 4), lstm(6))));
        assertEquals(Map.of("weight", Shape.of(4, 18), "recurrent", Shape.of(6, 18), "bias", Shape.of(18), "recurrent_bias", Shape.of(6)),
                shapes(Model.of(Shape.of(3, 4), gru(6))));
        assertEquals(
                List.of("backward.bias", "backward.recurrent", "backward.weight", "forward.bias", "forward.recurrent", "forward.weight"),
                List.copyOf(shapes(Model.of(Shape.of(3, 4), bidirectional(lstm(6)))).keySet()));
    }

    @Test
    void weightsStartSmallAndForgetGatesOpen() {
        Weights weights = Model.of(Shape.of(3, 4), lstm(16)).weights();
        double limit = weights.parameters().get("recurrent").abs().max().item();
        assertTrue(limit <= 0.25 && limit > 0.2, "largest weight " + limit);
        Tensor bias = weights.parameters().get("bias");
        assertEquals(16, bias.sum().item());
        assertEquals(16, bias.slice(0, 16, 32).sum().item());
    }

    @ParameterizedTest
    @MethodSource("layers")
    void aSessionInPiecesGivesWhatTheWholeGives(Recurrent layer) {
        Model<Tensor, Tensor> model = Model.of(Shape.of(9, 4), layer, layer.lastOnly());
        Model<Tensor, Tensor> whole = Model.of(Layers.sequential(layer, layer), model.weights());
        Tensor x = RandomKey.of(5).normal(2, 9, 4).eval();
        Tensor expected = whole.apply(x);
        Session<Tensor, Tensor> session = model.session();
        for (int from : new int[] {0, 1, 2, 6}) {
            int to = from == 6 ? 9 : from == 2 ? 6 : from + 1;
            assertClose(expected.select(1, to - 1), session.apply(x.slice(1, from, to)), 1e-6, "after " + to + " steps");
        }
        session.reset();
        Tensor _ = session.apply(x.slice(1, 0, 4));
        Session<Tensor, Tensor> fork = session.fork();
        assertClose(expected.select(1, 8), session.apply(x.slice(1, 4, 9)), 1e-6, "the session");
        assertClose(expected.select(1, 5), fork.apply(x.slice(1, 4, 6)), 1e-6, "the fork");
    }

    @ParameterizedTest
    @MethodSource("layers")
    void paddedSequencesAreEachAsIfAlone(Recurrent layer) {
        SequenceLayer both = bidirectional(layer);
        List<Tensor> sequences = List.of(RandomKey.of(1).normal(5, 4), RandomKey.of(2).normal(0, 4), RandomKey.of(3).normal(1, 4),
                RandomKey.of(4).normal(7, 4));
        Padded batch = Padded.of(sequences);
        Model<Padded, Padded> padded = Model.of(both.padded(), batch);
        Model<Tensor, Tensor> alone = Model.of(both, padded.weights());
        // What lies behind the ends must not matter, whatever it is.
        Padded dirty = new Padded(batch.values().where(batch.mask().expandDims(-1), 1e3), batch.lengths());
        Padded result = padded.apply(dirty);
        for (int i = 0; i < sequences.size(); i++) {
            Tensor expected = alone.apply(sequences.get(i).expandDims(0)).get(0);
            assertClose(expected, result.values().get(i).slice(0, 0, sequences.get(i).dim(0)), 1e-6, "sequence " + i);
        }
        assertEquals(0, result.values().where(batch.mask().expandDims(-1), 0).sub(result.values()).abs().sum().item(), "behind the ends");
    }

    @ParameterizedTest
    @MethodSource("layers")
    void sequencesMayBeEmptyOrOneStepLong(Recurrent layer) {
        Model<Tensor, Tensor> all = Model.of(Shape.of(3, 4), layer);
        Model<Tensor, Tensor> last = Model.of(layer.lastOnly(), all.weights());
        assertEquals(Shape.of(2, 0, 6), all.apply(Tensor.zeros(2, 0, 4)).shape());
        assertEquals(Shape.of(0, 3, 6), all.apply(Tensor.zeros(0, 3, 4)).shape());
        assertClose(Tensor.zeros(2, 6), last.apply(Tensor.zeros(2, 0, 4)), 0, "nothing read");
        Tensor one = RandomKey.of(1).normal(2, 1, 4);
        assertClose(all.apply(one).select(1, 0), last.apply(one), 0, "one step");
        Tensor pass = all.forward(all.weights(), Tensor.zeros(2, 0, 4), RandomKey.of(0)).output();
        assertEquals(Shape.of(2, 0, 6), pass.shape());
    }

    @Test
    void errorsSayWhatWasExpected() {
        ShapeException rank = assertThrows(ShapeException.class, () -> Model.of(Shape.of(4), lstm(6)));
        assertTrue(rank.getMessage().contains("(batch, steps, features)") && rank.getMessage().contains("lstm"), rank.getMessage());
        assertThrows(ShapeException.class, () -> lstm(0));
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> Model.of(lstm(2).lastOnly().padded(), new Padded(Tensor.zeros(1, 2, 3), Tensor.ofInts(2)))).getMessage()
                .contains("last()"));
        Session<Tensor, Tensor> session = Model.of(Shape.of(3, 4), gru(2)).session();
        Tensor _ = session.apply(Tensor.zeros(2, 1, 4));
        assertTrue(assertThrows(ShapeException.class, () -> session.apply(Tensor.zeros(3, 1, 4))).getMessage().contains("carried state"));
    }

    @Test
    void savedModelsComeBack(@TempDir Path folder) throws IOException {
        Model<Tensor, Tensor> model = Model.of(DType.INT32, Shape.of(5), embedding(11, 4), bidirectional(lstm(3)),
                gru(4).init(Initializer.glorotUniform()).lastOnly(), dense(2));
        Path file = folder.resolve("m.safetensors");
        model.save(file);
        Tensor ids = RandomKey.of(1).integers(11, Shape.of(2, 5));
        assertClose(model.apply(ids), Model.load(file).apply(ids), 0, "loaded");
        assertTrue(model.summary().toString().contains("bidirectional_1.forward"), model.summary().toString());
        long products = 2 * 5 * 2 * (4 + 3) * 12;
        long counted = model.summary().layers().stream().filter(row -> row.path().equals("bidirectional_1")).findFirst().orElseThrow()
                .flops();
        assertTrue(counted >= products && counted < 2 * products, "operations " + counted + ", of products " + products);
    }

    /** With a rate of 0 nothing is learned, so the mean of an epoch's losses is the loss of the whole sequence, read in one go. */
    @ParameterizedTest
    @MethodSource("layers")
    void trainingCarriesStateFromBatchToBatch(Recurrent layer) {
        Tensor ids = RandomKey.of(3).integers(7, Shape.of(41)).eval();
        Model<Tensor, Tensor> model = Model.of(DType.INT32, Shape.of(5), embedding(7, 4).init(Initializer.normal(1)), layer, dense(7));
        Batches<Tensor, Tensor> pieces = Batches.streams(ids, 2, 5);
        Batches<Tensor, Tensor> whole = Batches.streams(ids, 2, 20);
        double expected = model.train(whole, softmaxCrossEntropy()).optimizer(sgd(0)).epochs(1).quiet().run().lastLoss();
        double carried = model.train(pieces, softmaxCrossEntropy()).carryState().optimizer(sgd(0)).epochs(2).quiet().run().lastLoss();
        double fresh = model.train(pieces, softmaxCrossEntropy()).optimizer(sgd(0)).epochs(1).quiet().run().lastLoss();
        assertEquals(expected, carried, 1e-5);
        assertNotEquals(expected, fresh, 1e-4);
    }

    @Test
    void aStateOfOnesOwnGoesFromEncoderToDecoder() {
        Block<Tensor, Tensor> twice = (scope, x) -> {
            var first = lstm(6).apply(scope.shared("lstm"), x.slice(1, 0, 4), Lstm.State.zeros(x.dtype(), x.dim(0), 6));
            var second = lstm(6).apply(scope.shared("lstm"), x.slice(1, 4, 9), first.state());
            return Tensors.concat(1, first.output(), second.output());
        };
        Tensor x = RandomKey.of(5).normal(2, 9, 4);
        Model<Tensor, Tensor> model = Model.of(twice, x);
        assertClose(Model.of(lstm(6), model.weights().at("lstm")).apply(x), model.apply(x), 1e-6, "outputs");
    }
}
