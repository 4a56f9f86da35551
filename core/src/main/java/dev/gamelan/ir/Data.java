package dev.gamelan.ir;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import org.jspecify.annotations.Nullable;

/**
 * Computed values: a row-major Java array with its type. Whoever makes one gives the array away; it is never written
 * again, but by a program that it is donated to. Two are equal only if they are the same object.
 */
public final class Data {

    private final Type type;
    private final Object array;
    private @Nullable Derived derived;

    /** @param array of the kind {@link DType#newArray} makes, with exactly one element per element of the shape */
    public Data(Type type, Object array) {
        int length = java.lang.reflect.Array.getLength(array);
        if (length != type.shape().length() || type.dtype().newArray(0).getClass() != array.getClass()) {
            throw new IllegalArgumentException(
                    "array of " + length + " " + array.getClass().getComponentType() + " cannot hold " + type);
        }
        this.type = type;
        this.array = array;
    }

    public static Data of(DType dtype, Shape shape, Object array) {
        return new Data(new Type(dtype, shape), array);
    }

    public Type type() {
        return type;
    }

    public DType dtype() {
        return type.dtype();
    }

    public Shape shape() {
        return type.shape();
    }

    /** The storage itself, not a copy: to be read only. */
    public Object array() {
        return array;
    }

    /** Other forms of these values, which live as long. */
    public synchronized Derived derived() {
        if (derived == null) {
            derived = new Derived(false);
        }
        return derived;
    }

    /** For a program that was given this array to write over. */
    public synchronized void changed() {
        if (derived != null) {
            derived.change();
        }
    }

    /** The same values in an array of its own. */
    public Data copy() {
        Object copy = dtype().newArray(length());
        System.arraycopy(array, 0, copy, 0, length());
        return new Data(type, copy);
    }

    /** Takes over other values of this type, for whoever has this array for himself. */
    public void overwrite(Data other) {
        if (!other.type.equals(type)) {
            throw new IllegalArgumentException("the values do not fit the array\n  expected  " + type + "\n  received  " + other.type);
        }
        System.arraycopy(other.array, 0, array, 0, length());
        changed();
    }

    public int length() {
        return type.shape().length();
    }

    /** Element {@code i} as a double; an INT64 beyond 2^53 is rounded. */
    public double getDouble(int i) {
        return Scalars.getDouble(type.dtype(), array, i);
    }

    /** Element {@code i} as a long; fractions are cut off. */
    public long getLong(int i) {
        return Scalars.getLong(type.dtype(), array, i);
    }

    @Override
    public String toString() {
        return "Data" + type;
    }
}
