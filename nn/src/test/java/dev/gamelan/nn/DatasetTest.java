package dev.gamelan.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DatasetTest {

    private final Dataset<Tensor, Tensor> data = Dataset.of(Tensor.arange(10).reshape(10, 1).cast(DType.FLOAT32), Tensor.arange(10).eval());

    private static List<Integer> targets(Iterable<Batch<Tensor, Tensor>> batches) {
        List<Integer> all = new ArrayList<>();
        for (Batch<Tensor, Tensor> batch : batches) {
            for (int i = 0; i < batch.size(); i++) {
                assertEquals(batch.target().toIntArray()[i], batch.input().toFloatArray()[i]);
            }
            IntStream.of(batch.target().toIntArray()).forEach(all::add);
        }
        return all;
    }

    @Test
    void batchesKeepTheOrderAndTheRest() {
        Batches<Tensor, Tensor> batches = data.batches(4);
        assertEquals(3, batches.count());
        assertEquals(2, batches.get(0, 2).size());
        assertEquals(IntStream.range(0, 10).boxed().toList(), targets(batches));
    }

    @Test
    void shufflingDependsOnSeedAndEpochAlone() {
        Batches<Tensor, Tensor> batches = data.shuffledBatches(3);
        List<Integer> first = targets(batches.epoch(0));
        assertEquals(IntStream.range(0, 10).boxed().toList(), first.stream().sorted().toList());
        assertNotEquals(first, targets(batches.epoch(1)));
        assertNotEquals(first, targets(batches.seed(1).epoch(0)));
        assertEquals(first, targets(data.shuffledBatches(5).epoch(0)));
        assertEquals(first.subList(6, 10), targets(batches.epoch(0, 2)));
        assertEquals(first, targets(batches.prefetch(0).epoch(0)));
        assertEquals(first, targets(batches.prefetch(20).epoch(0)));
    }

    @Test
    void theShuffleIsTheSameForEver() {
        assertArrayEquals(new int[] {7, 3, 6, 8, 1, 11, 0, 4, 2, 9, 5, 10}, Shuffle.permutation(12, 42));
    }

    @Test
    void shufflesAreFair() {
        int[][] counts = new int[5][5];
        for (int seed = 0; seed < 20_000; seed++) {
            int[] order = Shuffle.permutation(5, seed);
            for (int i = 0; i < 5; i++) {
                counts[i][order[i]]++;
            }
        }
        for (int[] row : counts) {
            for (int count : row) {
                assertEquals(4000, count, 300);
            }
        }
    }

    @Test
    void mapsSplitsAndParts() {
        Dataset<Tensor, Tensor> doubled = data.inputs(x -> x.mul(2));
        assertArrayEquals(new float[] {0, 2, 4}, doubled.take(3).batches(3).first().input().toFloatArray());
        Dataset.Split<Tensor, Tensor> split = data.split(0.7, 1);
        assertEquals(7, split.first().size());
        List<Integer> all = new ArrayList<>(targets(split.first().batches(4)));
        all.addAll(targets(split.second().batches(4)));
        assertEquals(IntStream.range(0, 10).boxed().toList(), all.stream().sorted().toList());
        assertArrayEquals(new float[] {1, 2}, data.batches(2).inputs(x -> x.add(1)).first().input().toFloatArray());
    }

    @Test
    void pixelsBecomeFractions() {
        Dataset<Tensor, Tensor> pictures = Dataset.ofPixels(new byte[] {0, -1, 51, 102, 1, 2, 3, 4}, Shape.of(2, 2, 1), new int[] {7, 9});
        assertArrayEquals(new float[] {0, 1, 0.2f, 0.4f}, pictures.get(0).input().toFloatArray());
        assertEquals(9, pictures.get(1).target().itemInt());
        assertEquals(Shape.of(2, 2, 2, 1), pictures.batches(2).first().input().shape());
        assertThrows(ShapeException.class, () -> Dataset.ofPixels(new byte[7], Shape.of(2, 2, 1), new int[2]));
    }

    @Test
    void streamsGoOnRowByRow() {
        Batches<Tensor, Tensor> streams = Batches.streams(Tensor.arange(21).eval(), 2, 3);
        assertEquals(3, streams.count());
        assertArrayEquals(new int[] {0, 1, 2, 10, 11, 12}, streams.get(0, 0).input().toIntArray());
        assertArrayEquals(new int[] {1, 2, 3, 11, 12, 13}, streams.get(0, 0).target().toIntArray());
        assertArrayEquals(new int[] {6, 7, 8, 16, 17, 18}, streams.get(0, 2).input().toIntArray());
        assertThrows(ShapeException.class, () -> Batches.streams(Tensor.arange(6).eval(), 2, 3));
    }

    @Test
    void tensorsOfDifferentLengthAreRefused() {
        assertThrows(ShapeException.class, () -> Dataset.of(Tensor.zeros(3, 2), Tensor.ofInts(1, 2)));
    }

    @Test
    void anErrorInAnotherThreadComesOut() {
        Dataset<Tensor, Tensor> broken = data.map(example -> {
            throw new IllegalStateException("no such picture");
        });
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> broken.batches(2).epoch(0).forEach(batch -> {}));
        assertEquals("no such picture", e.getMessage());
    }
}
