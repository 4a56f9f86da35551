package dev.gamelan.nn;

import dev.gamelan.tensor.Tree;
import java.util.List;

/**
 * A function with weights: a record of hyper-parameters, or a lambda. It asks its {@link Scope} for parameters and holds
 * none itself, so one block may serve any number of models.
 *
 * @param <I> what goes in: a tensor, or a record of tensors
 * @param <O> what comes out
 */
@FunctionalInterface
public interface Block<I extends Tree, O extends Tree> {

    O apply(Scope scope, I input);

    /** This block, then another on its result. Parts are named as in {@link Layers#sequential}. */
    default <N extends Tree> Block<I, N> then(Block<? super O, N> next) {
        return Chain.of(this, next);
    }

    /**
     * What numbered names are made of: {@code conv2d} gives {@code conv2d_1}. The record's name in snake case unless a
     * block says otherwise.
     */
    default String kind() {
        return Names.kind(getClass());
    }

    /** Blocks one after the other, of which each takes what the one before gives. */
    record Chain<I extends Tree, O extends Tree>(List<Block<?, ?>> blocks) implements Block<I, O> {

        public Chain {
            blocks = List.copyOf(blocks);
        }

        static <I extends Tree, M extends Tree, O extends Tree> Chain<I, O> of(Block<I, M> first, Block<? super M, O> next) {
            return first instanceof Chain<I, M> chain
                    ? new Chain<>(java.util.stream.Stream.concat(chain.blocks.stream(), java.util.stream.Stream.of(next)).toList())
                    : new Chain<>(List.of(first, next));
        }

        @Override
        @SuppressWarnings("unchecked") // the factory method above lets in only blocks that fit one another
        public O apply(Scope scope, I input) {
            List<String> names = Names.number(blocks);
            Tree x = input;
            for (int i = 0; i < blocks.size(); i++) {
                x = scope.call(names.get(i), (Block<Tree, Tree>) blocks.get(i), x);
            }
            return (O) x;
        }
    }
}
