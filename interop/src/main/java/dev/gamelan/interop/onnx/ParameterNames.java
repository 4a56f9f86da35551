package dev.gamelan.interop.onnx;

import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.StringStringEntryProto;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which initializers are parameters: those with fractions that are neither statistics nor settings of an operator, nor numbers of the
 * program. And what
 * they are called: as the file calls them, unless PyTorch's exporter lost the name when it transposed or folded a
 * weight. It then writes {@code onnx::MatMul_853}, and the layer is known from the node alone that reads it:
 * {@code /encoder/layer.5/attention/self/query/MatMul} gives {@code encoder.layer.5.attention.self.query.weight}. Where the file has a
 * {@link GraphSignature}, the scopes of the node tell the layer, and the signature whether it had such a parameter.
 */
final class ParameterNames {

    private static final Pattern LOST = Pattern.compile("onnx::[A-Za-z0-9]+_\\d+");
    /**
     * What PyTorch's exporters call numbers of the program: exponents, epsilons, what a mask holds. A parameter of one element
     * has the name of its module. Only for files without a {@link GraphSignature}.
     */
    private static final Pattern NUMBER = Pattern.compile("(val|clone|expand|full|sqrt|scalar_tensor(_default)?|lift_fresh_copy|_to_copy"
            + "|m(in|ax)_val_cast|(.*/)?Constant(_\\d+)?_output)(_\\d+)?");
    private static final Pattern QUOTED = Pattern.compile("'([^']*)'");
    /** What the second and the third input of the operators are that have weights. */
    private static final Map<String, List<String>> ROLES = Map.of("MatMul", List.of("weight"), "Gemm", List.of("weight", "bias"), "Conv",
            List.of("weight", "bias"), "ConvTranspose", List.of("weight", "bias"));

    /** Inputs of operators that nothing learns. */
    private static final Map<String, List<Integer>> SETTINGS = Map.of("BatchNormalization", List.of(3, 4), "Resize", List.of(1, 2),
            "Upsample", List.of(1), "Clip", List.of(1, 2), "Pad", List.of(2), "QuantizeLinear", List.of(1), "DequantizeLinear",
            List.of(0, 1), "QLinearConv", List.of(1, 4, 6), "QLinearMatMul", List.of(1, 4, 6), "OneHot", List.of(2));

    private ParameterNames() {}

    /** Whether an initializer of one element was no parameter when it was written. */
    static boolean isNumber(String initializer) {
        return NUMBER.matcher(initializer).matches();
    }

    private static Set<String> settings(List<NodeProto> nodes) {
        Set<String> settings = new HashSet<>();
        Set<String> learned = new HashSet<>();
        Map<String, String> sources = new HashMap<>();
        for (NodeProto node : nodes) {
            if (node.getOpType().equals("Identity")) {
                sources.put(node.getOutput(0), sources.getOrDefault(node.getInput(0), node.getInput(0)));
            }
            if (node.getOpType().equals("BatchNormalization")) {
                node.getInputList().stream().limit(3).skip(1).map(input -> sources.getOrDefault(input, input)).forEach(learned::add);
            }
            for (int i : SETTINGS.getOrDefault(node.getOpType(), List.of())) {
                if (i < node.getInputCount()) {
                    settings.add(node.getInput(i));
                }
            }
        }
        // A shift of zeros may be one initializer with a mean of zeros, also with that of another layer.
        settings.removeAll(learned);
        return settings;
    }

    /** The name of each parameter, by that of its initializer. */
    static Map<String, String> of(List<NodeProto> nodes, Collection<String> floats, Optional<GraphSignature> signature) {
        Set<String> settings = settings(nodes);
        List<String> initializers = floats.stream().filter(name -> !settings.contains(name)).toList();
        Set<String> taken = new HashSet<>(floats);
        Map<String, List<String>> found = new HashMap<>();
        for (NodeProto node : nodes) {
            for (int i = 0; i < node.getInputCount(); i++) {
                String input = node.getInput(i);
                boolean lost = signature.map(it -> !it.parameters().contains(input)).orElseGet(() -> LOST.matcher(input).matches());
                if (taken.contains(input) && lost) {
                    found.computeIfAbsent(input, _ -> new ArrayList<>()).add(signature.isPresent() ? name(node, i, signature.get())
                            : name(node, i));
                }
            }
        }
        Map<String, String> names = new HashMap<>();
        for (String initializer : initializers) {
            List<String> candidates = found.getOrDefault(initializer, List.of());
            boolean known = candidates.size() == 1 && !candidates.getFirst().isEmpty() && taken.add(candidates.getFirst());
            names.put(initializer, known ? candidates.getFirst() : initializer);
        }
        return names;
    }

    /** Empty unless the scope of the node, the last of those that the exporter notes, had a parameter of this role. */
    private static String name(NodeProto node, int input, GraphSignature signature) {
        List<String> roles = ROLES.getOrDefault(node.getOpType(), List.of());
        String scopes = node.getMetadataPropsList().stream().filter(entry -> entry.getKey().equals("pkg.torch.onnx.name_scopes"))
                .map(StringStringEntryProto::getValue).findFirst().orElse("");
        List<String> names = QUOTED.matcher(scopes).results().map(found -> found.group(1)).toList();
        if (input == 0 || input > roles.size() || names.isEmpty()) {
            return "";
        }
        // The last scope is the node itself where the exporter notes it.
        return names.reversed().stream().limit(2).map(scope -> scope + "." + roles.get(input - 1)).filter(signature.parameters()::contains)
                .findFirst().orElse("");
    }

    /** Empty if the node does not say to which layer it belongs. */
    private static String name(NodeProto node, int input) {
        List<String> roles = ROLES.getOrDefault(node.getOpType(), List.of());
        int end = node.getName().lastIndexOf('/');
        boolean says = node.getName().startsWith("/") && end > 0 && input > 0 && input <= roles.size();
        return says ? layer(List.of(node.getName().substring(1, end).split("/"))) + "." + roles.get(input - 1) : "";
    }

    /** Where a sequence calls its own layers, a scope repeats the one around it: {@code features/features.9/conv} is features.9.conv. */
    private static String layer(List<String> scopes) {
        return IntStream.range(0, scopes.size())
                .filter(i -> i + 1 == scopes.size() || !scopes.get(i + 1).startsWith(scopes.get(i) + ".")).mapToObj(scopes::get)
                .collect(Collectors.joining("."));
    }
}
