package dev.gamelan.interop.onnx.ops;

import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/** The operators by domain, name and the version of the operator set that they came with. */
public final class Registry {

    /** The domain of the operators of ONNX itself. */
    public static final String ONNX = "";
    /** Operators of ONNX Runtime that exporters emit. */
    public static final String MICROSOFT = "com.microsoft";
    public static final String TRAINING = "ai.onnx.preview.training";

    private static final Registry ALL = new Registry().registerAll();

    private record Key(String domain, String op) {}

    private final Map<Key, TreeMap<Integer, Operator>> operators = new java.util.HashMap<>();

    private Registry() {}

    public static Registry standard() {
        return ALL;
    }

    private Registry registerAll() {
        Elementwise.register(this);
        Activations.register(this);
        Reductions.register(this);
        Layouts.register(this);
        Parts.register(this);
        Creation.register(this);
        Indexing.register(this);
        Scatters.register(this);
        Casts.register(this);
        Quantization.register(this);
        Products.register(this);
        Norms.register(this);
        Windows.register(this);
        Pooling.register(this);
        Control.register(this);
        Loops.register(this);
        Scans.register(this);
        Sequences.register(this);
        Cells.register(this);
        Resizing.register(this);
        Losses.register(this);
        Sampling.register(this);
        Detection.register(this);
        Pictures.register(this);
        Uniques.register(this);
        Signals.register(this);
        Strings.register(this);
        TfIdf.register(this);
        Tokens.register(this);
        Training.register(this);
        Attentions.register(this);
        StateSpaces.register(this);
        Patches.register(this);
        Microsoft.register(this);
        MicrosoftAttentions.register(this);
        MicrosoftIntegers.register(this);
        MicrosoftMoves.register(this);
        GroupQueries.register(this);
        SparseQueries.register(this);
        Diffusion.register(this);
        Packing.register(this);
        PositionBiases.register(this);
        FewBits.register(this);
        Experts.register(this);
        Engrams.register(this);
        Decoding.register(this);
        Blocked.register(this);
        Legacy.register(this);
        MachineLearning.register(this);
        Trees.register(this);
        SupportVectors.register(this);
        Dictionaries.register(this);
        return this;
    }

    /** The meaning from a version of the domain's operator set on, until a later one is given. */
    Registry op(String domain, String op, int since, Operator operator) {
        operators.computeIfAbsent(new Key(domain, op), _ -> new TreeMap<>()).put(since, operator);
        return this;
    }

    /** An operator of ONNX, of which all versions look alike from here. */
    Registry op(String op, Operator operator) {
        return op(ONNX, op, 1, operator);
    }

    Registry op(String op, int since, Operator operator) {
        return op(ONNX, op, since, operator);
    }

    /** An operator of another domain that means what ONNX's means in a version of its set. */
    Registry alias(String domain, String op, int version) {
        Operator same = find(ONNX, op, version).orElseThrow();
        return op(domain, op, 1, c -> same.apply(c.at(version)));
    }

    /** An operator whose operands broadcast: see {@link ChannelsLast#broadcasting}. */
    Registry broadcasting(String op, int since, Operator operator) {
        return op(ONNX, op, since, ChannelsLast.broadcasting(operator));
    }

    /** A function of single elements of a tensor whose type it keeps. */
    Registry map(String op, Function<Tensor, Tensor> function) {
        return op(op, c -> c.same(ChannelsLast.pointwise(c.tensor(0), function::apply)));
    }

    /** The operator in a version of its set. */
    public Optional<Operator> find(String domain, String op, int version) {
        TreeMap<Integer, Operator> versions = operators.get(new Key(normal(domain), op));
        return versions == null ? Optional.empty() : Optional.ofNullable(versions.floorEntry(version)).map(Map.Entry::getValue);
    }

    /** ONNX's own first. */
    public List<String> domains() {
        return operators.keySet().stream().map(Key::domain).distinct().sorted().toList();
    }

    /** The names of a domain's operators. */
    public List<String> names(String domain) {
        return operators.keySet().stream().filter(key -> key.domain.equals(normal(domain))).map(Key::op).sorted().toList();
    }

    /** The domain of ONNX has two names. */
    public static String normal(String domain) {
        return domain.equals("ai.onnx") ? ONNX : domain;
    }
}
