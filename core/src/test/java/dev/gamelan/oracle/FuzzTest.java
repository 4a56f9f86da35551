package dev.gamelan.oracle;

import dev.gamelan.codegen.JvmBackend;
import dev.gamelan.runtime.Pool;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Random programs on the jvm backend with one, two and three threads. {@code -Dgamelan.fuzz.seconds=N} says for how
 * long, {@code -Dgamelan.fuzz.seed=N} with which seed to begin; {@code -Dgamelan.fuzz.keep=true} goes on after failures
 * and lists them all.
 */
class FuzzTest {

    @Test
    void randomProgramsAgreeWithTheReference() {
        Duration time = Duration.ofSeconds(Long.getLong("gamelan.fuzz.seconds", 20));
        long seed = Long.getLong("gamelan.fuzz.seed", 1_000);
        boolean keep = Boolean.getBoolean("gamelan.fuzz.keep");
        try (Pool one = new Pool(1); Pool two = new Pool(2); Pool three = new Pool(3)) {
            Fuzzer fuzzer = new Fuzzer(List.of(new JvmBackend(one), new JvmBackend(two), new JvmBackend(three)));
            fuzzer.run(seed, time, keep);
        }
    }
}
