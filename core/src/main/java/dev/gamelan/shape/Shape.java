package dev.gamelan.shape;

import java.util.Arrays;
import java.util.stream.Collectors;

/** The extents of a tensor: immutable, always concrete, of any rank. Axis -1 is the last. */
public final class Shape {

    /** The shape of a single number: rank 0, one element. */
    public static final Shape SCALAR = new Shape(new int[0]);

    private final int[] dims;

    private Shape(int[] dims) {
        this.dims = dims;
    }

    /** @throws ShapeException if an extent is negative or there are more elements than a Java array can hold */
    public static Shape of(int... dims) {
        return dims.length == 0 ? SCALAR : checked(dims.clone());
    }

    private static Shape checked(int[] dims) {
        long size = 1;
        boolean empty = false;
        for (int dim : dims) {
            if (dim < 0) {
                throw ShapeException.of("a shape has a negative extent", "extents >= 0", text(dims));
            }
            empty |= dim == 0;
            size = Math.min(size * Math.max(dim, 1), 1L << 40);
        }
        if (!empty && size > Integer.MAX_VALUE - 8) {
            throw ShapeException.of("a tensor is too large for one Java array",
                    "at most " + (Integer.MAX_VALUE - 8) + " elements", text(dims));
        }
        return new Shape(dims);
    }

    public int rank() {
        return dims.length;
    }

    /** The extent of an axis; negative axes count from the end. */
    public int dim(int axis) {
        return dims[axis(axis)];
    }

    /** All extents, as a copy. */
    public int[] dims() {
        return dims.clone();
    }

    /** The number of elements. */
    public long size() {
        long size = 1;
        for (int dim : dims) {
            size *= dim;
        }
        return size;
    }

    /** {@link #size} as an int, which always fits. */
    public int length() {
        return (int) size();
    }

    public boolean isScalar() {
        return dims.length == 0;
    }

    /**
     * The axis as a number from 0.
     *
     * @throws ShapeException if there is no such axis
     */
    public int axis(int axis) {
        int result = axis < 0 ? axis + dims.length : axis;
        if (result < 0 || result >= dims.length) {
            throw ShapeException.of("there is no axis " + axis,
                    dims.length == 0 ? "no axis at all (a scalar)" : "an axis from " + -dims.length + " to " + (dims.length - 1),
                    "axis " + axis + " of shape " + this);
        }
        return result;
    }

    /** This shape with one extent replaced. */
    public Shape with(int axis, int dim) {
        int[] result = dims.clone();
        result[axis(axis)] = dim;
        return checked(result);
    }

    /** This shape without one axis. */
    public Shape without(int axis) {
        int at = axis(axis);
        int[] result = new int[dims.length - 1];
        System.arraycopy(dims, 0, result, 0, at);
        System.arraycopy(dims, at + 1, result, at, result.length - at);
        return new Shape(result);
    }

    /** This shape with an extra axis; {@code axis} counts in the result, so -1 appends. */
    public Shape insert(int axis, int dim) {
        int at = axis < 0 ? axis + dims.length + 1 : axis;
        if (at < 0 || at > dims.length) {
            throw ShapeException.of("cannot insert an axis", "a position from 0 to " + dims.length, axis + " in " + this);
        }
        int[] result = new int[dims.length + 1];
        System.arraycopy(dims, 0, result, 0, at);
        result[at] = dim;
        System.arraycopy(dims, at, result, at + 1, dims.length - at);
        return checked(result);
    }

    /** The axes from {@code from} (inclusive) to {@code to} (exclusive). */
    public Shape slice(int from, int to) {
        return new Shape(Arrays.copyOfRange(dims, from, to));
    }

    /** These extents followed by the other's. */
    public Shape concat(Shape other) {
        int[] result = Arrays.copyOf(dims, dims.length + other.dims.length);
        System.arraycopy(other.dims, 0, result, dims.length, other.dims.length);
        return checked(result);
    }

    /** The axes in another order: {@code result.dim(i) == dim(order[i])}. */
    public Shape permute(int... order) {
        int[] permuted = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            permuted[i] = dims[order[i]];
        }
        return new Shape(permuted);
    }

    /** Row-major strides in elements. */
    public int[] strides() {
        int[] strides = new int[dims.length];
        int stride = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= dims[i];
        }
        return strides;
    }

    /**
     * The shape that both broadcast to by NumPy's rule: extents are aligned at the end, and 1 stretches.
     *
     * @throws ShapeException if they do not fit
     */
    public static Shape broadcast(Shape a, Shape b) {
        if (a.equals(b)) {
            return a;
        }
        int rank = Math.max(a.rank(), b.rank());
        int[] result = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int x = i <= a.rank() ? a.dims[a.rank() - i] : 1;
            int y = i <= b.rank() ? b.dims[b.rank() - i] : 1;
            if (x != y && x != 1 && y != 1) {
                throw ShapeException.of("shapes do not broadcast",
                        "equal extents, or 1, counted from the last axis", a + " and " + b);
            }
            result[rank - i] = x == 1 ? y : x;
        }
        return checked(result);
    }

    /** Whether this shape stretches to {@code target} by NumPy's rule. */
    public boolean broadcastsTo(Shape target) {
        if (rank() > target.rank()) {
            return false;
        }
        for (int i = 1; i <= rank(); i++) {
            int mine = dims[rank() - i];
            if (mine != 1 && mine != target.dims[target.rank() - i]) {
                return false;
            }
        }
        return true;
    }

    @Override
    public boolean equals(Object other) {
        return this == other || other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** As in Python: {@code (2, 3)}, {@code (5,)}, {@code ()}. */
    @Override
    public String toString() {
        return text(dims);
    }

    private static String text(int[] dims) {
        return dims.length == 1 ? "(" + dims[0] + ",)"
                : Arrays.stream(dims).mapToObj(Integer::toString).collect(Collectors.joining(", ", "(", ")"));
    }
}
