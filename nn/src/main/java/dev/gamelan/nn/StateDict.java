package dev.gamelan.nn;

import dev.gamelan.interop.safetensors.MappedTensors;
import dev.gamelan.interop.safetensors.SafeTensors;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.NameException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the weights of a network are called and how they are laid out where PyTorch keeps them, its state dict, so that they
 * can be read from safetensors files of others and written for them. Linear maps are {@code (out, in)} there and
 * {@code (in, out)} here, kernels {@code (out, in, spatial...)} there and {@code (spatial..., in, out)} here.
 *
 * @param entries  the weights
 * @param prefixes what may come before all names, such as {@code bert.} in the files of larger networks
 * @param counters numbers that PyTorch keeps and nothing here needs: not read, and written as 0
 * @param ignored  patterns of names that are no mistake if they are in a file, as {@link TensorMap#select} has them
 */
public record StateDict(List<Entry> entries, List<String> prefixes, Set<String> counters, Set<String> ignored) {

    public StateDict {
        entries = List.copyOf(entries);
        prefixes = List.copyOf(prefixes);
        counters = Set.copyOf(counters);
        ignored = Set.copyOf(ignored);
    }

    /**
     * One tensor.
     *
     * @param path  here
     * @param names there; more than one if it was renamed, the newest first
     */
    public record Entry(String path, List<String> names, Layout layout) {

        public Entry {
            names = List.copyOf(names);
        }
    }

    /** How the axes there stand to those here. */
    public enum Layout {
        SAME, REVERSED, CHANNELS_FIRST;

        /** The axes of the file, in the order that they have here. */
        private int[] order(int rank) {
            int[] order = new int[rank];
            for (int i = 0; i < rank; i++) {
                order[i] = switch (this) {
                    case SAME -> i;
                    case REVERSED -> rank - 1 - i;
                    case CHANNELS_FIRST -> i < rank - 2 ? i + 2 : rank - 1 - i;
                };
            }
            return order;
        }

        private int[] inverse(int rank) {
            int[] order = order(rank);
            int[] inverse = new int[rank];
            for (int i = 0; i < rank; i++) {
                inverse[order[i]] = i;
            }
            return inverse;
        }

        Tensor own(Tensor x) {
            return this == SAME ? x : x.permute(order(x.rank()));
        }

        Tensor foreign(Tensor x) {
            return this == SAME ? x : x.permute(inverse(x.rank()));
        }

        Shape foreign(Shape shape) {
            return shape.permute(inverse(shape.rank()));
        }
    }

    /** Collects entries. Paths and names are those of whole layers. */
    public static final class Builder {

        private final List<Entry> entries = new ArrayList<>();
        private final List<String> prefixes = new ArrayList<>();
        private final Set<String> counters = new LinkedHashSet<>();
        private final Set<String> ignored = new LinkedHashSet<>();

        /** One tensor whose axes have the same order. */
        public Builder tensor(String path, String... names) {
            entries.add(new Entry(path, List.of(names), Layout.SAME));
            return this;
        }

        /** {@link Embedding}, {@link PositionEmbedding}: {@code torch.nn.Embedding}. */
        public Builder embedding(String path, String name) {
            return part(path, "weight", Layout.SAME, name, "weight");
        }

        /** {@link Dense}: {@code torch.nn.Linear}, with a bias if the layer here has one. */
        public Builder linear(String path, String name) {
            return part(path, "weight", Layout.REVERSED, name, "weight").part(path, "bias", Layout.SAME, name, "bias");
        }

        /** {@link Conv}: {@code torch.nn.Conv1d} to {@code Conv3d}, with a bias if the layer here has one. */
        public Builder conv(String path, String name) {
            return part(path, "weight", Layout.CHANNELS_FIRST, name, "weight").part(path, "bias", Layout.SAME, name, "bias");
        }

        /** {@link LayerNorm}, {@link GroupNorm}; the names of TensorFlow's time are understood too. */
        public Builder norm(String path, String name) {
            return part(path, "scale", Layout.SAME, name, "weight", "gamma").part(path, "bias", Layout.SAME, name, "bias", "beta");
        }

        /** {@link BatchNorm}: {@code torch.nn.BatchNorm1d} to {@code BatchNorm3d}. */
        public Builder batchNorm(String path, String name) {
            counters.add(Names.join(name, "num_batches_tracked"));
            return part(path, "scale", Layout.SAME, name, "weight").part(path, "bias", Layout.SAME, name, "bias")
                    .part(path, "mean", Layout.SAME, name, "running_mean").part(path, "variance", Layout.SAME, name, "running_var");
        }

        private Builder part(String path, String own, Layout layout, String name, String... theirs) {
            List<String> names = Arrays.stream(theirs).map(their -> Names.join(name, their)).toList();
            entries.add(new Entry(Names.join(path, own), names, layout));
            return this;
        }

        /** All names may have this before them. */
        public Builder prefix(String prefix) {
            prefixes.add(prefix);
            return this;
        }

        /** Such names, as {@link TensorMap#select} has them, may be in a file and are passed over. */
        public Builder ignoring(String... globs) {
            ignored.addAll(List.of(globs));
            return this;
        }

        public StateDict build() {
            return new StateDict(entries, prefixes, counters, ignored);
        }
    }

    /** The same with all paths here below another: for a network that is a part of a larger one. */
    public StateDict under(String path) {
        List<Entry> moved = entries.stream().map(entry -> new Entry(Names.join(path, entry.path), entry.names, entry.layout)).toList();
        return new StateDict(moved, prefixes, counters, ignored);
    }

    /** The same with more entries and patterns. */
    public StateDict plus(StateDict other) {
        return new StateDict(joined(entries, other.entries), joined(prefixes, other.prefixes), Set.copyOf(joined(counters, other.counters)),
                Set.copyOf(joined(ignored, other.ignored)));
    }

    private static <T> List<T> joined(Collection<T> a, Collection<T> b) {
        Set<T> all = new LinkedHashSet<>(a);
        all.addAll(b);
        return new ArrayList<>(all);
    }

    /**
     * What does not fit between a file and a network, by the names of the file.
     *
     * @param missing    what the network needs and the file has not, with shapes and with similar names that nobody asked for
     * @param unexpected what the file has and nobody needs
     * @param misshapen  what has another shape, with both
     */
    public record Report(List<String> missing, List<String> unexpected, List<String> misshapen) {

        public Report {
            missing = List.copyOf(missing);
            unexpected = List.copyOf(unexpected);
            misshapen = List.copyOf(misshapen);
        }

        public boolean fits() {
            return missing.isEmpty() && unexpected.isEmpty() && misshapen.isEmpty();
        }

        @Override
        public String toString() {
            return fits() ? "everything fits"
                    : "does not fit the network" + Fit.lines("missing", missing) + Fit.lines("unexpected", unexpected)
                            + Fit.lines("of another shape", misshapen);
        }
    }

    /** Compares the names and shapes of a file with those of weights; values are not read. */
    public Report compare(MappedTensors file, Weights like) {
        return new StateDictReader(this, file, like).report();
    }

    /**
     * Reads weights. Half precision becomes the type that the weights here have.
     *
     * @param like weights of the network, for their paths and shapes
     * @throws NameException if the file and the network do not fit exactly; the message is the {@link Report}
     */
    public Weights read(MappedTensors file, Weights like) {
        StateDictReader reader = new StateDictReader(this, file, like);
        Report report = reader.report();
        if (!report.fits()) {
            throw new NameException("the file " + report + "\n  to take what fits: readWhatFits(...)");
        }
        return reader.weights();
    }

    /** As {@link #read}, but what the file has not, or in another shape, stays as it is in {@code like}: a new head, for example. */
    public Weights readWhatFits(MappedTensors file, Weights like) {
        return new StateDictReader(this, file, like).weights();
    }

    /**
     * Reads weights into a model.
     *
     * @param file as {@link MappedTensors#open} takes it: one file, an index, or a folder of Hugging Face's
     * @throws NameException as {@link #read}
     */
    public <I extends Tree, O extends Tree> void load(Path file, Model<I, O> model) {
        model.publish(read(MappedTensors.open(file), model.weights()));
    }

    /**
     * Weights under the names and in the layout of PyTorch: {@code save(model.weights()).write(path)}.
     *
     * @throws NameException if there are weights that have no name there
     */
    public SafeTensors save(Weights weights) {
        TensorMap all = weights.parameters().merge(weights.buffers());
        Map<String, Data> tensors = new LinkedHashMap<>();
        Set<String> left = new LinkedHashSet<>(all.paths());
        for (Entry entry : entries) {
            if (left.remove(entry.path)) {
                tensors.put(entry.names.getFirst(), entry.layout.foreign(all.get(entry.path)).data());
            }
        }
        if (!left.isEmpty()) {
            throw new NameException("some weights have no name in PyTorch's state dict\n  expected  paths of this network\n  received  "
                    + left);
        }
        counters.forEach(name -> tensors.put(name, Data.of(DType.INT64, Shape.SCALAR, new long[1])));
        return new SafeTensors(tensors, Map.of("format", "pt"));
    }

    boolean ignores(String name) {
        return counters.contains(name) || ignored.stream().anyMatch(glob -> Names.glob(glob).matcher(name).matches());
    }
}
