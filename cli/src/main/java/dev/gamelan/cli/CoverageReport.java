package dev.gamelan.cli;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.interop.onnx.check.BackendTests.Outcome;
import dev.gamelan.interop.onnx.check.BackendTests.Status;
import dev.gamelan.interop.onnx.ops.Registry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Which operators there are, and which of ONNX's own tests do not pass, as a page. */
final class CoverageReport {

    private CoverageReport() {}

    /** @param outcomes by the folder that the tests are in */
    static void write(Path file, Map<Path, List<Outcome>> outcomes) {
        byte[] bytes = text(outcomes).getBytes(StandardCharsets.UTF_8);
        AtomicFile.write(file, channel -> {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        });
    }

    private static String text(Map<Path, List<Outcome>> outcomes) {
        StringBuilder page = new StringBuilder("# ONNX coverage\n\nWritten by `gamelan onnx check --report FILE DIR...`, not by hand.\n");
        outcomes.forEach((folder, some) -> tests(folder, some, page));
        page.append("\n## Operators\n");
        for (String domain : Registry.standard().domains()) {
            List<String> names = Registry.standard().names(domain);
            page.append("\n### ").append(domain.isEmpty() ? "ai.onnx" : domain).append(" (").append(names.size()).append(")\n\n");
            page.append(wrapped(String.join(", ", names))).append('\n');
        }
        return page.toString();
    }

    private static void tests(Path folder, List<Outcome> outcomes, StringBuilder page) {
        page.append("\n## Tests in ").append(folder).append("\n\n");
        for (Status status : Status.values()) {
            long count = outcomes.stream().filter(outcome -> outcome.status() == status).count();
            page.append("- ").append(count).append(' ').append(status.toString().toLowerCase(Locale.ROOT)).append('\n');
        }
        for (Status status : List.of(Status.FAILED, Status.SKIPPED)) {
            List<Outcome> some = outcomes.stream().filter(outcome -> outcome.status() == status).toList();
            if (!some.isEmpty()) {
                page.append("\n### ").append(status == Status.FAILED ? "Failed" : "Skipped").append("\n\n| test | reason |\n|---|---|\n");
                some.forEach(outcome -> page.append("| ").append(outcome.test()).append(" | ").append(outcome.reason().replace("|", "\\|"))
                        .append(" |\n"));
            }
        }
    }

    private static String wrapped(String text) {
        StringBuilder lines = new StringBuilder();
        int column = 0;
        for (String word : text.split(" ")) {
            if (column > 0 && column + 1 + word.length() > 120) {
                lines.append('\n');
                column = 0;
            } else if (column > 0) {
                lines.append(' ');
                column++;
            }
            lines.append(word);
            column += word.length();
        }
        return lines.toString();
    }
}
