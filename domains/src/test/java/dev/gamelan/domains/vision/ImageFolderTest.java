package dev.gamelan.domains.vision;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.domains.data.Progress;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {

    @TempDir
    Path root;

    @Test
    void classesAreFoldersAndFilesAreFoundAtAnyDepth() throws IOException {
        paint("dog/a.png", BufferedImage.TYPE_INT_RGB, 20, 30, 0xFF0000);
        paint("dog/deep/er/b.JPG", BufferedImage.TYPE_INT_RGB, 20, 30, 0xFF0000);
        paint("cat/c.png", BufferedImage.TYPE_INT_RGB, 20, 30, 0x00FF00);
        paint(".hidden/d.png", BufferedImage.TYPE_INT_RGB, 20, 30, 0);
        Files.createDirectories(root.resolve("empty"));
        Files.writeString(root.resolve("dog/notes.txt"), "no picture");
        ImageFolder folder = ImageFolder.list(root);
        assertEquals(List.of("cat", "dog"), folder.labels());
        assertArrayEquals(new int[] {0, 1, 1}, folder.classes());
        assertEquals(new ImageFormat(20, 20, 3), folder.suitableFormat());

        Images images = folder.read(new ImageFormat(4, 6, 3), Progress.NONE);
        assertEquals(Shape.of(4, 6, 3), images.shape());
        assertArrayEquals(new byte[] {0, -1, 0}, Arrays.copyOf(images.pixels(), 3));
        assertArrayEquals(new int[] {0, 1, 1}, images.classes());
    }

    @Test
    void grayIsReadAsItIs() throws IOException {
        for (int type : new int[] {BufferedImage.TYPE_BYTE_GRAY, BufferedImage.TYPE_USHORT_GRAY}) {
            BufferedImage image = new BufferedImage(2, 1, type);
            int full = type == BufferedImage.TYPE_BYTE_GRAY ? 255 : 65535;
            image.getRaster().setSample(0, 0, 0, full * 100 / 255);
            image.getRaster().setSample(1, 0, 0, full);
            Path file = root.resolve("gray.png");
            ImageIO.write(image, "png", file.toFile());
            assertArrayEquals(new byte[] {100, -1}, new ImageFormat(1, 2, 1).read(file));
            assertArrayEquals(new byte[] {100, 100, 100, -1, -1, -1}, new ImageFormat(1, 2, 3).read(file));
        }
    }

    @Test
    void whatIsTransparentLiesOnWhite() throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00123456);
        image.setRGB(1, 0, 0x80000000);
        ImageIO.write(image, "png", root.resolve("alpha.png").toFile());
        assertArrayEquals(new byte[] {-1, 127}, new ImageFormat(1, 2, 1).read(root.resolve("alpha.png")));
    }

    @Test
    void colorsBecomeGrayByLuma() throws IOException {
        Path file = paint("x.png", BufferedImage.TYPE_INT_RGB, 1, 1, 0x6496C8);
        assertArrayEquals(new byte[] {(byte) Math.round(0.299 * 100 + 0.587 * 150 + 0.114 * 200)}, new ImageFormat(1, 1, 1).read(file));
    }

    @Test
    void twoClassesAreNeeded() throws IOException {
        assertTrue(message(() -> ImageFolder.list(root)).contains("no class folders"));
        paint("one/a.png", BufferedImage.TYPE_INT_RGB, 2, 2, 0);
        assertTrue(message(() -> ImageFolder.list(root)).contains("only the class 'one'"));
        assertThrows(UncheckedIOException.class, () -> ImageFolder.list(root.resolve("absent")));
    }

    @Test
    void aDamagedPictureIsNamed() throws IOException {
        paint("b/fine.png", BufferedImage.TYPE_INT_RGB, 40, 40, 0);
        for (String name : new String[] {"whole.png", "whole.jpg"}) {
            Path whole = paint("a/" + name, BufferedImage.TYPE_INT_RGB, 40, 40, 0x123456);
            byte[] bytes = Files.readAllBytes(whole);
            ImageFolder folder = ImageFolder.list(root);
            for (int length : new int[] {0, 1, 10, 30, bytes.length / 2, bytes.length - (name.endsWith("png") ? 40 : 1)}) {
                Files.write(whole, Arrays.copyOf(bytes, length));
                String message = message(() -> folder.read(new ImageFormat(8, 8, 3), Progress.NONE));
                assertTrue(message.contains(name), message);
            }
            Files.writeString(whole, "<html></html>");
            assertTrue(message(() -> folder.read(new ImageFormat(8, 8, 3), Progress.NONE)).contains("is not a picture"));
            Files.delete(whole);
        }
    }

    private static String message(org.junit.jupiter.api.function.Executable code) {
        String message = assertThrows(FormatException.class, code).getMessage();
        assertFalse(message.contains("\n"), message);
        return message;
    }

    private Path paint(String name, int type, int width, int height, int rgb) throws IOException {
        BufferedImage image = new BufferedImage(width, height, type);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, rgb);
            }
        }
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        assertTrue(ImageIO.write(image, name.toLowerCase(java.util.Locale.ROOT).endsWith("png") ? "png" : "jpg", file.toFile()));
        return file;
    }
}
