package dev.gamelan.cli;

import dev.gamelan.interop.files.AtomicFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The folder of a training: its settings, checkpoint and history. Where none is asked for there still is one while the
 * training runs, so that an interruption loses nothing.
 *
 * @param kept whether it stays after the training has ended
 */
record RunFolder(Path path, boolean kept) {

    private static final String CHECKPOINT = "checkpoint.safetensors";
    private static final List<String> FILES = List.of(CHECKPOINT, "history.json", "history.csv", RunSettings.FILE);

    /** @throws Failures.Refused if it already holds a training, or cannot be written */
    static RunFolder create(Path path) {
        if (Files.exists(path.resolve(CHECKPOINT))) {
            throw new Failures.Refused(
                    path + " already holds a training; go on with it by --resume " + path + ", or choose another folder");
        }
        checkWritable(path);
        return new RunFolder(path, true);
    }

    /** A folder beside the model; an earlier one of the same name is replaced. */
    static RunFolder temporary(Path out) {
        Path path = Path.of(out + ".run");
        checkWritable(path);
        new RunFolder(path, false).delete();
        checkWritable(path);
        return new RunFolder(path, false);
    }

    static RunFolder existing(Path path, boolean kept) {
        checkWritable(path);
        RunFolder folder = new RunFolder(path, kept);
        folder.deleteUnfinished();
        return folder;
    }

    boolean hasCheckpoint() {
        return Files.exists(path.resolve(CHECKPOINT));
    }

    /**
     * Finds out by trying, before hours of work depend on it; makes the folder if it is not there.
     *
     * @throws Failures.Refused if nothing can be written into it
     */
    static void checkWritable(Path folder) {
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, ".gamelan", ".tmp"));
        } catch (IOException e) {
            throw new Failures.Refused("cannot write into " + folder.toAbsolutePath() + ": " + AtomicFile.reason(e));
        }
    }

    /** Deletes what a process that was killed while it wrote has left. */
    private void deleteUnfinished() {
        try (DirectoryStream<Path> unfinished = Files.newDirectoryStream(path, ".{" + String.join(",", FILES) + "}.*.tmp")) {
            for (Path file : unfinished) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot clean " + path + ": " + AtomicFile.reason(e), e);
        }
    }

    /** Deletes the files of a training, and the folder if nothing else is in it; does nothing if there is no such folder. */
    void delete() {
        if (!Files.exists(path)) {
            return;
        }
        deleteUnfinished();
        try {
            for (String file : FILES) {
                Files.deleteIfExists(path.resolve(file));
            }
            Files.deleteIfExists(path);
        } catch (java.nio.file.DirectoryNotEmptyException e) {
            // Something of the user's is in it: that stays.
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + path + ": " + AtomicFile.reason(e), e);
        }
    }
}
