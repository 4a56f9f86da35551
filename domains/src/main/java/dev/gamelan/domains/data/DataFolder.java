package dev.gamelan.domains.data;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where files of named data sets are kept and looked for.
 *
 * @param cache  downloads go here, in a folder for each data set
 * @param system folders of the same form that are only read, such as those of a Linux distribution's packages
 */
public record DataFolder(Path cache, List<Path> system) {

    private static final Path DEBIAN = Path.of("/usr/share/datasets");

    public DataFolder {
        system = List.copyOf(system);
    }

    /** The system property {@code gamelan.data}, else the environment's {@code GAMELAN_DATA}, else {@code ~/.cache/gamelan}. */
    public static DataFolder standard() {
        String named = System.getProperty("gamelan.data", System.getenv().getOrDefault("GAMELAN_DATA", ""));
        Path cache = named.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache", "gamelan") : Path.of(named);
        return new DataFolder(cache, List.of(DEBIAN));
    }

    /** The folder for a data set's downloads, which need not exist. */
    public Path folder(String dataSet) {
        return cache.resolve(dataSet);
    }

    /** The file in the first place that has it. */
    public Optional<Path> find(String dataSet, String file) {
        return Stream.concat(Stream.of(cache), system.stream())
                .map(root -> root.resolve(dataSet).resolve(file)).filter(Files::isRegularFile).findFirst();
    }
}
