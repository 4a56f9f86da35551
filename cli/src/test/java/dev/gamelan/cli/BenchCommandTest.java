package dev.gamelan.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchCommandTest {

    @Test
    void eachFigureIsALineOfAFreshProcess() {
        Gamelan result = Gamelan.run("bench", "w1.infer", "--warm", "0", "--repeat", "0", "--repeats", "3", "--threads", "1", "--quiet");
        assertEquals(0, result.status(), result.err());
        Map<String, JsonNode> figures = result.out().lines().map(JsonMapper.shared()::readTree)
                .collect(Collectors.toMap(line -> line.get("metric").stringValue(), line -> line));
        assertTrue(
                figures.keySet()
                        .containsAll(List.of("start_to_first", "infer_b1_p50", "infer_b1_p99", "infer_b1_machine_p99", "infer_b1_allocated",
                                "infer_b256")),
                result.out());
        figures.values().forEach(figure -> {
            assertEquals("gamelan", figure.get("peer").stringValue());
            assertEquals("w1.infer", figure.get("workload").stringValue());
            assertEquals(1, figure.get("threads").intValue());
            assertTrue(figure.get("value").doubleValue() > 0, figure.toString());
            assertTrue(figure.get("min").doubleValue() <= figure.get("value").doubleValue(), figure.toString());
            assertTrue(figure.get("max").doubleValue() >= figure.get("value").doubleValue(), figure.toString());
        });
        assertEquals("samples/s", figures.get("infer_b256").get("unit").stringValue());
        assertEquals(3, figures.get("infer_b256").get("repeats").intValue());
        assertEquals("us", figures.get("infer_b1_p50").get("unit").stringValue());
    }

    @Test
    void wrongUsageNamesTheWorkloads() {
        Gamelan.fails(2, List.of("w9.train", "w5.infer", "gemm"), "bench", "w9.train");
        Gamelan.fails(2, List.of("--repeats"), "bench", "w1.infer", "--repeats", "0");
    }
}
