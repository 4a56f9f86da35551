package dev.gamelan.domains.vision;

import dev.gamelan.domains.data.Idx;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Hand-written digits, 8 by 8 pixels, gray: 1,797 of them, inside this library.
 *
 * @see <a href="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits">E. Alpaydin and
 *     C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998 (CC BY 4.0)</a>
 */
public final class Digits {

    private static final long SPLIT_SEED = 0;

    private Digits() {}

    /** Always the same 80 % to learn from and 20 % to test with; ink is bright. Pixels are (8, 8, 1). */
    public static ImageSet load() {
        byte[] ink = (byte[]) resource("digits-images.idx3-ubyte").array();
        byte[] digit = (byte[]) resource("digits-labels.idx1-ubyte").array();
        byte[] pixels = new byte[ink.length];
        for (int i = 0; i < ink.length; i++) {
            pixels[i] = (byte) Math.min(255, ink[i] * 16);
        }
        int[] classes = new int[digit.length];
        for (int i = 0; i < digit.length; i++) {
            classes[i] = digit[i];
        }
        List<String> labels = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
        return ImageSet.split(labels, new Images(Shape.of(8, 8, 1), pixels, classes), 0.2, SPLIT_SEED);
    }

    private static Data resource(String name) {
        try (InputStream in = Objects.requireNonNull(Digits.class.getResourceAsStream(name), name)) {
            return Idx.read(in, name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
