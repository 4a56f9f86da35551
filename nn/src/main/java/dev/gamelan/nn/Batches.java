package dev.gamelan.nn;

import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.util.Iterator;
import java.util.function.Function;

/**
 * What training eats: for every epoch the same number of batches, each a function of epoch and position alone. So
 * training can go on from any position as if it had never stopped. Reading must be possible from any thread.
 */
public interface Batches<I extends Tree, T extends Tree> extends Iterable<Batch<I, T>> {

    /** Batches per epoch. */
    int count();

    /** Examples per epoch. */
    int examples();

    /** A batch; the same one for the same arguments. */
    Batch<I, T> get(int epoch, int index);

    /** The batches of an epoch, each made ahead of time on another thread. */
    default Iterable<Batch<I, T>> epoch(int epoch) {
        return epoch(epoch, 0);
    }

    /** The batches of an epoch from a position on. */
    default Iterable<Batch<I, T>> epoch(int epoch, int from) {
        return () -> new Prefetch<>(this, epoch, from);
    }

    /** The batches of the first epoch. */
    @Override
    default Iterator<Batch<I, T>> iterator() {
        return epoch(0).iterator();
    }

    default Batch<I, T> first() {
        return get(0, 0);
    }

    /** The same batches in another order, if they are shuffled. */
    default Batches<I, T> seed(long seed) {
        return this;
    }

    /** How many batches are made ahead of time. */
    default int ahead() {
        return 2;
    }

    /** With another number of batches made ahead of time; 0 makes each when it is asked for, on the asking thread. */
    default Batches<I, T> prefetch(int batches) {
        return new Views.Prefetched<>(this, batches);
    }

    /** Each batch changed when it is made, on the thread that makes it. */
    default <J extends Tree, U extends Tree> Batches<J, U> map(Function<Batch<I, T>, Batch<J, U>> change) {
        return new Views.MappedBatches<>(this, change);
    }

    /** Each batch's input changed when it is made. */
    default <J extends Tree> Batches<J, T> inputs(Function<I, J> change) {
        return map(batch -> new Batch<>(change.apply(batch.input()), batch.target()));
    }

    /**
     * A long sequence read by {@code rows} readers side by side, {@code length} elements at a time; the target is the
     * element after each. Batch i goes on in every row where batch i - 1 ended.
     *
     * @param ids rank 1
     */
    static Batches<Tensor, Tensor> streams(Tensor ids, int rows, int length) {
        if (ids.rank() != 1 || (ids.size() - 1) / rows < length) {
            throw ShapeException.of("streams: the sequence is too short", "rank 1 and at least " + ((long) rows * length + 1)
                    + " elements for " + rows + " rows of " + length, ids.shape().toString());
        }
        return new Streams(ids, rows, length);
    }
}
