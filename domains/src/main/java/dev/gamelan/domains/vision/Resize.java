package dev.gamelan.domains.vision;

/**
 * Changes the size of a picture: bilinear when enlarging; when shrinking, a triangle as wide as two new pixels, so that
 * every old pixel counts. Pixels are areas, whose centers are at halves.
 */
final class Resize {

    private Resize() {}

    static Picture to(Picture picture, int height, int width) {
        return columns(rows(picture, height), width);
    }

    private static Picture rows(Picture picture, int height) {
        if (height == picture.height()) {
            return picture;
        }
        int row = picture.width() * picture.channels();
        float[] result = new float[height * row];
        for (int y = 0; y < height; y++) {
            Taps taps = Taps.of(y, height, picture.height());
            for (int k = 0; k < taps.weights().length; k++) {
                int from = (taps.first() + k) * row;
                for (int i = 0; i < row; i++) {
                    result[y * row + i] += taps.weights()[k] * picture.values()[from + i];
                }
            }
        }
        return new Picture(height, picture.width(), picture.channels(), result);
    }

    private static Picture columns(Picture picture, int width) {
        if (width == picture.width()) {
            return picture;
        }
        int channels = picture.channels();
        float[] result = new float[picture.height() * width * channels];
        for (int x = 0; x < width; x++) {
            Taps taps = Taps.of(x, width, picture.width());
            for (int y = 0; y < picture.height(); y++) {
                for (int k = 0; k < taps.weights().length; k++) {
                    int from = (y * picture.width() + taps.first() + k) * channels;
                    for (int c = 0; c < channels; c++) {
                        result[(y * width + x) * channels + c] += taps.weights()[k] * picture.values()[from + c];
                    }
                }
            }
        }
        return new Picture(picture.height(), width, channels, result);
    }

    /** Which old pixels make one new pixel, and how much of each; the weights sum to 1. */
    private record Taps(int first, float[] weights) {

        static Taps of(int index, int newSize, int oldSize) {
            double scale = (double) oldSize / newSize;
            double reach = Math.max(scale, 1);
            double center = (index + 0.5) * scale;
            int first = Math.max(0, (int) Math.floor(center - reach + 0.5));
            int end = Math.min(oldSize, (int) Math.ceil(center + reach - 0.5) + 1);
            float[] weights = new float[end - first];
            double sum = 0;
            for (int k = 0; k < weights.length; k++) {
                weights[k] = (float) Math.max(0, 1 - Math.abs(first + k + 0.5 - center) / reach);
                sum += weights[k];
            }
            for (int k = 0; k < weights.length; k++) {
                weights[k] = (float) (weights[k] / sum);
            }
            return new Taps(first, weights);
        }
    }
}
