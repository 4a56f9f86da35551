package dev.gamelan.tensor;

import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;

/** Functions of any {@link Tree}. */
public final class Trees {

    private Trees() {}

    /** All tensors, in the order of the components; a {@link RandomKey} gives its bits. */
    public static List<Tensor> leaves(Tree tree) {
        List<Tensor> leaves = new ArrayList<>();
        Structure.flatten(tree, leaves);
        return leaves;
    }

    /**
     * The path of each leaf, such as {@code layers.0.weight}, in the order of {@link #leaves}; a lone tensor has the
     * empty path.
     */
    public static List<String> paths(Tree tree) {
        List<String> paths = new ArrayList<>();
        structure(tree).paths("", paths);
        return paths;
    }

    /** The same structure with other tensors, in the order of {@link #leaves}. */
    public static <T extends Tree> T withLeaves(T tree, List<Tensor> leaves) {
        return make(structure(tree), leaves);
    }

    /** The same structure with each tensor replaced. */
    public static <T extends Tree> T map(T tree, UnaryOperator<Tensor> function) {
        List<Tensor> leaves = new ArrayList<>();
        Structure structure = Structure.flatten(tree, leaves);
        return make(structure, leaves.stream().map(function).toList());
    }

    /**
     * The same structure with the function of tensors at the same place.
     *
     * @throws TraceException if the structures differ
     */
    public static <T extends Tree> T zip(T a, T b, BinaryOperator<Tensor> function) {
        List<Tensor> left = new ArrayList<>();
        List<Tensor> right = new ArrayList<>();
        Structure structure = Structure.flatten(a, left);
        sameStructure("zip", structure, Structure.flatten(b, right));
        List<Tensor> result = new ArrayList<>(left.size());
        for (int i = 0; i < left.size(); i++) {
            result.add(function.apply(left.get(i), right.get(i)));
        }
        return make(structure, result);
    }

    /** The tensors by their paths. */
    public static TensorMap toMap(Tree tree) {
        TensorMap.Builder map = new TensorMap.Builder();
        List<String> paths = paths(tree);
        List<Tensor> leaves = leaves(tree);
        for (int i = 0; i < paths.size(); i++) {
            map.put(paths.get(i), leaves.get(i));
        }
        return map.build();
    }

    /** The same structure with the tensors that the map has at its paths: the inverse of {@link #toMap}. */
    public static <T extends Tree> T fromMap(T like, TensorMap map) {
        return withLeaves(like, paths(like).stream().map(map::get).toList());
    }

    /** The number of elements of all tensors together. */
    public static long size(Tree tree) {
        return leaves(tree).stream().mapToLong(Tensor::size).sum();
    }

    static Structure structure(Tree tree) {
        return Structure.flatten(tree, new ArrayList<>());
    }

    static void sameStructure(String what, Structure expected, Structure received) {
        if (!expected.equals(received)) {
            throw new TraceException(what + ": the structures differ\n  expected  " + expected.describe()
                    + "\n  received  " + received.describe());
        }
    }

    @SuppressWarnings("unchecked")
    static <T> T make(Structure structure, List<Tensor> leaves) {
        Iterator<Tensor> iterator = leaves.iterator();
        try {
            T result = (T) Objects.requireNonNull(structure.unflatten(iterator));
            if (iterator.hasNext()) {
                throw wrongCount(structure, leaves);
            }
            return result;
        } catch (java.util.NoSuchElementException e) {
            throw wrongCount(structure, leaves);
        }
    }

    private static ShapeException wrongCount(Structure structure, List<Tensor> leaves) {
        List<String> paths = new ArrayList<>();
        structure.paths("", paths);
        return ShapeException.of("a tree gets another number of tensors", paths.size() + " tensors for "
                + structure.describe(),
                leaves.size() + " tensors");
    }
}
