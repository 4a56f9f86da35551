package dev.gamelan.tensor;

import java.util.function.BiFunction;

/** The program of a function of two arguments: one of a pair. */
final class Compiled2<A extends Tree, B extends Tree, C extends Tree> implements Program2<A, B, C> {

    private final Compiled<Pair<A, B>, C> program;

    Compiled2(BiFunction<A, B, C> function) {
        program = new Compiled<>(pair -> function.apply(pair.first(), pair.second()));
    }

    @Override
    public C apply(A first, B second) {
        return program.apply(new Pair<>(first, second));
    }

    @Override
    public Program2<A, B, C> warm(A first, B second) {
        Tensors.eval(program.apply(new Pair<>(first, second)));
        return this;
    }

    @Override
    public String explain(A first, B second) {
        return program.explain(new Pair<>(first, second));
    }

    @Override
    public Binding<Pair<A, B>, C> bind(A first, B second) {
        return program.bind(new Pair<>(first, second));
    }
}
