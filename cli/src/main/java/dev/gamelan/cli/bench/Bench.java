package dev.gamelan.cli.bench;

import dev.gamelan.runtime.Pool;
import java.io.BufferedReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Measures one workload and prints each figure as one line of JSON. A process measures one workload, so that its start and
 * its peak of memory are that workload's own: {@link #launch} starts such a process, {@link #main} is what it runs.
 */
public final class Bench {

    private Bench() {}

    /** {@code WORKLOAD WARM_SECONDS REPEATS REPEAT_SECONDS}. */
    public static void main(String[] args) {
        if (args.length != 4) {
            System.err.println("usage: Bench WORKLOAD WARM_SECONDS REPEATS REPEAT_SECONDS; workloads: " + Workloads.names());
            System.exit(2);
        }
        run(args[0], Plan.of(Arrays.asList(args).subList(1, 4)));
    }

    /** Measures in this process. */
    public static void run(String workload, Plan plan) {
        Workloads.run(workload, new Stopwatch(workload, Pool.shared().workers(), plan, figure -> System.out.println(figure.json())));
    }

    /**
     * Measures in a fresh process with this JVM's options. Networks that are used and not trained read their weights from a file,
     * which is written before that process starts; it reads them within the measured time.
     *
     * @param threads to compute with; 0: as many as by default
     * @param profile whether the process prints how long each kernel took
     * @param out     gets each line of figures
     * @param err     gets each line of standard error
     * @return the status with which the process ended
     */
    public static int launch(String workload, Plan plan, int threads, boolean profile, Consumer<String> out, Consumer<String> err)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        if (threads > 0) {
            command.add("-Dgamelan.threads=" + threads);
        }
        if (profile) {
            command.add("-Dgamelan.debug=time");
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Bench.class.getName(), workload));
        command.addAll(plan.arguments());
        ProcessBuilder builder = new ProcessBuilder(command);
        Optional<Net> net = Workloads.net(workload);
        if (net.isEmpty()) {
            return measure(builder, out, err);
        }
        Path weights = Files.createTempFile("gamelan-bench-", ".safetensors");
        try {
            net.get().fresh().save(weights);
            builder.environment().put(Net.WEIGHTS, weights.toString());
            return measure(builder, out, err);
        } finally {
            Files.deleteIfExists(weights);
        }
    }

    private static int measure(ProcessBuilder builder, Consumer<String> out, Consumer<String> err)
            throws IOException, InterruptedException {
        builder.environment().put(Stopwatch.LAUNCHED, Long.toString(System.currentTimeMillis()));
        Process process = builder.start();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            Thread errors = Thread.ofVirtual().start(() -> forward(process.errorReader(StandardCharsets.UTF_8), err));
            forward(lines, out);
            errors.join();
            return process.waitFor();
        } finally {
            process.destroy();
        }
    }

    /** But for the JVM's greeting to those who use the Vector API, which has no option against it. */
    private static void forward(BufferedReader lines, Consumer<String> to) {
        lines.lines().filter(line -> !line.startsWith("WARNING: Using incubator modules")).forEach(to);
    }
}
