package dev.gamelan.interop.onnx.ops;

import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Permutations;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/** Positions, and vectors laid along axes. */
final class Grid {

    private Grid() {}

    /** INT32 of a shape: each element is its own index along an axis. */
    static Tensor places(Shape shape, int axis) {
        return Tensor.of(Ops.iota(new Type(DType.INT32, shape), axis));
    }

    /** A vector as one number per channel, axis 1 of a tensor of this rank. */
    static Tensor channels(Tensor vector, int rank) {
        return along(vector, 1, rank);
    }

    /** A vector along one axis of a tensor of this rank, the other extents 1. */
    static Tensor along(Tensor vector, int axis, int rank) {
        int[] dims = new int[rank];
        Arrays.fill(dims, 1);
        dims[axis] = vector.dim(0);
        return vector.reshape(dims);
    }

    /** Indices that may count from the end, as ones that do not. */
    static Tensor fromStart(Tensor indices, int extent) {
        return indices.add(extent).where(indices.less(0), indices);
    }

    /** The axes of a tensor, channels first, with the channels last. */
    static int[] channelsLast(int rank) {
        int[] order = new int[rank];
        for (int i = 1; i < rank - 1; i++) {
            order[i] = i + 1;
        }
        order[rank - 1] = 1;
        return order;
    }

    /** The way back from {@link #channelsLast}. */
    static int[] channelsFirst(int rank) {
        int[] order = new int[rank];
        order[1] = rank - 1;
        for (int i = 2; i < rank; i++) {
            order[i] = i - 1;
        }
        return order;
    }

    static Tensor toLast(Tensor x) {
        return x.rank() < 3 ? x : permute(x, channelsLast(x.rank()));
    }

    static Tensor toFirst(Tensor x) {
        return x.rank() < 3 ? x : permute(x, channelsFirst(x.rank()));
    }

    /** One permutation after another is one, or none, also with a reshape between them: so the tokens of an image are no view of planes. */
    static Tensor permute(Tensor x, int... order) {
        List<Integer> axes = Arrays.stream(order).map(x.shape()::axis).boxed().toList();
        return Permutations.joined(axes, x.node()).map(Tensor::of).orElseGet(() -> x.permute(order));
    }
}
