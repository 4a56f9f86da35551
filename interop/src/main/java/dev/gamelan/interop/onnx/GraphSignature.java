package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.StringStringEntryProto;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What {@code torch.onnx.export} notes in a graph since its exporter is built on {@code torch.export}: which tensors were parameters,
 * and which were buffers or constants, that nothing learns.
 *
 * @see <a href="https://docs.pytorch.org/docs/stable/export.html">torch.export.ExportGraphSignature</a>
 */
record GraphSignature(Set<String> parameters, Set<String> fixed) {

    private static final String KEY = "pkg.torch.export.ExportedProgram.graph_signature";
    private static final Pattern TENSOR = Pattern.compile("^\\S+: (PARAMETER|BUFFER|CONSTANT_TENSOR) target='([^']*)'", Pattern.MULTILINE);

    static Optional<GraphSignature> of(GraphProto graph) {
        return graph.getMetadataPropsList().stream().filter(entry -> entry.getKey().equals(KEY)).map(StringStringEntryProto::getValue)
                .map(text -> new GraphSignature(names(text, true), names(text, false)))
                .filter(signature -> !signature.parameters.isEmpty()).findFirst();
    }

    private static Set<String> names(String text, boolean parameters) {
        Matcher matcher = TENSOR.matcher(text);
        return matcher.results().filter(found -> found.group(1).equals("PARAMETER") == parameters)
                .map((MatchResult found) -> found.group(2))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Weights that the exporter folded or transposed have names of their own; a new name of a single number is one of the program. */
    boolean isParameter(String initializer, long size) {
        return parameters.contains(initializer) || size != 1 && !fixed.contains(initializer);
    }
}
