package dev.gamelan.codegen;

import dev.gamelan.oracle.Fuzzer;
import dev.gamelan.runtime.Pool;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Random programs on the jvm backend with one, two and three threads, with wide, narrow and no vectors in turns.
 * {@code -Dgamelan.fuzz.seconds=N} says for how long, {@code -Dgamelan.fuzz.seed=N} with which seed to begin;
 * {@code -Dgamelan.fuzz.keep=true} goes on after failures and lists them all.
 */
class FuzzTest {

    @Test
    void randomProgramsAgreeWithTheReference() {
        Duration time = Duration.ofSeconds(Long.getLong("gamelan.fuzz.seconds", 20));
        long firstSeed = Long.getLong("gamelan.fuzz.seed", 1_000);
        boolean keep = Boolean.getBoolean("gamelan.fuzz.keep");
        int wide = VectorSupport.preferredBits();
        try (Pool one = new Pool(1); Pool two = new Pool(2); Pool three = new Pool(3)) {
            List<Fuzzer> fuzzers = Stream.of(wide, Math.min(wide, 128), wide, 0).map(bits -> new Fuzzer(
                    List.of(new JvmBackend(one, bits), new JvmBackend(two, bits), new JvmBackend(three, bits)),
                    Kernels::assumeCompiled)).toList();
            Fuzzer.run(seed -> fuzzers.get((int) (seed % fuzzers.size())), firstSeed, time, keep);
        }
    }
}
