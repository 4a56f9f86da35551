package dev.gamelan.kernel;

import dev.gamelan.ir.Op;
import dev.gamelan.shape.Shape;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * How the elements of a logical tensor lie in a buffer: element (i, j, ...) is at {@code offset + i * strides[0] + j * strides[1] + ...}.
 * Strides of extents of 1 are 0, so equal accesses have equal strides.
 */
record Access(Shape shape, int offset, List<Integer> strides) {

    Access {
        strides = List.copyOf(strides);
    }

    static Access contiguous(Shape shape) {
        return of(shape, 0, shape.strides());
    }

    private static Access of(Shape shape, int offset, int[] strides) {
        for (int i = 0; i < strides.length; i++) {
            if (shape.dim(i) <= 1) {
                strides[i] = 0;
            }
        }
        return new Access(shape, offset, Arrays.stream(strides).boxed().toList());
    }

    boolean isContiguous() {
        return equals(contiguous(shape)) || shape.size() == 0;
    }

    int stride(int axis) {
        return strides.get(axis);
    }

    private int[] stridesArray() {
        return strides.stream().mapToInt(Integer::intValue).toArray();
    }

    /** What a layout operation makes of it; empty if the result is no such regular pattern. */
    Optional<Access> through(Op op) {
        if (op instanceof Op.Broadcast broadcast) {
            return Optional.of(broadcast(broadcast.shape()));
        } else if (op instanceof Op.Permute permute) {
            int[] order = permute.order().stream().mapToInt(Integer::intValue).toArray();
            return Optional.of(of(shape.permute(order), offset, Arrays.stream(order).map(this::stride).toArray()));
        } else if (op instanceof Op.Slice slice) {
            return Optional.of(slice(slice));
        } else if (op instanceof Op.Flip flip) {
            return Optional.of(flip(flip));
        } else if (op instanceof Op.Reshape reshape) {
            return reshape(reshape.shape());
        }
        throw new IllegalArgumentException(op + " is not a layout operation");
    }

    private Access broadcast(Shape target) {
        int[] result = new int[target.rank()];
        int extra = target.rank() - shape.rank();
        for (int i = 0; i < shape.rank(); i++) {
            result[i + extra] = shape.dim(i) == 1 ? 0 : stride(i);
        }
        return of(target, offset, result);
    }

    /** The elements from one place to another along an axis. */
    Access part(int axis, int from, int to) {
        int[] start = new int[shape.rank()];
        int[] limit = shape.dims();
        start[axis] = from;
        limit[axis] = to;
        return slice(new Op.Slice(Arrays.stream(start).boxed().toList(), Arrays.stream(limit).boxed().toList(),
                Collections.nCopies(limit.length, 1)));
    }

    private Access slice(Op.Slice slice) {
        int[] result = new int[shape.rank()];
        int[] dims = new int[shape.rank()];
        int start = offset;
        for (int i = 0; i < result.length; i++) {
            dims[i] = Math.ceilDiv(slice.limit().get(i) - slice.start().get(i), slice.step().get(i));
            result[i] = stride(i) * slice.step().get(i);
            start += slice.start().get(i) * stride(i);
        }
        Shape sliced = Shape.of(dims);
        return of(sliced, sliced.size() == 0 ? 0 : start, result);
    }

    private Access flip(Op.Flip flip) {
        int[] result = stridesArray();
        int start = offset;
        for (int axis : flip.axes()) {
            start += Math.max(0, shape.dim(axis) - 1) * result[axis];
            result[axis] = -result[axis];
        }
        return of(shape, start, result);
    }

    /** Splits and joins axes where neighbours lie one behind the other. */
    private Optional<Access> reshape(Shape target) {
        if (shape.size() <= 1) {
            return Optional.of(of(target, offset, new int[target.rank()]));
        }
        int[] result = new int[target.rank()];
        int to = target.rank() - 1;
        int from = shape.rank() - 1;
        while (from >= 0) {
            int base = shape.dim(from) == 1 ? 0 : stride(from);
            long run = shape.dim(from);
            while (from > 0 && (shape.dim(from - 1) == 1 || run == 1 || stride(from - 1) == base * run)) {
                from--;
                base = run == 1 ? stride(from) : base;
                run *= shape.dim(from);
            }
            long filled = 1;
            while (to >= 0 && (filled < run || target.dim(to) == 1)) {
                result[to] = (int) (base * filled);
                filled *= target.dim(to);
                to--;
            }
            if (filled != run) {
                return Optional.empty();
            }
            from--;
        }
        return Optional.of(of(target, offset, result));
    }
}
