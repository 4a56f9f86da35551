package dev.gamelan.benchmarks.chart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.benchmarks.chart.LineChart.Line;
import dev.gamelan.benchmarks.chart.LineChart.Point;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class LineChartTest {

    private static final Line DOUBLING = Line.measured("a < b & c", List.of(new Point(1, 3), new Point(2, 6), new Point(4, 12)));

    @Test
    void theDocumentIsWellFormedAndSaysWhatItShows() throws Exception {
        Line guide = Line.guide("the arithmetic", List.of(new Point(1, 2.5), new Point(4, 10)));
        Document svg = parse(new LineChart("Growth > 1", "GFLOP", "ms", List.of(DOUBLING, guide)).svg());
        assertEquals("svg", svg.getDocumentElement().getTagName());
        List<String> texts = texts(svg);
        assertTrue(texts.containsAll(List.of("Growth > 1", "GFLOP", "ms", "a < b & c", "the arithmetic", "1", "2", "5", "10")),
                texts.toString());
        // Each line has its stroke in the legend; dots are for what was measured, and one is in the legend.
        assertEquals(4, svg.getElementsByTagName("polyline").getLength());
        assertEquals(4, svg.getElementsByTagName("circle").getLength());
    }

    @Test
    void equalFactorsAreEqualDistances() throws Exception {
        NodeList dots = parse(new LineChart("t", "x", "y", List.of(DOUBLING)).svg()).getElementsByTagName("circle");
        for (String coordinate : List.of("cx", "cy")) {
            double first = at(dots, 1, coordinate) - at(dots, 0, coordinate);
            assertEquals(first, at(dots, 2, coordinate) - at(dots, 1, coordinate), 0.11);
            assertTrue(coordinate.equals("cx") ? first > 0 : first < 0, "right and up are more");
        }
    }

    @Test
    void oneValueIsEnoughForAnAxis() throws Exception {
        parse(new LineChart("t", "x", "y", List.of(Line.measured("one", List.of(new Point(7, 7))))).svg());
    }

    @Test
    void ticksAreRoundAndFew() {
        assertEquals(List.of(1.0, 2.0, 5.0, 10.0, 20.0), LogAxis.over(new double[] {1, 20}, 0, 1).ticks());
        assertEquals(List.of(0.1, 1.0, 10.0, 100.0, 1000.0), LogAxis.over(new double[] {0.1, 1000}, 0, 1).ticks());
        assertEquals(List.of("0.05", "1", "2,000"), List.of(LogAxis.text(0.05), LogAxis.text(1), LogAxis.text(2000)));
    }

    @Test
    void whatALogarithmCannotShowIsRefused() {
        LineChart zero = new LineChart("t", "x", "y", List.of(Line.measured("zero", List.of(new Point(1, 0)))));
        assertThrows(IllegalArgumentException.class, zero::svg);
        assertThrows(IllegalArgumentException.class, () -> Line.measured("none", List.of()));
        assertThrows(IllegalArgumentException.class, () -> new LineChart("t", "x", "y", List.of()));
    }

    private static double at(NodeList dots, int i, String coordinate) {
        return Double.parseDouble(((Element) dots.item(i)).getAttribute(coordinate));
    }

    private static List<String> texts(Document svg) {
        NodeList texts = svg.getElementsByTagName("text");
        return IntStream.range(0, texts.getLength()).mapToObj(i -> texts.item(i).getTextContent()).toList();
    }

    private static Document parse(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }
}
