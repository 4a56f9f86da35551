package dev.gamelan.benchmarks.chart;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Lines on two logarithmic axes, as SVG. Readable on a light and on a dark page: the picture has no background, and its text and
 * grid follow what the reader prefers.
 */
public record LineChart(String title, String x, String y, List<Line> lines) {

    /** A measured or a computed point; both numbers are positive. */
    public record Point(double x, double y) {}

    /**
     * A line with its name.
     *
     * @param guide whether it is there for comparison: dashed, gray, without dots
     */
    public record Line(String name, List<Point> points, boolean guide) {

        public Line {
            points = List.copyOf(points);
            if (points.isEmpty()) {
                throw new IllegalArgumentException("the line '" + name + "' has no points");
            }
        }

        public static Line measured(String name, List<Point> points) {
            return new Line(name, points, false);
        }

        public static Line guide(String name, List<Point> points) {
            return new Line(name, points, true);
        }
    }

    private static final int WIDTH = 720;
    private static final int HEIGHT = 440;
    private static final int LEFT = 70;
    private static final int RIGHT = 500;
    private static final int TOP = 44;
    private static final int BOTTOM = 384;
    private static final int LEGEND = 524;
    private static final int LEGEND_STEP = 24;

    /** Distinct for the color-blind, and on white and on black (Okabe and Ito, 2008). */
    private static final List<String> COLORS = List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9");

    private static final String STYLE = """
            text { font: 13px system-ui, sans-serif; fill: #24292f; }
            .title { font-size: 15px; font-weight: 600; }
            .grid { stroke: #d0d7de; }
            .guide { stroke: #6e7781; stroke-dasharray: 6 4; }
            polyline { fill: none; stroke-width: 2; }
            @media (prefers-color-scheme: dark) {
            text { fill: #c9d1d9; }
            .grid { stroke: #30363d; }
            .guide { stroke: #8b949e; }
            }
            """;

    public LineChart {
        lines = List.copyOf(lines);
        if (lines.isEmpty()) {
            throw new IllegalArgumentException("the chart '" + title + "' has no lines");
        }
    }

    /** The whole picture as a document. */
    public String svg() {
        LogAxis across = LogAxis.over(all(Point::x), LEFT, RIGHT);
        LogAxis up = LogAxis.over(all(Point::y), BOTTOM, TOP);
        StringBuilder svg = new StringBuilder(format("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">%n"
                + "<title>%s</title>%n<style>%n%s</style>%n", WIDTH, HEIGHT, escaped(title), STYLE));
        svg.append(text(LEFT, 24, "start", "title", title));
        for (double tick : across.ticks()) {
            svg.append(grid(across.place(tick), TOP, across.place(tick), BOTTOM));
            svg.append(text(across.place(tick), BOTTOM + 18, "middle", "", LogAxis.text(tick)));
        }
        for (double tick : up.ticks()) {
            svg.append(grid(LEFT, up.place(tick), RIGHT, up.place(tick)));
            svg.append(text(LEFT - 8, up.place(tick) + 4, "end", "", LogAxis.text(tick)));
        }
        svg.append(text((LEFT + RIGHT) / 2.0, BOTTOM + 42, "middle", "", x));
        svg.append(format("<g transform=\"translate(18 %d) rotate(-90)\">%n%s</g>%n", (TOP + BOTTOM) / 2, text(0, 0, "middle", "", y)));
        int color = 0;
        for (int i = 0; i < lines.size(); i++) {
            Line line = lines.get(i);
            String stroke = line.guide ? "class=\"guide\"" : "stroke=\"" + COLORS.get(color % COLORS.size()) + "\"";
            String fill = line.guide ? "" : COLORS.get(color++ % COLORS.size());
            svg.append(drawn(line, across, up, stroke, fill)).append(legend(line, TOP + 10 + i * LEGEND_STEP, stroke, fill));
        }
        return svg.append("</svg>\n").toString();
    }

    private double[] all(ToDoubleFunction<Point> coordinate) {
        return lines.stream().flatMap(line -> line.points.stream()).mapToDouble(coordinate).toArray();
    }

    private static String drawn(Line line, LogAxis across, LogAxis up, String stroke, String fill) {
        StringBuilder path = new StringBuilder();
        StringBuilder dots = new StringBuilder();
        for (Point point : line.points) {
            double px = across.place(point.x);
            double py = up.place(point.y);
            path.append(format("%s%.1f,%.1f", path.isEmpty() ? "" : " ", px, py));
            dots.append(line.guide ? "" : format("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\" fill=\"%s\"/>%n", px, py, fill));
        }
        return format("<polyline %s points=\"%s\"/>%n%s", stroke, path, dots);
    }

    private static String legend(Line line, int height, String stroke, String fill) {
        return format("<polyline %s points=\"%d,%d %d,%d\"/>%n", stroke, LEGEND, height, LEGEND + 26, height)
                + (line.guide ? "" : format("<circle cx=\"%d\" cy=\"%d\" r=\"3.5\" fill=\"%s\"/>%n", LEGEND + 13, height, fill))
                + text(LEGEND + 34, height + 4, "start", "", line.name);
    }

    private static String grid(double x1, double y1, double x2, double y2) {
        return format("<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>%n", x1, y1, x2, y2);
    }

    private static String text(double x, double y, String anchor, String style, String text) {
        return format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\"%s>%s</text>%n", x, y, anchor,
                style.isEmpty() ? "" : " class=\"" + style + "\"", escaped(text));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** Lines end the same on every system. */
    private static String format(String pattern, Object... values) {
        return String.format(Locale.ROOT, pattern.replace("%n", "\n"), values);
    }
}
