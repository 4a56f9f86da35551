package dev.gamelan.codegen;

import dev.gamelan.oracle.Fuzzer;
import dev.gamelan.runtime.Backend;
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
            List<Fuzzer> fuzzers = List.of(fuzzer(wide, one, two), fuzzer(Math.min(wide, 128), one, three), fuzzer(wide, one, three),
                    fuzzer(0, one, two));
            Fuzzer.run(seed -> fuzzers.get((int) (seed % fuzzers.size())), firstSeed, time, keep);
        }
    }

    /** To the last bit: which of the two runs is a matter of chance. */
    @Test
    void blocksAgreeWithKernels() {
        Duration time = Duration.ofSeconds(Long.getLong("gamelan.fuzz.seconds", 20));
        int wide = VectorSupport.preferredBits();
        try (Pool one = new Pool(1); Pool two = new Pool(2)) {
            Fuzzer fuzzer = new Fuzzer(List.of(new JvmBackend(one, wide, true), new JvmBackend(two, wide)), FuzzTest::practiceAndForget);
            Fuzzer.run(_ -> fuzzer, Long.getLong("gamelan.fuzz.seed", 2_000), time, Boolean.getBoolean("gamelan.fuzz.keep"));
        }
    }

    private static void practiceAndForget() {
        Kernels.practice();
        Kernels.forget();
    }

    private static Fuzzer fuzzer(int vectorBits, Pool... pools) {
        return new Fuzzer(Stream.of(pools).<Backend>map(pool -> new JvmBackend(pool, vectorBits)).toList(), Kernels::assumeCompiled);
    }
}
