package dev.gamelan.ir;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.lang.ref.WeakReference;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Computed values: a row-major Java array with its type. Whoever makes one gives the array away; it is never written
 * again, but by a program that it is donated to. Two are equal only if they are the same object.
 *
 * <p>Values may stay where they are stored, such as in a file, until somebody asks for them. A program that reads them in another form
 * alone ({@link #derived}) makes that from where they are stored, so that they are in memory once.
 */
public final class Data {

    /** Where values are that are read when they are asked for, as often as that happens. */
    @FunctionalInterface
    public interface Source {
        /** Writes elements {@code from} to {@code from + count} to the start of an array of the kind that {@link DType#newArray} makes. */
        void read(int from, int count, Object array);
    }

    private final Type type;
    /** Null as long as the values are only where they are stored. */
    private volatile @Nullable Object kept;
    private volatile @Nullable Source source;
    /** What was read and is not kept, as long as somebody uses it. */
    private @Nullable WeakReference<Object> lent;
    private @Nullable Derived derived;

    /** @param array of the kind {@link DType#newArray} makes, with exactly one element per element of the shape */
    public Data(Type type, Object array) {
        int length = java.lang.reflect.Array.getLength(array);
        if (length != type.shape().length() || type.dtype().newArray(0).getClass() != array.getClass()) {
            throw new IllegalArgumentException(
                    "array of " + length + " " + array.getClass().getComponentType() + " cannot hold " + type);
        }
        this.type = type;
        this.kept = array;
    }

    private Data(Type type, Source source) {
        this.type = type;
        this.source = source;
    }

    /** Values that stay where they are until they are asked for. */
    public static Data stored(Type type, Source source) {
        return new Data(type, source);
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

    /**
     * The values, to be read only: the storage itself, not a copy. Values that are stored elsewhere are read, and remembered as long as
     * somebody holds the array.
     */
    public Object array() {
        Object array = kept;
        return array != null ? array : lend();
    }

    private synchronized Object lend() {
        Object array = kept;
        if (array == null && lent != null) {
            array = lent.get();
        }
        if (array == null) {
            array = read();
            lent = new WeakReference<>(array);
        }
        return array;
    }

    private Object read() {
        Object array = dtype().newArray(length());
        read(0, length(), array);
        return array;
    }

    /** As {@link #array}, which is kept from now on: for those who need the values again and again. */
    public Object keep() {
        Object array = kept;
        return array != null ? array : keepLent();
    }

    private synchronized Object keepLent() {
        Object array = lend();
        kept = array;
        lent = null;
        return array;
    }

    /** These values with an array that stays as long as the result: for those who ask for it again and again, but not for ever. */
    public Data inMemory() {
        return kept != null ? this : new Data(type, array());
    }

    /** The storage if it is in memory; null where values would have to be read. */
    public @Nullable Object arrayIfKept() {
        return kept;
    }

    /** Copies elements {@code from} to {@code from + count} to the start of another array of the same kind. */
    public void read(int from, int count, Object target) {
        Object array = kept;
        if (array != null) {
            System.arraycopy(array, from, target, 0, count);
        } else {
            Objects.requireNonNull(source).read(from, count, target);
        }
    }

    /** Other forms of these values, which live as long. */
    public synchronized Derived derived() {
        if (derived == null) {
            derived = new Derived(this);
        }
        return derived;
    }

    /** For a program that was given this array to write over; what was stored is no longer what these values are. */
    public synchronized void changed() {
        Object _ = keep();
        source = null;
        if (derived != null) {
            derived.change();
        }
    }

    /** The same values in an array of its own. */
    public Data copy() {
        Object copy = dtype().newArray(length());
        read(0, length(), copy);
        return new Data(type, copy);
    }

    /** Takes over other values of this type, for whoever has this array for himself. */
    public void overwrite(Data other) {
        if (!other.type.equals(type)) {
            throw new IllegalArgumentException("the values do not fit the array\n  expected  " + type + "\n  received  " + other.type);
        }
        changed();
        other.read(0, length(), keep());
    }

    public int length() {
        return type.shape().length();
    }

    /** Element {@code i} as a double; an INT64 beyond 2^53 is rounded. */
    public double getDouble(int i) {
        return Scalars.getDouble(type.dtype(), array(), i);
    }

    /** Element {@code i} as a long; fractions are cut off. */
    public long getLong(int i) {
        return Scalars.getLong(type.dtype(), array(), i);
    }

    @Override
    public String toString() {
        return "Data" + type;
    }
}
