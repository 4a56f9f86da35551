package dev.gamelan.cli;

import dev.gamelan.domains.tabular.Task;
import dev.gamelan.domains.vision.ImageFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Options that say more about DATA. */
final class DataOptions {

    private @Nullable String target;
    private @Nullable Task task;
    private int imageSize;

    DataOptions(Arguments arguments) {
        arguments.option("--target", "COLUMN", "For a CSV file: the column to predict.", String.class, name -> target = name)
                .option("--task", "TASK", "For a CSV file: classification or regression (default: by what the column holds).",
                        Task.class, kind -> task = kind)
                .option("--image-size", "N", "For a folder: resize pictures to N x N (default: by the pictures, 16 to 64).", int.class,
                        pixels -> imageSize = pixels);
    }

    /**
     * What DATA means: a known name, a folder or a file.
     *
     * @throws picocli.CommandLine.ParameterException if it is none of these, or the options do not fit it
     */
    DataSource source(String data, CliCommand command) {
        Optional<DataSource.Known> known = DataSource.Known.named(data);
        Path path = Path.of(data);
        boolean folder = known.isEmpty() && Files.isDirectory(path);
        boolean file = known.isEmpty() && !folder && Files.exists(path);
        if (known.isEmpty() && !folder && !file) {
            throw command.wrongUsage(unknown(data));
        }
        if (!file && (target != null || task != null)) {
            throw command.wrongUsage("--target and --task are for CSV files; " + data + " is none");
        }
        if (!folder && imageSize != 0) {
            throw command.wrongUsage("--image-size is for folders of pictures; " + data + " is none");
        }
        if (folder) {
            return new DataSource.Folder(path, format(command));
        }
        return known.isPresent() ? known.get() : table(path, command);
    }

    private Optional<ImageFormat> format(CliCommand command) {
        if (imageSize != 0 && (imageSize < 4 || imageSize > 1024)) {
            throw command.wrongUsage("--image-size must be from 4 to 1024, received " + imageSize);
        }
        return imageSize == 0 ? Optional.empty() : Optional.of(new ImageFormat(imageSize, imageSize, 3));
    }

    private DataSource table(Path path, CliCommand command) {
        if (target == null) {
            throw command.wrongUsage(path + " is a file; to learn from a CSV file, name the column to predict with --target COLUMN");
        }
        return new DataSource.TableFile(path, target, Optional.ofNullable(task));
    }

    static String unknown(String data) {
        String names = Arrays.stream(DataSource.Known.values()).map(DataSource.Known::text).collect(Collectors.joining(", "));
        if (data.contains("/") || data.contains("\\") || data.toLowerCase(Locale.ROOT).endsWith(".csv")) {
            return "there is no file or folder " + data;
        }
        String nearest = Arrays.stream(DataSource.Known.values()).map(DataSource.Known::text)
                .min(Comparator.comparingInt(name -> Distance.between(name, data))).orElseThrow();
        return "unknown data set '" + data + "'; did you mean " + nearest + "? DATA is one of " + names
                + ", a folder of class folders, or a CSV file";
    }
}
