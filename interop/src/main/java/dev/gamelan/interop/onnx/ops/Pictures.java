package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Compressed pictures, decoded by Java's ImageIO, whose JPEG decoder gives the same bits as the one that ONNX's tests were made
 * with; netpbm's formats by {@link Netpbm}. The classes of {@code java.desktop} are loaded when a picture is decoded, not before.
 */
final class Pictures {

    private static final Set<String> FORMATS = Set.of("jpeg", "png", "bmp", "tif", "tiff");
    private static final String EXPECTED = "a JPEG, PNG, BMP, TIFF or PNM file";

    /** Pixels in rows, each as 0xRRGGBB. */
    record Pixels(int height, int width, int[] colors) {}

    private Pictures() {}

    static void register(Registry r) {
        r.op("ImageDecoder", 20, c -> Call.one(ElementType.UINT8, decode(c)));
    }

    private static Tensor decode(Call c) {
        String format = c.attribute("pixel_format", "RGB");
        Data data = c.data(0);
        byte[] file = new byte[data.length()];
        for (int i = 0; i < file.length; i++) {
            file[i] = (byte) data.getLong(i);
        }
        Pixels pixels = Netpbm.is(file) ? Netpbm.read(c, file) : read(c, file);
        int[] shifts = switch (format) {
            case "RGB" -> new int[] {16, 8, 0};
            case "BGR" -> new int[] {0, 8, 16};
            case "Grayscale" -> new int[1];
            default -> throw Call.unsupported("pixel_format RGB, BGR or Grayscale", format);
        };
        byte[] values = new byte[pixels.colors.length * shifts.length];
        for (int i = 0; i < pixels.colors.length; i++) {
            int color = shifts.length == 1 ? luma(pixels.colors[i]) : pixels.colors[i];
            for (int k = 0; k < shifts.length; k++) {
                values[i * shifts.length + k] = (byte) (color >> shifts[k]);
            }
        }
        Shape shape = Shape.of(pixels.height, pixels.width, shifts.length);
        return Tensor.of(Data.of(ElementType.UINT8.carrier(), shape, values));
    }

    /** As ITU-R BT.601 weighs them, in fixed point as Pillow does. */
    private static int luma(int color) {
        return 19595 * (color >> 16 & 0xFF) + 38470 * (color >> 8 & 0xFF) + 7471 * (color & 0xFF) + 0x8000 >> 16;
    }

    /** Before memory for the pixels is taken: as ImageIO holds them, and as they are given. */
    static void room(Call c, long height, long width) {
        if (height < 1 || width < 1) {
            throw new FormatException("the picture has no pixels\n  expected  " + EXPECTED + "\n  received  " + height + " x " + width);
        }
        c.room((double) height * width, 2 * Integer.BYTES);
    }

    private static Pixels read(Call c, byte[] file) {
        try (ImageInputStream in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            while (readers.hasNext()) {
                ImageReader reader = readers.next();
                if (FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
                    return read(c, reader, in);
                }
            }
        } catch (IOException | IllegalArgumentException | IndexOutOfBoundsException | NullPointerException | NegativeArraySizeException
                | ArithmeticException | ClassCastException e) {
            throw new FormatException("the picture is damaged\n  expected  " + EXPECTED + "\n  received  "
                    + (e instanceof IOException && e.getMessage() != null ? e.getMessage() : file.length + " bytes that end or jump"), e);
        }
        throw new FormatException("not a picture that is read here\n  expected  " + EXPECTED + "\n  received  " + file.length
                + " bytes of something else; convert it before");
    }

    private static Pixels read(Call c, ImageReader reader, ImageInputStream in) throws IOException {
        List<String> warnings = new ArrayList<>();
        reader.addIIOReadWarningListener((_, warning) -> warnings.add(warning));
        try {
            reader.setInput(in, true, true);
            room(c, reader.getHeight(0), reader.getWidth(0));
            BufferedImage image = reader.read(0);
            // What is missing of a JPEG is gray, with no more than a warning.
            if (warnings.stream().anyMatch(warning -> warning.contains("Truncated") || warning.contains("premature end"))) {
                throw new IOException("it ends too early");
            }
            return pixels(image);
        } finally {
            reader.dispose();
        }
    }

    private static Pixels pixels(BufferedImage image) {
        int height = image.getHeight();
        int width = image.getWidth();
        if (image.getColorModel().getNumColorComponents() > 1) {
            return new Pixels(height, width, image.getRGB(0, 0, width, height, new int[width * height], 0, width));
        }
        // Java's own conversion of gray to RGB changes the brightness.
        Raster raster = image.getRaster();
        int[] colors = raster.getSamples(0, 0, width, height, 0, new int[width * height]);
        int most = (1 << raster.getSampleModel().getSampleSize(0)) - 1;
        for (int i = 0; i < colors.length; i++) {
            colors[i] = 0x010101 * (most == 255 ? colors[i] : Math.round(colors[i] * 255f / most));
        }
        return new Pixels(height, width, colors);
    }
}
