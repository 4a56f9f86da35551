package dev.gamelan.tensor;

import dev.gamelan.shape.NameException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.BiFunction;
import java.util.function.BinaryOperator;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Tensors by path, such as {@code block_0.attention.query.weight}; immutable, in the order of the paths. Equal only to
 * itself, as a {@link Tensor} is.
 */
@CheckReturnValue
public final class TensorMap implements Tree {

    private static final TensorMap EMPTY = new TensorMap(List.of(), List.of());

    private final List<String> paths;
    private final List<Tensor> values;

    private TensorMap(List<String> paths, List<Tensor> values) {
        this.paths = paths;
        this.values = values;
    }

    public static TensorMap of() {
        return EMPTY;
    }

    public static TensorMap of(String path, Tensor value) {
        return new TensorMap(List.of(path), List.of(value));
    }

    public static TensorMap of(Map<String, Tensor> entries) {
        TreeMap<String, Tensor> sorted = new TreeMap<>(entries);
        return new TensorMap(List.copyOf(sorted.keySet()), List.copyOf(sorted.values()));
    }

    static TensorMap ofSorted(List<String> paths, Iterator<Tensor> leaves) {
        List<Tensor> values = new ArrayList<>(paths.size());
        for (int i = 0; i < paths.size(); i++) {
            values.add(leaves.next());
        }
        return new TensorMap(paths, List.copyOf(values));
    }

    /** Collects entries; a path serves once. */
    public static final class Builder {

        private final Map<String, Tensor> entries = new LinkedHashMap<>();

        /** @throws NameException if the path is there already */
        @CanIgnoreReturnValue
        public Builder put(String path, Tensor value) {
            if (entries.putIfAbsent(path, value) != null) {
                throw new NameException("the path is there already\n  expected  each path once\n  received  " + path
                        + " twice");
            }
            return this;
        }

        public TensorMap build() {
            return of(entries);
        }
    }

    public int size() {
        return paths.size();
    }

    public boolean isEmpty() {
        return paths.isEmpty();
    }

    /** In their natural order. */
    public List<String> paths() {
        return paths;
    }

    /** In the order of the paths. */
    public List<Tensor> values() {
        return values;
    }

    public boolean contains(String path) {
        return Collections.binarySearch(paths, path) >= 0;
    }

    /** @throws NameException if there is no such path; the message lists the nearest */
    public Tensor get(String path) {
        int at = Collections.binarySearch(paths, path);
        if (at < 0) {
            throw missing(path);
        }
        return values.get(at);
    }

    public Tensor getOrDefault(String path, Tensor other) {
        return contains(path) ? get(path) : other;
    }

    private NameException missing(String path) {
        List<String> nearest = paths.stream().sorted(Comparator.comparingInt(other -> Names.distance(path, other)))
                .limit(3).toList();
        return new NameException("there is no tensor " + path + "\n  expected  one of " + size() + " paths"
                + (nearest.isEmpty() ? "" : ", nearest: " + String.join(", ", nearest)) + "\n  received  " + path);
    }

    /** What is below a prefix, without it: {@code at("encoder")} has {@code weight} for {@code encoder.weight}. */
    public TensorMap at(String prefix) {
        if (prefix.isEmpty()) {
            return this;
        }
        String start = prefix + ".";
        return filter(path -> path.startsWith(start)).rename(path -> path.substring(start.length()));
    }

    /** The inverse of {@link #at}: every path below a prefix. */
    public TensorMap under(String prefix) {
        return prefix.isEmpty() ? this : rename(path -> prefix + "." + path);
    }

    /**
     * The paths that match: {@code *} stands for anything without a dot, {@code **} for anything, {@code ?} for one
     * character.
     */
    public TensorMap select(String glob) {
        return filter(Names.glob(glob));
    }

    /** The paths that do not match; see {@link #select}. */
    public TensorMap without(String glob) {
        return filter(Names.glob(glob).negate());
    }

    private TensorMap filter(Predicate<String> keep) {
        List<String> keptPaths = new ArrayList<>();
        List<Tensor> keptValues = new ArrayList<>();
        for (int i = 0; i < paths.size(); i++) {
            if (keep.test(paths.get(i))) {
                keptPaths.add(paths.get(i));
                keptValues.add(values.get(i));
            }
        }
        return new TensorMap(List.copyOf(keptPaths), List.copyOf(keptValues));
    }

    /** @throws NameException if two paths become one */
    public TensorMap rename(UnaryOperator<String> newPath) {
        Builder result = new Builder();
        forEach((path, value) -> result.put(newPath.apply(path), value));
        return result.build();
    }

    /** With one tensor more, or replaced. */
    public TensorMap with(String path, Tensor value) {
        return merge(of(path, value));
    }

    /** Both; where both have a path, the other's tensor. */
    public TensorMap merge(TensorMap other) {
        Map<String, Tensor> entries = toMap();
        other.forEach(entries::put);
        return of(entries);
    }

    public TensorMap map(UnaryOperator<Tensor> function) {
        return new TensorMap(paths, values.stream().map(function).toList());
    }

    /** Each tensor replaced by a function of its path and itself. */
    public TensorMap map(BiFunction<String, Tensor, Tensor> function) {
        List<Tensor> result = new ArrayList<>(paths.size());
        forEach((path, value) -> result.add(function.apply(path, value)));
        return new TensorMap(paths, List.copyOf(result));
    }

    /**
     * The function of the tensors that both have at a path.
     *
     * @throws NameException if one has a path that the other has not
     */
    public TensorMap zip(TensorMap other, BinaryOperator<Tensor> function) {
        if (!paths.equals(other.paths)) {
            throw new NameException("zip: the paths differ\n  expected  equal paths\n  received  only left: "
                    + only(other) + ", only right: "
                    + other.only(this));
        }
        List<Tensor> result = new ArrayList<>(paths.size());
        for (int i = 0; i < paths.size(); i++) {
            result.add(function.apply(values.get(i), other.values.get(i)));
        }
        return new TensorMap(paths, List.copyOf(result));
    }

    private List<String> only(TensorMap other) {
        return paths.stream().filter(path -> !other.contains(path)).toList();
    }

    public void forEach(BiConsumer<String, Tensor> action) {
        for (int i = 0; i < paths.size(); i++) {
            action.accept(paths.get(i), values.get(i));
        }
    }

    /** A new map in the same order, which may be changed. */
    public Map<String, Tensor> toMap() {
        Map<String, Tensor> result = new LinkedHashMap<>();
        forEach(result::put);
        return result;
    }

    boolean appendTo(List<Tensor> leaves) {
        for (int i = 0; i < values.size(); i++) {
            leaves.add(values.get(i));
        }
        return true;
    }

    /** Paths with types and shapes; computes nothing. */
    @Override
    public String toString() {
        List<String> lines = new ArrayList<>();
        forEach((path, value) -> lines.add(path + ": " + value.node().type()));
        return lines.stream().collect(Collectors.joining(", ", "TensorMap[", "]"));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
