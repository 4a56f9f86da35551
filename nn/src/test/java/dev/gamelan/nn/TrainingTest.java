package dev.gamelan.nn;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.dropout;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Losses.softmaxCrossEntropy;
import static dev.gamelan.nn.Metrics.accuracy;
import static dev.gamelan.nn.Optimizers.adam;
import static dev.gamelan.nn.Optimizers.adamW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.NameException;
import dev.gamelan.shape.NonFiniteException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Trees;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

class TrainingTest {

    private final Dataset<Tensor, Tensor> data = Quadrants.of(300);

    private static Model<Tensor, Tensor> model() {
        return Model.of(Shape.of(2), dense(24), relu(), batchNorm(), dropout(0.1), dense(2));
    }

    private Trainer<Tensor, Tensor, Tensor> plan(Model<Tensor, Tensor> model) {
        return model.train(data.shuffledBatches(32), softmaxCrossEntropy()).metric(accuracy()).quiet();
    }

    @Test
    void learnsWhatNoLineSeparates() {
        Model<Tensor, Tensor> model = model();
        History history = plan(model).validate(data.batches(128))
                .optimizer(steps -> adamW(Schedule.cosine(2e-2, steps).warmup(10), 0.01)).epochs(15).run();
        assertTrue(history.last(accuracy()) > 0.93, history.toCsv());
        assertEquals(history.last(accuracy()), model.evaluate(data.batches(77), accuracy()), 1e-12);
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        assertEquals(bits(trained(7)), bits(trained(7)));
        assertFalse(bits(trained(7)).equals(bits(trained(8))));
    }

    private Weights trained(long seed) {
        Model<Tensor, Tensor> model = model();
        plan(model).epochs(2).seed(seed).run();
        return model.weights();
    }

    static List<Integer> bits(Weights weights) {
        List<Integer> bits = new ArrayList<>();
        for (Tensor leaf : Trees.leaves(weights)) {
            for (float value : leaf.toFloatArray()) {
                bits.add(Float.floatToRawIntBits(value));
            }
        }
        return bits;
    }

    @Test
    void frozenParametersAndTheirStatisticsStay() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(2), dense(8), batchNorm(), relu(), dense(2));
        Weights before = model.weights();
        plan(model).freeze("dense_1.**").freeze("batch_norm_1.**").epochs(1).run();
        Weights after = model.weights();
        assertEquals(bits(before.at("dense_1")), bits(after.at("dense_1")));
        assertEquals(bits(before.at("batch_norm_1")), bits(after.at("batch_norm_1")));
        assertFalse(bits(before.at("dense_2")).equals(bits(after.at("dense_2"))));
    }

    @Test
    void nothingToTrainIsSaid() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(2), dense(2));
        NameException e = assertThrows(NameException.class, () -> plan(model).freeze("**").epochs(1).run());
        assertTrue(e.getMessage().contains("2 parameters, all frozen by [**]"), e.getMessage());
        Model<Tensor, Tensor> none = Model.of(Shape.of(2), relu());
        assertThrows(NameException.class, () -> plan(none).epochs(1).run());
    }

    @Test
    void stopsEarlyAndKeepsTheBest() {
        Model<Tensor, Tensor> model = model();
        List<Weights> ends = new ArrayList<>();
        History history = plan(model).optimizer(adam(0.5)).validate(data.batches(100)).epochs(40).earlyStopping(2).keepBest()
                .on((event, control) -> {
                    if (event instanceof TrainEvent.EpochEnded) {
                        ends.add(control.weights());
                    }
                }).run();
        assertTrue(history.epochs().size() < 40, "never stopped");
        int best = history.bestEpoch().number();
        assertEquals(history.epochs().size() - 2, best);
        assertEquals(bits(ends.get(best - 1)), bits(model.weights()));
    }

    @Test
    void eventsComeInOrderAndCanStop() {
        List<String> events = new ArrayList<>();
        plan(model()).epochs(3).on((event, control) -> {
            events.add(event.getClass().getSimpleName());
            if (event instanceof TrainEvent.StepEnded step && step.epoch() == 2) {
                control.stop("enough");
            }
        }).on(TrainEvent.RunEnded.class, end -> events.add(end.reason())).run();
        assertEquals("RunStarted", events.getFirst());
        assertEquals(11, events.stream().filter("StepEnded"::equals).count());
        assertEquals(List.of("StepEnded", "RunEnded", "enough"), events.subList(events.size() - 3, events.size()));
    }

    @Test
    void aRateOfZeroChangesNoWeights() {
        Model<Tensor, Tensor> model = Model.of(Shape.of(2), dense(4), relu(), dense(2));
        Weights before = model.weights();
        plan(model).on((event, control) -> {
            if (event instanceof TrainEvent.RunStarted) {
                control.scaleLearningRate(0);
            }
        }).run();
        assertEquals(bits(before), bits(model.weights()));
    }

    @Test
    void namesTheFirstNodeThatIsNotFinite() {
        Layer broken = new Broken();
        Model<Tensor, Tensor> model = Model.of(Shape.of(2), dense(4), broken.named("fragile"), dense(2));
        NonFiniteException e = Assertions.assertThrows(NonFiniteException.class, () -> plan(model).run());
        assertTrue(e.getMessage().contains("in layer  fragile"), e.getMessage());
        assertTrue(e.getMessage().contains("LOG"), e.getMessage());
        assertTrue(e.getMessage().contains("epoch 1, step 1"), e.getMessage());
    }

    /** The logarithm of numbers that may be negative. */
    record Broken() implements Layer {
        @Override
        public Tensor apply(Scope scope, Tensor x) {
            return x.log();
        }
    }

    @Test
    void aClassThatDoesNotExistIsNamedAsTheCause() {
        Dataset<Tensor, Tensor> wrong = Dataset.of(Tensor.ones(4, 2), Tensor.ofInts(0, 1, 2, 0));
        Model<Tensor, Tensor> model = Model.of(Shape.of(2), dense(2));
        NonFiniteException e = Assertions.assertThrows(NonFiniteException.class,
                () -> model.train(wrong.batches(4), softmaxCrossEntropy()).quiet().run());
        assertTrue(e.getMessage().contains("classes must be from 0 to 1"), e.getMessage());
    }

    @Test
    void aGradientThatIsNotFiniteIsFoundToo() {
        Layer root = (scope, x) -> x.sub(x).sqrt().add(x);
        Model<Tensor, Tensor> model = Model.of(Shape.of(2), dense(4), root.named("root"), dense(2));
        Weights before = model.weights();
        NonFiniteException e = Assertions.assertThrows(NonFiniteException.class, () -> plan(model).run());
        assertTrue(e.getMessage().contains("a gradient is not finite"), e.getMessage());
        assertTrue(e.getMessage().contains("root"), e.getMessage());
        assertEquals(bits(before), bits(model.weights()));
    }
}
