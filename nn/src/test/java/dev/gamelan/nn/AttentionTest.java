package dev.gamelan.nn;

import static dev.gamelan.nn.Golden.assertClose;
import static dev.gamelan.nn.Layers.attention;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.embedding;
import static dev.gamelan.nn.Layers.layerNorm;
import static dev.gamelan.nn.Layers.positionEmbedding;
import static dev.gamelan.nn.Layers.residual;
import static dev.gamelan.nn.Layers.sequential;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AttentionTest {

    private static Model<Tensor, Tensor> transformer(Attention attention, Layer positions) {
        return Model.of(DType.INT32, Shape.of(8), embedding(13, 8).init(Initializer.normal(1)), positions,
                residual(layerNorm(), attention), residual(layerNorm(), attention), dense(13));
    }

    static List<Model<Tensor, Tensor>> causalModels() {
        return List.of(transformer(attention(2).causal(), positionEmbedding(80).init(Initializer.normal(1))),
                transformer(attention(4).causal().rotary().noBias(), sequential()));
    }

    @Test
    void parametersHavePathsAndShapes() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(3, 8), attention(2));
        assertEquals(
                List.of("key.bias", "key.weight", "output.bias", "output.weight", "query.bias", "query.weight", "value.bias",
                        "value.weight"),
                model.weights().parameters().paths());
        assertEquals(4 * (8 * 8 + 8), model.weights().count());
        assertEquals(4 * 8 * 8, Model.of(Shape.of(3, 8), attention(2).noBias()).weights().count());
    }

    /** In pieces that grow the cache several times, and alone after it has grown. */
    @ParameterizedTest
    @MethodSource("causalModels")
    void aSessionInPiecesGivesWhatTheWholeGives(Model<Tensor, Tensor> model) {
        Tensor ids = RandomKey.of(1).integers(13, Shape.of(2, 75)).eval();
        Tensor expected = model.apply(ids);
        Session<Tensor, Tensor> session = model.session();
        int from = 0;
        for (int length : new int[] {1, 1, 40, 1, 25, 1, 6}) {
            assertClose(expected.slice(1, from, from + length), session.apply(ids.slice(1, from, from + length)), 1e-5,
                    "steps from " + from);
            from += length;
        }
    }

    @ParameterizedTest
    @MethodSource("causalModels")
    void generatingWithACacheGivesWhatRecomputingGives(Model<Tensor, Tensor> model) {
        Tensor prompt = Tensor.ofInts(3, 1, 4).reshape(1, -1);
        Session<Tensor, Tensor> session = model.session();
        Tensor all = prompt;
        Tensor next = prompt;
        for (int i = 0; i < 40; i++) {
            next = session.apply(next).select(1, -1).argmax(-1).reshape(1, 1);
            Tensor recomputed = model.apply(all).select(1, -1).argmax(-1).reshape(1, 1);
            assertEquals(recomputed.itemInt(), next.itemInt(), "token " + i);
            all = dev.gamelan.tensor.Tensors.concat(1, all, next).eval();
        }
    }

    @Test
    void forksShareThePastAndNotTheFuture() {
        Model<Tensor, Tensor> model = causalModels().getFirst();
        Tensor ids = RandomKey.of(1).integers(13, Shape.of(1, 50)).eval();
        Session<Tensor, Tensor> session = model.session();
        Tensor _ = session.apply(ids.slice(1, 0, 30));
        Session<Tensor, Tensor> fork = session.fork();
        Tensor other = Tensor.ofInts(5, 6, 7, 8).reshape(1, 4);
        Tensor _ = fork.apply(other);
        assertClose(model.apply(ids).slice(1, 30, 50), session.apply(ids.slice(1, 30, 50)), 1e-5, "the session");
        Tensor whole = dev.gamelan.tensor.Tensors.concat(1, ids.slice(1, 0, 30), other, other);
        assertClose(model.apply(whole).slice(1, 34, 38), fork.apply(other), 1e-5, "the fork");
    }

    @Test
    void withoutOrderASessionSeesAllThatCameSoFar() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(3, 8), attention(2));
        Tensor x = RandomKey.of(1).normal(2, 5, 8).eval();
        Session<Tensor, Tensor> session = model.session();
        Tensor _ = session.apply(x.slice(1, 0, 3));
        assertClose(model.apply(x).slice(1, 3, 5), session.apply(x.slice(1, 3, 5)), 1e-6, "the last two");
    }

    @Test
    void noPositionSeesWhatComesAfterIt() {
        Model<Tensor, Tensor> model = causalModels().getFirst();
        Tensor ids = RandomKey.of(1).integers(13, Shape.of(2, 8)).eval();
        Tensor changed = ids.withSlice(1, 5, ids.slice(1, 5, 8).add(1).mod(13));
        assertClose(model.apply(ids).slice(1, 0, 5), model.apply(changed).slice(1, 0, 5), 1e-6, "before the change");
    }

    @Test
    void paddedSequencesAreEachAsIfAlone() {
        for (Attention layer : List.of(attention(2), attention(2).causal().rotary())) {
            List<Tensor> sequences = List.of(RandomKey.of(1).normal(5, 8), RandomKey.of(3).normal(1, 8), RandomKey.of(4).normal(7, 8));
            Padded batch = Padded.of(sequences);
            Model<Padded, Padded> padded = Model.of(layer.padded(), batch);
            Model<Tensor, Tensor> alone = Model.of(layer, padded.weights());
            Padded result = padded.apply(new Padded(batch.values().where(batch.mask().expandDims(-1), 1e3), batch.lengths()));
            for (int i = 0; i < sequences.size(); i++) {
                Tensor expected = alone.apply(sequences.get(i).expandDims(0)).get(0);
                assertClose(expected, result.values().get(i).slice(0, 0, sequences.get(i).dim(0)), 1e-5, "sequence " + i);
            }
        }
    }

    @Test
    void masksBroadcast() {
        Tensor x = RandomKey.of(1).normal(2, 3, 8).eval();
        Tensor memory = RandomKey.of(2).normal(2, 4, 8).eval();
        Tensor columns = Tensor.ofBooleans(true, false, true, true);
        List<Tensor> masks = List.of(columns, columns.broadcastTo(3, 4), columns.broadcastTo(2, 3, 4), columns.broadcastTo(2, 2, 3, 4));
        Block<Tensor, Tensor> block = (scope, y) -> attention(2).apply(scope, y, memory);
        Weights weights = Model.of(block, x).weights();
        Tensor without = dev.gamelan.tensor.Tensors.concat(1, memory.slice(1, 0, 1), memory.slice(1, 2, 4));
        Tensor expected = Model.of((Scope scope, Tensor y) -> attention(2).apply(scope, y, without), weights).apply(x);
        for (Tensor mask : masks) {
            assertClose(expected, Model.of((Scope scope, Tensor y) -> attention(2).apply(scope, y, memory, mask), weights).apply(x), 1e-6,
                    "mask " + mask.shape());
        }
    }

    @Test
    void dropoutIsForTrainingOnly() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(6, 8), attention(2).dropout(0.5));
        Model<Tensor, Tensor> sure = Model.of(attention(2), model.weights());
        Tensor x = RandomKey.of(1).normal(2, 6, 8).eval();
        assertClose(sure.apply(x), model.apply(x), 0, "inference");
        Tensor a = model.forward(model.weights(), x, RandomKey.of(1)).output();
        Tensor b = model.forward(model.weights(), x, RandomKey.of(2)).output();
        assertNotEquals(0, a.sub(b).abs().sum().item());
        Tensor mean = IntStream.range(0, 400).mapToObj(i -> model.forward(model.weights(), x, RandomKey.of(i)).output().eval())
                .reduce(Tensor::add).orElseThrow().div(400);
        assertClose(sure.apply(x), mean, 0.15, "mean over keys");
    }

    @Test
    void sequencesMayBeEmptyOrOneStepLong() {
        for (Attention layer : List.of(attention(2), attention(2).causal().rotary())) {
            Model<Tensor, Tensor> model = Model.of(Shape.of(3, 8), layer);
            assertEquals(Shape.of(2, 0, 8), model.apply(Tensor.zeros(2, 0, 8)).shape());
            assertEquals(Shape.of(0, 3, 8), model.apply(Tensor.zeros(0, 3, 8)).shape());
            assertEquals(Shape.of(2, 1, 8), model.apply(Tensor.zeros(2, 1, 8)).shape());
            Session<Tensor, Tensor> session = model.session();
            assertEquals(Shape.of(2, 0, 8), session.apply(Tensor.zeros(2, 0, 8)).shape());
            assertEquals(Shape.of(2, 1, 8), session.apply(Tensor.zeros(2, 1, 8)).shape());
        }
    }

    @Test
    void errorsSayWhatWasExpected() {
        assertTrue(
                assertThrows(ShapeException.class, () -> Model.of(Shape.of(3, 8), attention(3))).getMessage().contains("a multiple of 3"));
        assertTrue(assertThrows(ShapeException.class, () -> Model.of(Shape.of(8), attention(2))).getMessage()
                .contains("(batch, steps, features)"));
        assertTrue(assertThrows(ShapeException.class, () -> Model.of(Shape.of(3, 6), attention(2).rotary())).getMessage().contains("even"));
        assertTrue(assertThrows(ShapeException.class, () -> Model.of(Shape.of(9, 6), positionEmbedding(8))).getMessage()
                .contains("at most 8"));
        Session<Tensor, Tensor> session = Model.of(Shape.of(8, 6), positionEmbedding(8)).session();
        Tensor _ = session.apply(Tensor.zeros(1, 7, 6));
        IndexOutOfBoundsException e = assertThrows(IndexOutOfBoundsException.class, () -> session.apply(Tensor.zeros(1, 2, 6)));
        assertTrue(String.valueOf(e.getMessage()).contains("index < 8"), e.getMessage());
        session.reset();
        assertEquals(Shape.of(1, 2, 6), session.apply(Tensor.zeros(1, 2, 6)).shape());
    }

    @Test
    void savedModelsComeBack(@TempDir Path folder) throws IOException {
        Model<Tensor, Tensor> model = transformer(attention(2).causal().rotary().dropout(0.1), positionEmbedding(8));
        Path file = folder.resolve("m.safetensors");
        model.save(file);
        Tensor ids = RandomKey.of(1).integers(13, Shape.of(2, 8));
        assertClose(model.apply(ids), Model.load(file).apply(ids), 0, "loaded");
        assertTrue(model.summary().toString().contains("residual_1.attention_1.query"), model.summary().toString());
    }
}
