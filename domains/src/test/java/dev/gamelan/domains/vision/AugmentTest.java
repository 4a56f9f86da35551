package dev.gamelan.domains.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.nn.Batch;
import dev.gamelan.nn.Batches;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AugmentTest {

    /** 40 pictures of 3 by 3 with two channels; the value says the place. */
    private static Batches<Tensor, Tensor> pictures() {
        byte[] pixels = new byte[40 * 18];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (i % 18);
        }
        return new Images(Shape.of(3, 3, 2), pixels, new int[40]).batches(40);
    }

    private static byte[] pixels(Batches<Tensor, Tensor> batches, int epoch) {
        return (byte[]) batches.get(epoch, 0).input().data().array();
    }

    @Test
    void everyPictureIsTheOriginalMoved() {
        byte[] result = pixels(new Augment(1, 1, false).of(pictures()), 0);
        Set<List<Byte>> seen = new HashSet<>();
        for (int image = 0; image < 40; image++) {
            int center = result[image * 18 + 8];
            assertEquals(0, center % 2, "channels stay in place");
            int down = 1 - center / 2 / 3;
            int right = 1 - center / 2 % 3;
            for (int y = 0; y < 3; y++) {
                for (int x = 0; x < 3; x++) {
                    int from = Math.clamp(y - down, 0, 2) * 3 + Math.clamp(x - right, 0, 2);
                    assertEquals(2 * from + 1, result[image * 18 + (y * 3 + x) * 2 + 1]);
                }
            }
            seen.add(List.of((byte) down, (byte) right));
        }
        assertEquals(9, seen.size(), "every direction, and none");
    }

    @Test
    void aboutHalfAreMirroredAndAShareIsMoved() {
        byte[] flipped = pixels(new Augment(0, 0, true).of(pictures()), 0);
        long mirrored = java.util.stream.IntStream.range(0, 40).filter(image -> flipped[image * 18] == 4).count();
        assertTrue(mirrored > 8 && mirrored < 32, "mirrored " + mirrored);
        byte[] moved = pixels(new Augment(1, 0.2, false).of(pictures()), 0);
        long still = java.util.stream.IntStream.range(0, 40).filter(image -> moved[image * 18 + 8] == 8).count();
        assertTrue(still >= 24 && still < 40, "still " + still);
    }

    @Test
    void seedAndEpochDecide() {
        Batches<Tensor, Tensor> augmented = new Augment(1, 0.5, true).of(pictures());
        assertArrayEquals(pixels(augmented, 3), pixels(augmented, 3));
        assertFalse(Arrays.equals(pixels(augmented, 3), pixels(augmented, 4)));
        assertFalse(Arrays.equals(pixels(augmented, 3), pixels(augmented.seed(1), 3)));
        assertEquals(augmented.count(), pictures().count());
        assertEquals(40, augmented.examples());
    }

    @Test
    void nothingToDoChangesNothing() {
        Batches<Tensor, Tensor> plain = pictures();
        assertSame(plain, Augment.NONE.of(plain));
        assertThrows(IllegalArgumentException.class, () -> new Augment(-1, 0.5, false));
        assertThrows(IllegalArgumentException.class, () -> new Augment(1, 1.5, false));
    }

    @Test
    void modelsTakeBytesAndNormalizeThem() {
        Images images = new Images(Shape.of(8, 8, 1), new byte[5 * 64], new int[5]);
        Arrays.fill(images.pixels(), 0, 160, (byte) 200);
        Normalize normalize = Normalize.fit(images);
        assertEquals(new Normalize(100, 100), normalize);
        assertEquals(new Normalize(7, 1), Normalize.fit(new Images(Shape.of(1, 1, 1), new byte[] {7, 7}, new int[2])));
        Batch<Tensor, Tensor> batch = images.batch(0, 4);
        assertEquals(DType.UINT8, batch.input().dtype());
        for (Model<Tensor, Tensor> model : List.of(ImageModels.cnn(normalize, images.shape(), 3),
                ImageModels.mlp(normalize, images.shape(), 3),
                ImageModels.linear(normalize, images.shape(), 3))) {
            assertEquals(Shape.of(2, 3), model.apply(batch.input()).shape());
        }
        for (int side : new int[] {1, 2, 3, 5, 64}) {
            assertEquals(Shape.of(1, 2), ImageModels.cnn(normalize, Shape.of(side, side + 1, 3), 2)
                    .apply(Tensor.zeros(DType.UINT8, Shape.of(1, side, side + 1, 3))).shape());
        }
    }
}
