package dev.gamelan.tensor;

import dev.gamelan.grad.Batching;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.ShapeException;
import java.util.List;
import java.util.function.Function;

/** Functions of one example as functions of a batch. */
final class Vectorization {

    private Vectorization() {}

    static <A extends Tree, B extends Tree> B vmap(Function<A, B> function, A batch) {
        Arguments arguments = Arguments.of(batch);
        int extent = extent(arguments.types());
        List<Type> types = arguments.types().stream().map(type -> type.with(type.shape().without(0))).toList();
        Traced traced = Traced.of(types, arguments.names(),
                leaves -> function.apply(Trees.<A>make(arguments.structure(), leaves)));
        return traced.tree(Batching.of(traced.outputs(), traced.inputs(), arguments.nodes(), extent));
    }

    private static int extent(List<Type> types) {
        boolean agree = !types.isEmpty() && types.stream().allMatch(type -> type.shape().rank() > 0)
                && types.stream().mapToInt(type -> type.shape().dim(0)).distinct().count() == 1;
        if (!agree) {
            throw ShapeException.of("vmap: the batch is not clear", "tensors with the same first extent",
                    types.toString());
        }
        return types.getFirst().shape().dim(0);
    }
}
