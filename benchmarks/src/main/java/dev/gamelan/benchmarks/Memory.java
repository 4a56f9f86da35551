package dev.gamelan.benchmarks;

import dev.gamelan.benchmarks.chart.LineChart;
import dev.gamelan.benchmarks.chart.LineChart.Line;
import dev.gamelan.shape.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The memory of training against the depth of a network, with and without recomputation of each block: pooled memory as planned, and
 * the peak of a fresh process for each point. Prints a table, and draws {@code FOLDER/memory.svg}.
 *
 * <p>Usage: {@code Memory FOLDER}.
 */
public final class Memory {

    private static final Shape INPUT = Shape.of(4, 256, 256);
    private static final int HEADS = 4;
    private static final List<Integer> DEPTHS = List.of(2, 4, 8, 16, 32);
    private static final String POINT = "point";
    private static final double MEGA = 1 << 20;

    /** All in MiB, but for the milliseconds of a step. */
    private record Point(double arena, double state, double peak, double millis) {

        static Point parse(String line) {
            String[] words = line.split(" ");
            return new Point(Double.parseDouble(words[0]), Double.parseDouble(words[1]), Double.parseDouble(words[2]),
                    Double.parseDouble(words[3]));
        }
    }

    private Memory() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        if (args.length == 3 && args[0].equals(POINT)) {
            measure(Integer.parseInt(args[1]), Boolean.parseBoolean(args[2]));
        } else if (args.length == 1) {
            all(Path.of(args[0], "memory.svg"));
        } else {
            System.err.println("usage: Memory FOLDER");
            System.exit(2);
        }
    }

    /** In this process. The peak is read before the plan is made a second time for its size. */
    private static void measure(int depth, boolean recompute) throws IOException {
        TrainingStep step = new Blocks(depth, HEADS, recompute).step(INPUT);
        Timing time = Timing.of(1, 0.1, step.runs());
        double peak = Fork.peakMegabytes();
        System.out.printf(Locale.ROOT, "%.2f %.2f %.1f %.2f%n", step.arenaBytes() / MEGA, step.stateBytes() / MEGA, peak,
                time.median() * 1e3);
    }

    private static void all(Path file) throws IOException, InterruptedException {
        System.out.printf("input %s, %d heads%n%n", INPUT, HEADS);
        System.out.println("| blocks | recomputed | arena MiB | weights MiB | peak RSS MiB | ms a step |");
        System.out.println("|---|---|---|---|---|---|");
        List<Line> lines = new ArrayList<>();
        for (boolean recompute : List.of(false, true)) {
            List<LineChart.Point> arena = new ArrayList<>();
            List<LineChart.Point> peak = new ArrayList<>();
            for (int depth : DEPTHS) {
                Point point = Point.parse(Fork.run(Memory.class, List.of(), POINT, Integer.toString(depth), Boolean.toString(recompute)));
                System.out.printf(Locale.ROOT, "| %d | %s | %.1f | %.1f | %.0f | %.0f |%n", depth, recompute ? "each block" : "nothing",
                        point.arena, point.state, point.peak, point.millis);
                arena.add(new LineChart.Point(depth, point.arena));
                peak.add(new LineChart.Point(depth, point.peak));
            }
            String suffix = recompute ? ", recomputing" : "";
            lines.add(Line.measured("arena" + suffix, arena));
            lines.add(Line.measured("process" + suffix, peak));
        }
        Files.writeString(file, new LineChart("Memory of a step of training", "blocks", "MiB", lines).svg());
        System.err.println("wrote " + file);
    }
}
