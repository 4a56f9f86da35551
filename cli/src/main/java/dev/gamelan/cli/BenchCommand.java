package dev.gamelan.cli;

import dev.gamelan.cli.bench.Bench;
import dev.gamelan.cli.bench.Plan;
import dev.gamelan.cli.bench.Workloads;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Measures the project's own speed: a fresh process for each workload, a line of JSON for each figure. */
final class BenchCommand extends CliCommand {

    private List<String> workloads = List.of();
    private int repeats = 5;
    private double warm = 4;
    private double repeat = 1.2;

    BenchCommand() {
        super("bench", "Measure speed: one fresh process per workload, one line of JSON per figure.");
        arguments().rest(0, "WORKLOAD", "Such as w1.train, w5.infer, gemm (default: all).", String.class, all -> workloads = all)
                .option("--repeats", "N", "Repeats, of which the median is taken (default: " + repeats + ").", int.class,
                        number -> repeats = number)
                .option("--warm", "S", "Seconds of warm-up before each figure (default: " + warm + ").", double.class,
                        seconds -> warm = seconds)
                .option("--repeat", "S", "Seconds of each repeat, at least (default: " + repeat + ").", double.class,
                        seconds -> repeat = seconds);
    }

    @Override
    int run(ObjectNode result) throws Exception {
        List<String> unknown = workloads.stream().filter(name -> !Workloads.names().contains(name)).toList();
        if (!unknown.isEmpty()) {
            throw wrongUsage("unknown workload " + String.join(", ", unknown) + "; there are " + String.join(", ", Workloads.names()));
        }
        if (repeats < 1 || !(warm >= 0) || !(repeat >= 0)) {
            throw wrongUsage(
                    "--repeats must be at least 1, --warm and --repeat at least 0; received " + repeats + ", " + warm + ", " + repeat);
        }
        Plan plan = new Plan(warm, repeats, repeat);
        AtomicInteger figures = new AtomicInteger();
        ArrayNode failed = result.putArray("failed");
        for (String workload : workloads.isEmpty() ? Workloads.names() : workloads) {
            note("measuring " + workload + " ...");
            int status = Bench.launch(workload, plan, Objects.requireNonNullElse(common().threads, 0), common().profile, line -> {
                figures.incrementAndGet();
                spec().commandLine().getOut().println(line);
            }, spec().commandLine().getErr()::println);
            if (status != 0) {
                failed.add(workload);
                spec().commandLine().getErr().println("gamelan: " + workload + " ended with status " + status);
            }
        }
        result.put("figures", figures.get());
        return failed.isEmpty() ? 0 : 1;
    }
}
