package dev.gamelan.codegen;

import dev.gamelan.runtime.Pool;
import java.util.Objects;
import java.util.function.IntFunction;

/** A run of a convolution by minimal filtering whose kernel is transformed as a whole: blocks of tiles times parts of the filters. */
abstract class WinogradCall extends ConvCall {
    private final ElementType type;
    private final ConvShape shape;
    private final WinogradProduct product;
    private final WinogradFilters transform;
    /** The cut for a number of threads. */
    private final IntFunction<WinogradCut> cuts;
    /** Whether pixels of the output follow each other as tiles do. */
    private final boolean isInOrder;
    private final Pool.Task blockTask = (task, _) -> block(task);
    private int workers = Pool.shared().workers();
    private WinogradCut cut;
    private Object kernels = this;

    WinogradCall(ElementType type, ConvShape shape, WinogradProduct product, WinogradFilters transform, IntFunction<WinogradCut> cuts,
            boolean isInOrder) {
        this.type = type;
        this.shape = shape;
        this.product = product;
        this.transform = transform;
        this.cuts = cuts;
        this.isInOrder = isInOrder;
        this.cut = cuts.apply(workers);
    }

    /** Before the first block of a run. */
    abstract void begin();

    /** Filters {@code columnFrom} to {@code columnTo} of tiles {@code from} to {@code to}. */
    abstract void block(int from, int to, int columnFrom, int columnTo);

    /** Tells about the pixels that are complete with all filters of tiles {@code from} to {@code to}. */
    abstract void tell(int from, int to);

    WinogradCut cut() {
        return cut;
    }

    /** The transformed kernel. */
    Object kernels() {
        return kernels;
    }

    @Override
    void compute() {
        product.awaitFor(shape.operations());
        Object kept = derived == null ? null : transform.kept(pool, right, rightOffset, isRightStored(), derived);
        kernels = kept == null ? Scratch.borrow(type, transform.elements()) : kept;
        if (kept == null) {
            transform.run(pool, isRightStored() ? Objects.requireNonNull(derived).values() : right, rightOffset, kernels);
        }
        if (workers != pool.workers()) {
            workers = pool.workers();
            cut = cuts.apply(workers);
        }
        begin();
        pool.run(cut.blocks() * cut.parts(), blockTask);
        if (cut.parts() > 1 || !isInOrder) {
            allDone(shape.pixels());
        }
        if (kept == null) {
            Scratch.giveBack(type, kernels);
        }
        kernels = this;
    }

    @Override
    boolean readsStored() {
        return true;
    }

    private void block(int task) {
        int parts = cut.parts();
        int from = cut.first(task / parts);
        int to = cut.first(task / parts + 1);
        int columns = product.tile().columns();
        int panels = Math.ceilDiv(shape.filters(), columns);
        int part = task % parts;
        block(from, to, panels * part / parts * columns, panels * (part + 1) / parts * columns);
        if (parts == 1 && isInOrder) {
            tell(from, to);
        }
    }
}
