package dev.gamelan.codegen;

import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A batched matrix product C = A B of fixed extents and strides, over {@code float[]} or {@code double[]}.
 * Any number of threads may run one instance at the same time. Runs allocate nothing once warm, and their results are
 * the same to the bit for any number of threads: the order of additions follows from extents and strides alone.
 */
public final class Gemm {
    /**
     * Where the elements of a batch of matrices lie: element (b, i, j) at
     * {@code offset + b * batchStride + i * rowStride + j * columnStride}. Strides of 0 repeat elements.
     */
    public record Layout(int batchStride, int rowStride, int columnStride) {
        Layout transposed() {
            return new Layout(batchStride, columnStride, rowStride);
        }
    }

    /** What is multiplied: A is (batch, rows, depth), B is (batch, depth, columns), C is (batch, rows, columns). */
    record Problem(ElementType type, int batch, int rows, int columns, int depth, Layout a, Layout b, Layout c) {
    }

    /** Is told about rows of C while they are still in cache. */
    @FunctionalInterface
    public interface RowsDone {
        /** Rows {@code from} to {@code to} of one matrix are final; called once per row, on any thread of the pool. */
        void rows(int batch, int from, int to);
    }

    private final Problem problem;
    private final GemmPath path;
    /** How the rows and columns of {@link #problem} map to those of the caller. */
    private final Mapping mapping;
    private final int callerRows;
    private final AtomicReference<@Nullable GemmCall> spare = new AtomicReference<>();

    enum Mapping {
        SAME,
        /** A batch of equally spaced matrices times one matrix is one product. */
        BATCH_IN_ROWS,
        /** A matrix times a vector is done as that vector times the transposed matrix. */
        TRANSPOSED
    }

    /**
     * A product on this machine's preferred vectors.
     *
     * @param type FLOAT or DOUBLE
     * @param c must have a {@code columnStride} of 1 where there is more than one column
     */
    public static Gemm of(ElementType type, int batch, int rows, int columns, int depth, Layout a, Layout b, Layout c) {
        return of(Lanes.preferred(type), type, batch, rows, columns, depth, a, b, c);
    }

    /** As {@link #of(ElementType, int, int, int, int, Layout, Layout, Layout)}, in a given form. */
    public static Gemm of(Lanes lanes, ElementType type, int batch, int rows, int columns, int depth, Layout a, Layout b,
            Layout c) {
        return of(lanes, type, batch, rows, columns, depth, a, b, c, false);
    }

    /** @param kept whether B stays the same for many runs on end, and is handed over with its derived forms */
    static Gemm of(Lanes lanes, ElementType type, int batch, int rows, int columns, int depth, Layout a, Layout b, Layout c,
            boolean kept) {
        return new Gemm(lanes, new Problem(type, batch, rows, columns, depth, a, b, c), kept);
    }

    private Gemm(Lanes lanes, Problem asked, boolean kept) {
        check(asked);
        this.callerRows = asked.rows();
        this.mapping = mappingOf(asked);
        this.problem = map(asked, mapping);
        this.path = GemmPath.choose(lanes, problem, kept && mapping != Mapping.TRANSPOSED);
    }

    /** A product by a given path, whose rows and columns are those of the caller. */
    Gemm(Problem problem, GemmPath path) {
        this.callerRows = problem.rows();
        this.mapping = Mapping.SAME;
        this.problem = problem;
        this.path = path;
    }

    private static void check(Problem p) {
        if (!p.type().isFloating()) {
            throw new IllegalArgumentException("a matrix product expects FLOAT or DOUBLE, received " + p.type());
        }
        if (p.batch() < 0 || p.rows() < 0 || p.columns() < 0 || p.depth() < 0) {
            throw new IllegalArgumentException("a matrix product expects extents of at least 0, received " + p);
        }
        if (p.columns() > 1 && p.c().columnStride() != 1) {
            throw new IllegalArgumentException("a matrix product expects contiguous columns of C, received " + p);
        }
    }

    private static Mapping mappingOf(Problem p) {
        boolean evenlySpaced = p.a().batchStride() == p.rows() * p.a().rowStride()
                && p.c().batchStride() == p.rows() * p.c().rowStride();
        if (p.columns() == 1 && p.rows() > 1 && p.c().rowStride() == 1) {
            return Mapping.TRANSPOSED;
        }
        return p.batch() > 1 && p.b().batchStride() == 0 && evenlySpaced ? Mapping.BATCH_IN_ROWS : Mapping.SAME;
    }

    private static Problem map(Problem p, Mapping mapping) {
        return switch (mapping) {
            case SAME -> p;
            case BATCH_IN_ROWS -> new Problem(p.type(), 1, p.batch() * p.rows(), p.columns(), p.depth(), p.a(), p.b(), p.c());
            case TRANSPOSED -> new Problem(p.type(), p.batch(), 1, p.rows(), p.depth(), p.b().transposed(),
                    p.a().transposed(), p.c().transposed());
        };
    }

    /** Whether the product runs over a single wide row of C instead of a column. */
    boolean isTransposed() {
        return mapping == Mapping.TRANSPOSED;
    }

    /**
     * Computes the product.
     *
     * @param a array of A, {@code float[]} or {@code double[]}
     * @param aOffset index of its first element
     * @param done is told about finished rows of C
     */
    public void run(Pool pool, Object a, int aOffset, Object b, int bOffset, Object c, int cOffset,
            @Nullable RowsDone done) {
        run(pool, a, aOffset, b, bOffset, c, cOffset, done, null);
    }

    /**
     * @param b       null where {@code derived} has values that have not been read
     * @param derived forms of the array of B, if it does not change: packed panels of B are kept there for later runs
     */
    void run(Pool pool, Object a, int aOffset, @Nullable Object b, int bOffset, Object c, int cOffset,
            @Nullable RowsDone done, @Nullable Derived derived) {
        if (problem.batch() == 0 || problem.rows() == 0 || problem.columns() == 0) {
            return;
        }
        GemmCall call = spare.getAndSet(null);
        if (call == null) {
            call = new GemmCall(this, problem, path);
        }
        if (isTransposed()) {
            Object whole = b == null ? Objects.requireNonNull(derived).values() : b;
            call.run(pool, whole, bOffset, a, aOffset, c, cOffset, done, null);
        } else {
            call.run(pool, a, aOffset, b, bOffset, c, cOffset, done, derived);
        }
        spare.set(call);
    }

    /** Reports a finished block in the caller's terms. */
    void report(RowsDone done, int batch, int rowFrom, int rowTo, int columnFrom, int columnTo) {
        switch (mapping) {
            case SAME -> done.rows(batch, rowFrom, rowTo);
            case TRANSPOSED -> done.rows(batch, columnFrom, columnTo);
            case BATCH_IN_ROWS -> {
                for (int from = rowFrom; from < rowTo;) {
                    int matrix = from / callerRows;
                    int to = Math.min(rowTo, (matrix + 1) * callerRows);
                    done.rows(matrix, from - matrix * callerRows, to - matrix * callerRows);
                    from = to;
                }
            }
        }
    }

    @Override
    public String toString() {
        return problem + " " + path;
    }
}
