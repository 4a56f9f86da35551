package dev.gamelan.domains.vision;

import dev.gamelan.domains.data.Progress;
import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A folder that has a folder for each class, with pictures in it, at any depth. Names that start with a dot and files
 * that are no pictures are passed over; so are classes without pictures.
 *
 * @param labels  the names of the class folders, sorted
 * @param files   all pictures, sorted by class and path
 * @param classes the class of each, from 0
 */
public record ImageFolder(Path root, List<String> labels, List<Path> files, int[] classes) {

    private static final Set<String> SUFFIXES = Set.of("png", "jpg", "jpeg", "bmp", "gif");
    private static final int SMALLEST = 16;
    private static final int LARGEST = 64;

    /**
     * Lists the pictures without opening them.
     *
     * @throws FormatException      if there are not at least two classes
     * @throws UncheckedIOException if the folder cannot be read
     */
    public static ImageFolder list(Path root) {
        List<String> labels = new ArrayList<>();
        List<Path> files = new ArrayList<>();
        List<Integer> classes = new ArrayList<>();
        for (Path folder : children(root)) {
            List<Path> pictures = pictures(folder);
            if (!pictures.isEmpty()) {
                pictures.forEach(file -> classes.add(labels.size()));
                labels.add(folder.getFileName().toString());
                files.addAll(pictures);
            }
        }
        if (labels.size() < 2) {
            throw new FormatException(
                    root + " has " + (labels.isEmpty() ? "no class folders" : "only the class '" + labels.getFirst() + "'")
                            + " with pictures; expected two or more folders, one per class, with PNG or JPEG files in them");
        }
        return new ImageFolder(root, List.copyOf(labels), List.copyOf(files),
                classes.stream().mapToInt(Integer::intValue).toArray());
    }

    private static List<Path> children(Path root) {
        try (Stream<Path> entries = Files.list(root)) {
            return entries.filter(Files::isDirectory).filter(folder -> !folder.getFileName().toString().startsWith(".")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + root + ": " + AtomicFile.reason(e), e);
        }
    }

    private static List<Path> pictures(Path folder) {
        try (Stream<Path> entries = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
            return entries.filter(ImageFolder::isPicture).filter(Files::isRegularFile).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder + ": " + AtomicFile.reason(e), e);
        }
    }

    /** Whether the name says so. */
    public static boolean isPicture(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return !name.startsWith(".") && SUFFIXES.contains(name.substring(name.lastIndexOf('.') + 1));
    }

    /**
     * A format that suits these pictures, by a look at some of them: square, the median of their shorter sides, a
     * multiple of 4 from 16 to 64; gray if all are gray.
     */
    public ImageFormat suitableFormat() {
        int step = Math.max(1, files.size() / 25);
        List<Picture> some = IntStream.range(0, files.size()).filter(i -> i % step == 0)
                .mapToObj(i -> Picture.read(files.get(i))).toList();
        int[] sides = some.stream().mapToInt(picture -> Math.min(picture.height(), picture.width())).sorted().toArray();
        int side = Math.clamp(sides[sides.length / 2] / 4 * 4, SMALLEST, LARGEST);
        return new ImageFormat(side, side, some.stream().allMatch(picture -> picture.channels() == 1) ? 1 : 3);
    }

    /**
     * Reads every picture.
     *
     * @throws FormatException      if one is damaged; the message names it
     * @throws UncheckedIOException if one cannot be read
     */
    public Images read(ImageFormat format, Progress progress) {
        int length = format.shape().length();
        if ((long) length * files.size() > Integer.MAX_VALUE - 8) {
            throw new FormatException(root + ": " + files.size() + " pictures of " + format.height() + " x " + format.width()
                    + " do not fit into memory at once; choose a smaller size");
        }
        byte[] pixels = new byte[length * files.size()];
        AtomicInteger done = new AtomicInteger();
        IntStream.range(0, files.size()).parallel().forEach(i -> {
            System.arraycopy(format.read(files.get(i)), 0, pixels, i * length, length);
            progress.update(root.toString(), done.incrementAndGet(), files.size());
        });
        return new Images(format.shape(), pixels, classes.clone());
    }

    /** Reads every picture and holds out a part of each class; errors as in {@link #read}. */
    public ImageSet split(ImageFormat format, double testFraction, long seed, Progress progress) {
        return ImageSet.split(labels, read(format, progress), testFraction, seed);
    }
}
