package dev.gamelan.domains.vision;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.FormatException;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * One decoded picture: {@code values} is {@code (height, width, channels)} from 0 to 255, with 1 (gray) or 3 (RGB)
 * channels. What is transparent lies on white.
 */
record Picture(int height, int width, int channels, float[] values) {

    private static final long MAX_PIXELS = 100_000_000;
    private static final float[] LUMA = {0.299f, 0.587f, 0.114f};

    static {
        ImageIO.setUseCache(false);
    }

    /**
     * Decodes a PNG, JPEG, BMP or GIF (its first frame).
     *
     * @throws FormatException      if the file is damaged, empty, no picture, or has more than 100 million pixels
     * @throws UncheckedIOException if it cannot be read
     */
    static Picture read(Path file) {
        try (ImageInputStream in = ImageIO.createImageInputStream(Files.newInputStream(file))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new FormatException(file + " is not a picture that can be read; PNG, JPEG, BMP and GIF can");
            }
            return decode(readers.next(), in, file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
        }
    }

    private static Picture decode(ImageReader reader, ImageInputStream in, Path file) {
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((_, warning) -> warnings.add(warning));
        try {
            reader.setInput(in, true, true);
            long pixels = (long) reader.getWidth(0) * reader.getHeight(0);
            if (pixels > MAX_PIXELS) {
                throw new FormatException(file + " has " + pixels + " pixels; at most " + MAX_PIXELS + " are read");
            }
            BufferedImage image = reader.read(0);
            if (warnings.stream().anyMatch(Picture::isTruncated)) {
                throw new FormatException(file + " is a damaged picture: it ends too early");
            }
            return isGray(image) ? gray(image) : color(image);
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException | NullPointerException e) {
            throw new FormatException(file + " is a damaged or unsupported picture: " + e.getMessage(), e);
        } finally {
            reader.dispose();
        }
    }

    /** The JPEG reader fills what is missing with gray and only warns. */
    private static boolean isTruncated(String warning) {
        return warning.contains("Truncated") || warning.contains("premature end");
    }

    private static boolean isGray(BufferedImage image) {
        return image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY
                && image.getColorModel().getNumColorComponents() == 1 && image.getRaster().getNumBands() <= 2;
    }

    /** Reads samples as they are: Java's own conversion of gray to RGB changes the brightness. */
    private static Picture gray(BufferedImage image) {
        Raster raster = image.getRaster();
        int width = image.getWidth();
        int height = image.getHeight();
        float scale = 255f / ((1 << raster.getSampleModel().getSampleSize(0)) - 1);
        float[] values = raster.getSamples(0, 0, width, height, 0, new float[width * height]);
        for (int i = 0; i < values.length; i++) {
            values[i] *= scale;
        }
        if (raster.getNumBands() == 2) {
            float opaque = (1 << raster.getSampleModel().getSampleSize(1)) - 1;
            float[] alpha = raster.getSamples(0, 0, width, height, 1, new float[width * height]);
            for (int i = 0; i < values.length; i++) {
                values[i] = onWhite(values[i], alpha[i] / opaque);
            }
        }
        return new Picture(height, width, 1, values);
    }

    private static Picture color(BufferedImage image) {
        int width = image.getWidth();
        int height = image.getHeight();
        int[] argb = image.getRGB(0, 0, width, height, new int[width * height], 0, width);
        float[] values = new float[3 * argb.length];
        for (int i = 0; i < argb.length; i++) {
            float alpha = (argb[i] >>> 24) / 255f;
            for (int c = 0; c < 3; c++) {
                values[3 * i + c] = onWhite(argb[i] >> 16 - 8 * c & 0xFF, alpha);
            }
        }
        return new Picture(height, width, 3, values);
    }

    private static float onWhite(float value, float alpha) {
        return value * alpha + 255 * (1 - alpha);
    }

    /** With as many channels; gray is the luma of ITU-R BT.601. */
    Picture withChannels(int wanted) {
        if (wanted == channels) {
            return this;
        }
        float[] result = new float[height * width * wanted];
        for (int i = 0; i < height * width; i++) {
            if (wanted == 3) {
                Arrays.fill(result, 3 * i, 3 * i + 3, values[i]);
            } else {
                for (int c = 0; c < 3; c++) {
                    result[i] += LUMA[c] * values[3 * i + c];
                }
            }
        }
        return new Picture(height, width, wanted, result);
    }

    /** Rounded to bytes. */
    byte[] bytes() {
        byte[] result = new byte[values.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = (byte) Math.clamp(Math.round(values[i]), 0, 255);
        }
        return result;
    }
}
