package dev.gamelan.domains.vision;

import dev.gamelan.domains.data.DataFolder;
import dev.gamelan.domains.data.Download;
import dev.gamelan.domains.data.Idx;
import dev.gamelan.domains.data.Progress;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Pictures of clothes, 28 by 28 pixels, gray: 60,000 to learn from and 10,000 to test with.
 *
 * @see <a href="https://arxiv.org/abs/1708.07747">H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST, 2017 (MIT)</a>
 */
public final class FashionMnist {

    public static final String NAME = "fashion-mnist";

    private static final String SITE = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/";
    private static final Download TRAIN_IMAGES = file("train-images-idx3-ubyte.gz",
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888");
    private static final Download TRAIN_LABELS = file("train-labels-idx1-ubyte.gz",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9");
    private static final Download TEST_IMAGES = file("t10k-images-idx3-ubyte.gz",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b");
    private static final Download TEST_LABELS = file("t10k-labels-idx1-ubyte.gz",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34");
    private static final List<String> LABELS = List.of("T-shirt", "trouser", "pullover", "dress", "coat", "sandal",
            "shirt", "sneaker", "bag", "ankle boot");

    private FashionMnist() {}

    /**
     * Finds the files in the data folder, else downloads them into it.
     *
     * @throws UncheckedIOException if they are not there and cannot be fetched; the message says what else helps
     * @throws FormatException      if a file is damaged
     */
    public static ImageSet load(DataFolder folder, Progress progress) {
        return new ImageSet(LABELS, images(folder, progress, TRAIN_IMAGES, TRAIN_LABELS),
                images(folder, progress, TEST_IMAGES, TEST_LABELS));
    }

    /** Whether {@link #load} would find everything without the network. */
    public static boolean isPresent(DataFolder folder) {
        return List.of(TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS).stream()
                .allMatch(file -> folder.find(NAME, file.name()).isPresent());
    }

    private static Images images(DataFolder folder, Progress progress, Download pixels, Download labels) {
        Data images = Idx.read(locate(folder, progress, pixels));
        Data classes = Idx.read(locate(folder, progress, labels));
        int[] numbers = new int[classes.length()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = (int) classes.getLong(i);
        }
        return new Images(Shape.of(28, 28, 1), (byte[]) images.array(), numbers);
    }

    private static Path locate(DataFolder folder, Progress progress, Download file) {
        Optional<Path> found = folder.find(NAME, file.name());
        if (found.isPresent()) {
            file.check(found.get());
            return found.get();
        }
        try {
            return file.into(folder.folder(NAME), progress);
        } catch (UncheckedIOException e) {
            throw new UncheckedIOException(NAME + " is not on this machine, and fetching it failed: " + e.getMessage()
                    + ". Put its four .gz files into " + folder.folder(NAME)
                    + ", or install Debian's package dataset-fashion-mnist", e.getCause());
        }
    }

    private static Download file(String name, String sha256) {
        return new Download(URI.create(SITE + name), name, sha256);
    }
}
