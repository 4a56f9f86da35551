package dev.gamelan.domains.vision;

import dev.gamelan.ir.Data;
import dev.gamelan.nn.Batch;
import dev.gamelan.nn.Batches;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.SplittableRandom;

/**
 * Makes a training set look larger: some pictures are moved along both axes, with the edge repeated, and some are
 * mirrored. What happens to a picture depends on the seed, the epoch and its place in it alone.
 *
 * @param shift by how many pixels at most, up or down and left or right
 * @param share of the pictures that are moved, from 0 to 1
 * @param flip  whether every second picture, on average, is mirrored left to right
 */
public record Augment(int shift, double share, boolean flip) {

    public static final Augment NONE = new Augment(0, 0, false);

    public Augment {
        if (shift < 0 || !(share >= 0 && share <= 1)) {
            throw new IllegalArgumentException("augment: a shift of " + shift + " for a share of " + share
                    + "; expected a shift of 0 or more and a share from 0 to 1");
        }
    }

    /** These batches of UINT8 {@code (B, height, width, channels)}, changed on the thread that makes them. */
    public Batches<Tensor, Tensor> of(Batches<Tensor, Tensor> batches) {
        return shift == 0 && !flip ? batches : new Changed(batches, this, 42);
    }

    private record Changed(Batches<Tensor, Tensor> plain, Augment augment, long seed) implements Batches<Tensor, Tensor> {

        @Override
        public int count() {
            return plain.count();
        }

        @Override
        public int examples() {
            return plain.examples();
        }

        @Override
        public Batch<Tensor, Tensor> get(int epoch, int index) {
            Batch<Tensor, Tensor> batch = plain.get(epoch, index);
            SplittableRandom random = new SplittableRandom((seed * 1_000_003 + epoch) * 1_000_003 + index);
            return new Batch<>(augment.change(batch.input(), random), batch.target());
        }

        @Override
        public Batches<Tensor, Tensor> seed(long value) {
            return new Changed(plain.seed(value), augment, value);
        }

        @Override
        public int ahead() {
            return plain.ahead();
        }
    }

    private Tensor change(Tensor images, SplittableRandom random) {
        Shape shape = images.shape();
        byte[] from = (byte[]) Tensors.host(images).getFirst().array();
        byte[] to = new byte[from.length];
        for (int image = 0; image < shape.dim(0); image++) {
            int reach = random.nextDouble() < share ? shift : 0;
            int down = random.nextInt(2 * reach + 1) - reach;
            int right = random.nextInt(2 * reach + 1) - reach;
            boolean mirror = flip && random.nextBoolean();
            move(from, to, image, shape, down, right, mirror);
        }
        return Tensor.of(Data.of(DType.UINT8, shape, to));
    }

    private static void move(byte[] from, byte[] to, int image, Shape shape, int down, int right, boolean mirror) {
        int height = shape.dim(1);
        int width = shape.dim(2);
        int channels = shape.dim(3);
        int base = image * height * width * channels;
        for (int y = 0; y < height; y++) {
            int fromY = Math.clamp(y - down, 0, height - 1);
            for (int x = 0; x < width; x++) {
                int moved = Math.clamp(x - right, 0, width - 1);
                int fromX = mirror ? width - 1 - moved : moved;
                int source = base + (fromY * width + fromX) * channels;
                int target = base + (y * width + x) * channels;
                for (int c = 0; c < channels; c++) {
                    to[target + c] = from[source + c];
                }
            }
        }
    }
}
