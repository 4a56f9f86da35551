package dev.gamelan.cli;

import dev.gamelan.codegen.Ceiling;
import dev.gamelan.codegen.VectorSupport;
import dev.gamelan.domains.data.DataFolder;
import dev.gamelan.domains.vision.FashionMnist;
import dev.gamelan.runtime.Pool;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Says what this machine and this JVM are good for, and what is missing. */
final class DoctorCommand extends CliCommand {

    DoctorCommand() {
        super("doctor", "Show JDK, vectors, cores, measured ceilings and data; say what is missing and how to get it.");
    }

    /** Something that should be otherwise, and what to do about it. */
    private record Finding(String problem, String cure) {}

    @Override
    int run(ObjectNode result) {
        int bits = VectorSupport.preferredBits();
        Pool pool = Pool.shared();
        note("measuring ...");
        Ceiling ceiling = Ceiling.measure(pool);
        long heap = Runtime.getRuntime().maxMemory();
        DataFolder data = DataFolder.standard();
        List<Finding> findings = findings(Runtime.version(), collectors(), bits, heap, FashionMnist.isPresent(data), data);

        result.put("jdk", System.getProperty("java.version")).put("vm", System.getProperty("java.vm.name")).put("gc", collectors())
                .put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch")).put("vector_bits", bits)
                .put("cores", Runtime.getRuntime().availableProcessors()).put("threads", pool.workers())
                .put("caches", Caches.describe(Caches.FIRST_PROCESSOR))
                .put("heap_bytes", heap).put("gflops_ceiling", ceiling.gigaflops()).put("gbytes_ceiling", ceiling.gigabytes())
                .put("data_folder", data.cache().toString()).put("fashion_mnist", FashionMnist.isPresent(data));
        ArrayNode problems = result.putArray("problems");
        print(result);
        for (Finding finding : findings) {
            problems.addObject().put("problem", finding.problem()).put("cure", finding.cure());
            out().println("! " + finding.problem() + "\n  " + finding.cure());
        }
        out().println(findings.isEmpty() ? "nothing is missing" : "");
        return 0;
    }

    private void print(ObjectNode result) {
        row("JDK", result.get("jdk").stringValue() + ", " + result.get("vm").stringValue() + ", " + result.get("gc").stringValue());
        row("machine",
                result.get("os").stringValue() + ", " + result.get("cores").intValue() + " cores, " + result.get("threads").intValue()
                        + " threads in use");
        row("vectors", result.get("vector_bits").intValue() + " bits");
        if (!result.get("caches").stringValue().isEmpty()) {
            row("caches", result.get("caches").stringValue());
        }
        row("heap", String.format(Locale.ROOT, "%.1f GB at most", result.get("heap_bytes").longValue() / 1e9));
        row("arithmetic", String.format(Locale.ROOT, "%.0f GFLOP/s (fused multiply-adds between registers, all threads)",
                result.get("gflops_ceiling").doubleValue()));
        row("memory", String.format(Locale.ROOT, "%.1f GB/s (read and written, all threads)", result.get("gbytes_ceiling").doubleValue()));
        row("data", result.get("data_folder").stringValue());
        row("digits", "inside this program");
        row("fashion-mnist", result.get("fashion_mnist").booleanValue() ? "found" : "not here");
    }

    private void row(String name, String text) {
        out().println(String.format(Locale.ROOT, "%-14s %s", name, text));
    }

    private static String collectors() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream().map(GarbageCollectorMXBean::getName)
                .collect(Collectors.joining(", "));
    }

    private static List<Finding> findings(Runtime.Version jdk, String collectors, int bits, long heap, boolean fashion, DataFolder data) {
        List<Finding> findings = new ArrayList<>();
        if (Jdk.corruptsUnderG1(jdk, collectors)) {
            findings.add(new Finding("JDK " + jdk + " is reported to corrupt data under the G1 collector (JDK-8377811)",
                    "use JDK 25.0.3 or later, or -XX:+UseSerialGC, which ./gamelan chooses by itself"));
        }
        if (bits == 0) {
            findings.add(new Finding("the module jdk.incubator.vector is not there, so everything is computed one number at a time",
                    "start Java with --add-modules jdk.incubator.vector, as ./gamelan does"));
        }
        if (heap < 1L << 30) {
            findings.add(
                    new Finding(String.format(Locale.ROOT, "the heap is small: %.1f GB", heap / 1e9), "give it more: GAMELAN_OPTS=-Xmx4g"));
        }
        if (!fashion) {
            findings.add(new Finding("the data set fashion-mnist is not on this machine",
                    "'gamelan train fashion-mnist' downloads it (30 MB); offline, put its four .gz files into "
                            + data.folder(FashionMnist.NAME)
                            + ", or install Debian's package dataset-fashion-mnist"));
        }
        return findings;
    }
}
