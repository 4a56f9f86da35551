package dev.gamelan.nn;

import dev.gamelan.interop.safetensors.MappedTensors;
import dev.gamelan.interop.safetensors.StoredTensor;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds the weights of a network in a file, by name alone: values are read in {@link #weights}. */
final class StateDictReader {

    /** A weight in the file, and how it gets here. */
    private record Found(StoredTensor stored, StateDict.Layout layout) {

        Tensor read(DType dtype) {
            Tensor values = Tensor.of(stored.data());
            return layout.own(values.dtype() == dtype ? values : values.cast(dtype)).eval();
        }
    }

    private final StateDict dict;
    private final MappedTensors file;
    private final Weights like;
    private final Map<String, Found> found = new LinkedHashMap<>();
    private final Map<String, Shape> missing = new LinkedHashMap<>();
    private final List<String> misshapen = new ArrayList<>();
    private final Set<String> unexpected = new LinkedHashSet<>();

    StateDictReader(StateDict dict, MappedTensors file, Weights like) {
        this.dict = dict;
        this.file = file;
        this.like = like;
        TensorMap all = like.parameters().merge(like.buffers());
        unexpected.addAll(file.names());
        Set<String> unnamed = new LinkedHashSet<>(all.paths());
        for (StateDict.Entry entry : dict.entries()) {
            if (unnamed.remove(entry.path())) {
                look(entry, all.get(entry.path()).shape());
            }
        }
        unnamed.forEach(path -> missing.put(path + " (without a name there)", all.get(path).shape()));
        unexpected.removeIf(name -> prefixed(name).stream().anyMatch(dict::ignores));
    }

    private void look(StateDict.Entry entry, Shape own) {
        Shape expected = entry.layout().foreign(own);
        List<String> candidates = new ArrayList<>();
        for (String name : entry.names()) {
            candidates.add(name);
            dict.prefixes().forEach(prefix -> candidates.add(prefix + name));
        }
        for (String name : candidates) {
            if (unexpected.contains(name)) {
                unexpected.remove(name);
                StoredTensor stored = file.get(name);
                List<Long> dims = Arrays.stream(expected.dims()).asLongStream().boxed().toList();
                if (stored.dims().equals(dims)) {
                    found.put(entry.path(), new Found(stored, entry.layout()));
                } else {
                    misshapen.add(name + ": expected " + expected + ", received " + stored.dims());
                }
                return;
            }
        }
        missing.put(entry.names().getFirst(), expected);
    }

    /** A name of the file, and what it is without each prefix. */
    private List<String> prefixed(String name) {
        List<String> names = new ArrayList<>(List.of(name));
        dict.prefixes().stream().filter(name::startsWith).forEach(prefix -> names.add(name.substring(prefix.length())));
        return names;
    }

    StateDict.Report report() {
        List<String> lines = new ArrayList<>();
        missing.forEach((name, shape) -> {
            List<String> nearest = Names.nearest(name, unexpected);
            lines.add(name + " " + shape + (nearest.isEmpty() ? "" : ", perhaps " + nearest.getFirst()));
        });
        List<String> extra = unexpected.stream().map(name -> name + " " + file.get(name).dims()).toList();
        return new StateDict.Report(lines, extra, misshapen);
    }

    /** What was found, the rest as it was. */
    Weights weights() {
        return new Weights(like.parameters().map(this::read), like.buffers().map(this::read));
    }

    private Tensor read(String path, Tensor before) {
        Found place = found.get(path);
        return place == null ? before : place.read(before.dtype());
    }
}
