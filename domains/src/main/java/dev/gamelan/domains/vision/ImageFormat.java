package dev.gamelan.domains.vision;

import dev.gamelan.shape.Shape;
import java.nio.file.Path;

/**
 * What a model expects of a picture.
 *
 * @param channels 1 for gray, 3 for red, green and blue
 */
public record ImageFormat(int height, int width, int channels) {

    public ImageFormat {
        if (height < 1 || width < 1 || channels != 1 && channels != 3) {
            throw new IllegalArgumentException("expected a size of at least 1 by 1 and 1 or 3 channels, received "
                    + height + " by " + width + " with " + channels);
        }
    }

    public Shape shape() {
        return Shape.of(height, width, channels);
    }

    /**
     * Reads one picture in this format: {@code (height, width, channels)} from 0 to 255, stretched to the size, what is
     * transparent on white.
     *
     * @throws dev.gamelan.shape.FormatException if the file is damaged or no picture
     * @throws java.io.UncheckedIOException      if it cannot be read
     */
    public byte[] read(Path file) {
        return Resize.to(Picture.read(file).withChannels(channels), height, width).bytes();
    }
}
