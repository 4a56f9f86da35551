package dev.gamelan.cli.bench;

import java.util.Locale;

/**
 * One measured value.
 *
 * @param least   of the repeats
 * @param most    of the repeats
 * @param repeats that the value is the median of
 */
record Figure(String workload, String metric, double value, String unit, int threads, double least, double most, int repeats) {

    /** One line. */
    String json() {
        return String.format(Locale.ROOT, "{\"peer\":\"gamelan\",\"workload\":\"%s\",\"metric\":\"%s\",\"value\":%.6g,\"unit\":\"%s\","
                + "\"threads\":%d,\"min\":%.6g,\"max\":%.6g,\"repeats\":%d}", workload, metric, value, unit, threads, least, most, repeats);
    }
}
