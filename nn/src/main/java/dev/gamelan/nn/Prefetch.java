package dev.gamelan.nn;

import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/** The batches of an epoch, of which a few are made ahead of time by threads that do not keep the program alive. */
final class Prefetch<I extends Tree, T extends Tree> implements Iterator<Batch<I, T>> {

    private static final Executor THREADS = Executors
            .newCachedThreadPool(Thread.ofPlatform().name("gamelan-batches-", 0).daemon().factory());

    private final Batches<I, T> batches;
    private final int epoch;
    private final int count;
    private final Queue<CompletableFuture<Batch<I, T>>> ready = new ArrayDeque<>();
    private int next;

    Prefetch(Batches<I, T> batches, int epoch, int from) {
        this.batches = batches;
        this.epoch = epoch;
        this.count = batches.count();
        this.next = from;
        for (int i = 0; i < batches.ahead(); i++) {
            order();
        }
    }

    private void order() {
        if (next < count) {
            int index = next++;
            ready.add(CompletableFuture.supplyAsync(() -> make(index), THREADS));
        }
    }

    private Batch<I, T> make(int index) {
        Batch<I, T> batch = batches.get(epoch, index);
        Tensors.eval(batch);
        return batch;
    }

    @Override
    public boolean hasNext() {
        return next < count || !ready.isEmpty();
    }

    @Override
    public Batch<I, T> next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        if (ready.isEmpty()) {
            return make(next++);
        }
        CompletableFuture<Batch<I, T>> first = ready.remove();
        order();
        try {
            return first.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }
}
