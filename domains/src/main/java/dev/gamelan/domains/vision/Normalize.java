package dev.gamelan.domains.vision;

import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Scope;
import dev.gamelan.shape.DType;
import dev.gamelan.tensor.Tensor;

/**
 * Turns pixels from 0 to 255 into FLOAT32 around 0: {@code (x - mean) / deviation}. As the first layer it keeps batches
 * as small as bytes until they are used, and makes the model take pixels as files hold them.
 */
public record Normalize(double mean, double deviation) implements Layer {

    public Normalize {
        if (!Double.isFinite(mean) || !(deviation > 0)) {
            throw new IllegalArgumentException(
                    "normalize: expected a deviation above 0, received mean " + mean + " and deviation " + deviation);
        }
    }

    /** With the mean and deviation of all pixels of some images; a flat picture has deviation 1. */
    public static Normalize fit(Images images) {
        long[] counts = new long[256];
        for (byte pixel : images.pixels()) {
            counts[pixel & 0xFF]++;
        }
        double sum = 0;
        double squares = 0;
        for (int value = 0; value < counts.length; value++) {
            sum += (double) counts[value] * value;
            squares += (double) counts[value] * value * value;
        }
        double n = Math.max(1, images.pixels().length);
        double variance = squares / n - sum / n * (sum / n);
        return new Normalize(sum / n, variance > 1e-6 ? Math.sqrt(variance) : 1);
    }

    /** x: any shape, any numeric type -> the same shape, FLOAT32. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        return x.cast(DType.FLOAT32).sub(mean).mul(1 / deviation);
    }
}
