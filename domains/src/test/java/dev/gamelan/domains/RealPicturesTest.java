package dev.gamelan.domains;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.domains.text.Ctc;
import dev.gamelan.interop.onnx.OnnxModel;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.font.TextLayout;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What trained networks see in pictures that are painted here. */
@Tag("slow")
class RealPicturesTest {

    private static final String READER = "ch_PP-OCRv4_rec_infer.onnx";
    private static final String DETECTOR = "face_detection_back_256x256_barracuda.onnx";

    private static BufferedImage paint(int width, int height, Color ground, Consumer<Graphics2D> painter) {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(ground);
        graphics.fillRect(0, 0, width, height);
        painter.accept(graphics);
        graphics.dispose();
        return image;
    }

    /** A line of text, 48 pixels high. */
    private static BufferedImage line(String text) {
        Font font = new Font(Font.SANS_SERIF, Font.PLAIN, 32);
        BufferedImage probe = new BufferedImage(1, 1, BufferedImage.TYPE_INT_RGB);
        int width = (int) new TextLayout(text, font, probe.createGraphics().getFontRenderContext()).getAdvance() + 24;
        return paint(width, 48, Color.WHITE, graphics -> {
            graphics.setColor(Color.BLACK);
            graphics.setFont(font);
            graphics.drawString(text, 12, 35);
        });
    }

    /** (1, height, width, 3) from -1 to 1; the networks here want blue first or red first, which is one for gray. */
    private static Tensor pixels(BufferedImage image) {
        float[] values = new float[image.getWidth() * image.getHeight() * 3];
        int[] rgb = image.getRGB(0, 0, image.getWidth(), image.getHeight(), new int[values.length / 3], 0, image.getWidth());
        for (int i = 0; i < rgb.length; i++) {
            for (int c = 0; c < 3; c++) {
                values[3 * i + c] = (rgb[i] >> 16 - 8 * c & 0xFF) / 127.5f - 1;
            }
        }
        return Tensor.of(values, 1, image.getHeight(), image.getWidth(), 3);
    }

    @Test
    void textIsRead() throws IOException {
        OnnxModel reader = RealModels.model(READER);
        List<String> keys = new ArrayList<>(List.of(""));
        keys.addAll(Files.readAllLines(RealModels.file("ppocr_keys_v1.txt")));
        keys.add(" ");
        for (String text : List.of("Hello World 2026", "Gamelan", "Pi is 3.14159", "TOTAL 27.50 EUR")) {
            assertEquals(text, read(reader, keys, text));
        }
        // By itself a small x looks like a large one: the network takes it for that, in ONNX Runtime too.
        assertEquals("X= 3.14159", read(reader, keys, "x = 3.14159"));
    }

    private static String read(OnnxModel reader, List<String> keys, String text) {
        TensorMap input = TensorMap.of("x", pixels(line(text)).permute(0, 3, 1, 2).eval());
        Tensor scores = reader.apply(input).get(reader.outputs().getFirst());
        assertEquals(keys.size(), scores.dim(2));
        Tensor theirs = RealModels.runtime(RealModels.file(READER), input, reader.outputs().getFirst());
        assertTrue(scores.sub(theirs).abs().max().item() < 1e-4, "as in ONNX Runtime");
        String own = letters(keys, scores);
        assertEquals(letters(keys, theirs), own);
        System.out.println("PP-OCRv4 reads '" + text + "' as '" + own + "', in ONNX Runtime too");
        return own;
    }

    private static String letters(List<String> keys, Tensor scores) {
        return Ctc.greedy(scores.get(0), 0).stream().map(keys::get).collect(Collectors.joining());
    }

    private static double faces(OnnxModel model, BufferedImage image) {
        TensorMap input = TensorMap.of("input:0", pixels(image).eval());
        TensorMap result = model.apply(input);
        double most = Double.NEGATIVE_INFINITY;
        for (String name : model.outputs()) {
            Tensor each = result.get(name);
            Tensor theirs = RealModels.runtime(RealModels.file(DETECTOR), input, name);
            double scale = Math.max(1, theirs.abs().max().item());
            assertTrue(each.sub(theirs).abs().max().item() < 1e-4 * scale, name + " is as in ONNX Runtime");
            if (each.dim(2) == 1) {
                most = Math.max(most, each.max().item());
            }
        }
        assertEquals(Shape.of(1, 512, 1), result.get("Identity:0").shape());
        assertEquals(Shape.of(1, 384, 16), result.get("Identity_3:0").shape());
        return 1 / (1 + Math.exp(-most));
    }

    /** A face, as simple as can be. */
    private static void face(Graphics2D graphics, int x, int y, int size) {
        graphics.setColor(new Color(60, 40, 25));
        graphics.fillOval(x - size / 12, y - size / 8, size + size / 6, size);
        graphics.setColor(new Color(225, 180, 150));
        graphics.fillOval(x, y, size, size * 13 / 10);
        graphics.setColor(new Color(60, 40, 25));
        for (int side = 0; side < 2; side++) {
            int left = x + size * (side == 0 ? 20 : 60) / 100;
            graphics.fillRect(left, y + size * 42 / 100, size / 5, size / 25);
            graphics.setColor(Color.WHITE);
            graphics.fillOval(left, y + size / 2, size / 5, size / 9);
            graphics.setColor(new Color(40, 30, 20));
            graphics.fillOval(left + size / 15, y + size / 2, size / 10, size / 9);
        }
        graphics.setColor(new Color(190, 140, 115));
        graphics.fillRect(x + size * 47 / 100, y + size * 60 / 100, size * 7 / 100, size / 5);
        graphics.setColor(new Color(160, 60, 60));
        graphics.fillOval(x + size * 33 / 100, y + size * 95 / 100, size / 3, size / 12);
    }

    /** A score above 0.5 counts as a face; how the network judges a painting is its own affair, so ONNX Runtime has to agree. */
    @Test
    void aFaceIsSeen() {
        OnnxModel detector = RealModels.model(DETECTOR);
        double empty = faces(detector, paint(256, 256, new Color(120, 130, 140), _ -> {}));
        double face = faces(detector, paint(256, 256, new Color(120, 130, 140), graphics -> face(graphics, 80, 70, 100)));
        System.out.printf("BlazeFace: painted face %.3f, nothing %.3f%n", face, empty);
        assertTrue(face > 0.5 && empty < 0.5, face + " and " + empty);
    }
}
