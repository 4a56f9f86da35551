package dev.gamelan.tensor;

import java.util.function.BiFunction;

/** A compiled function of two arguments; see {@link Program}. */
public interface Program2<A extends Tree, B extends Tree, C extends Tree> extends BiFunction<A, B, C> {

    @Override
    C apply(A first, B second);

    /** See {@link Program#warm}. */
    Program2<A, B, C> warm(A first, B second);

    /** See {@link Program#explain}. */
    String explain(A first, B second);

    /** See {@link Program#bind}. */
    Binding<Pair<A, B>, C> bind(A first, B second);
}
