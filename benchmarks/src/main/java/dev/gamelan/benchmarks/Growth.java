package dev.gamelan.benchmarks;

import dev.gamelan.benchmarks.chart.LineChart;
import dev.gamelan.benchmarks.chart.LineChart.Line;
import dev.gamelan.codegen.Ceiling;
import dev.gamelan.runtime.Pool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Whether a step that has twice as much to compute takes twice as long: prints a table, and draws a chart.
 *
 * <p>Usage: {@code Growth FAMILY FOLDER [WARM_SECONDS [REPEAT_SECONDS]]}, a family being dense, conv or gpt. The chart is
 * {@code FOLDER/growth-FAMILY.svg}.
 */
public final class Growth {

    private static final int FIRST = 5;

    private record Point(int value, double gflop, Timing time) {

        double gigaflops() {
            return gflop / time.median();
        }
    }

    private Growth() {}

    public static void main(String[] args) throws IOException {
        if (args.length < 2 || args.length > 4) {
            System.err.println("usage: Growth dense|conv|gpt FOLDER [WARM_SECONDS [REPEAT_SECONDS]]");
            System.exit(2);
        }
        GrowthFamily family = GrowthFamily.valueOf(args[0].toUpperCase(Locale.ROOT));
        double warm = args.length > 2 ? Double.parseDouble(args[2]) : 2;
        double repeat = args.length > 3 ? Double.parseDouble(args[3]) : 0.3;
        double ceiling = Ceiling.gigaflops(Pool.shared());
        System.out.printf(Locale.ROOT, "%d threads, ceiling %.0f GFLOP/s%n%n", Pool.shared().workers(), ceiling);
        System.out.println("| what grows | to | ms | spread | GFLOP | GFLOP/s | share | arithmetic x | time x | ratio |");
        System.out.println("|---|---|---|---|---|---|---|---|---|---|");
        List<Line> lines = new ArrayList<>();
        // All sizes have the same kernels, so the first must not pay for their compilation.
        Timing _ = Timing.of(FIRST * warm, 0, family.step(family.series().values().iterator().next().getLast()).runs());
        for (Map.Entry<String, List<GrowthFamily.Size>> series : family.series().entrySet()) {
            List<Point> points = new ArrayList<>();
            for (GrowthFamily.Size size : series.getValue()) {
                TrainingStep step = family.step(size);
                points.add(new Point(family.value(series.getKey(), size), step.flops() / 1e9, Timing.of(warm, repeat, step.runs())));
                print(series.getKey(), points, ceiling);
            }
            lines.add(
                    Line.measured(series.getKey(), points.stream().map(p -> new LineChart.Point(p.gflop, p.time.median() * 1e3)).toList()));
        }
        lines.add(guide(lines, ceiling));
        Path file = Path.of(args[1], "growth-" + args[0] + ".svg");
        Files.writeString(file, new LineChart("One step of training, " + args[0], "GFLOP of the step", "ms", lines).svg());
        System.err.println("wrote " + file);
    }

    /** The newest point beside the one before. */
    private static void print(String series, List<Point> points, double ceiling) {
        Point now = points.getLast();
        String growth = " | | |";
        if (points.size() > 1) {
            Point before = points.get(points.size() - 2);
            double arithmetic = now.gflop / before.gflop;
            double time = now.time.median() / before.time.median();
            growth = String.format(Locale.ROOT, " %.2f | %.2f | %.2f |", arithmetic, time, time / arithmetic);
        }
        System.out.printf(Locale.ROOT, "| %s | %d | %.3f | %.3f to %.3f | %.3f | %.0f | %.0f %% |%s%n", series, now.value,
                now.time.median() * 1e3, now.time.least() * 1e3, now.time.most() * 1e3, now.gflop, now.gigaflops(),
                100 * now.gigaflops() / ceiling, growth);
    }

    /** The time that the arithmetic takes at the ceiling. */
    private static Line guide(List<Line> lines, double ceiling) {
        double[] gflop = lines.stream().flatMap(line -> line.points().stream()).mapToDouble(LineChart.Point::x).sorted().toArray();
        return Line.guide("at the ceiling", List.of(new LineChart.Point(gflop[0], gflop[0] / ceiling * 1e3),
                new LineChart.Point(gflop[gflop.length - 1], gflop[gflop.length - 1] / ceiling * 1e3)));
    }
}
