package dev.gamelan.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The caches of a processor, where the system says so in files, as Linux does. */
final class Caches {

    static final Path FIRST_PROCESSOR = Path.of("/sys/devices/system/cpu/cpu0/cache");

    private Caches() {}

    /** Those that hold data, such as {@code L1 48 KiB, L2 1024 KiB, L3 32768 KiB}; empty if nothing is known. */
    static String describe(Path folder) {
        List<String> caches = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, "index*")) {
            for (Path entry : entries) {
                if (!read(entry, "type").equals("Instruction")) {
                    caches.add("L" + read(entry, "level") + " " + read(entry, "size").replace("K", " KiB"));
                }
            }
        } catch (IOException e) {
            return "";
        }
        return String.join(", ", caches.stream().sorted().toList());
    }

    private static String read(Path entry, String file) throws IOException {
        return Files.readString(entry.resolve(file)).strip();
    }
}
