package dev.gamelan.cli;

import dev.gamelan.interop.onnx.check.BackendTests;
import dev.gamelan.interop.onnx.check.BackendTests.Outcome;
import dev.gamelan.interop.onnx.check.BackendTests.Status;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Runs tests in the layout of ONNX's own. */
final class OnnxCheckCommand extends CliCommand {

    private List<Path> folders = List.of();
    private String report = "";

    OnnxCheckCommand() {
        super("check", "Run folders of ONNX backend tests (model.onnx, test_data_set_*/input_*.pb, output_*.pb).");
        arguments().rest(1, "DIR", "Tests, or folders of them.", Path.class, paths -> folders = paths)
                .option("--report", "FILE", "Also write what failed or was skipped, and why, as a page of Markdown.", String.class,
                        path -> report = path);
    }

    @Override
    int run(ObjectNode result) {
        for (Path folder : folders) {
            if (!Files.isDirectory(folder)) {
                throw new Failures.Refused("there is no folder " + folder);
            }
        }
        Map<Path, List<Outcome>> byFolder = new LinkedHashMap<>();
        for (Path folder : folders) {
            byFolder.put(folder, BackendTests.run(BackendTests.find(List.of(folder)), this::say));
        }
        List<Outcome> outcomes = byFolder.values().stream().flatMap(List::stream).toList();
        if (outcomes.isEmpty()) {
            throw new Failures.Refused("there are no tests in " + folders + ": a test is a folder with a model.onnx");
        }
        long passed = count(outcomes, Status.PASSED);
        long failed = count(outcomes, Status.FAILED);
        long skipped = count(outcomes, Status.SKIPPED);
        if (!report.isEmpty()) {
            CoverageReport.write(Path.of(report), byFolder);
        }
        out().println(passed + " passed, " + failed + " failed, " + skipped + " skipped");
        result.put("passed", passed).put("failed", failed).put("skipped", skipped);
        ArrayNode failures = result.putArray("failures");
        outcomes.stream().filter(outcome -> outcome.status() == Status.FAILED)
                .forEach(outcome -> failures.addObject().put("case", outcome.test()).put("reason", outcome.reason()));
        return failed == 0 ? 0 : Failures.FAILED;
    }

    private void say(Outcome outcome) {
        if (outcome.status() == Status.FAILED) {
            out().println(outcome.test() + ": " + outcome.reason());
        }
    }

    private static long count(List<Outcome> outcomes, Status status) {
        return outcomes.stream().filter(outcome -> outcome.status() == status).count();
    }
}
