package dev.gamelan.oracle;

import dev.gamelan.ir.Op;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Every operation in every kind, with awkward shapes and values: the rows that backends, gradients and passes are held
 * against. {@link OpCasesTest} fails if an operation is missing.
 */
public final class OpCases {

    private OpCases() {}

    public static List<OpCase> all() {
        return Stream.of(ElementwiseCases.all(), LayoutCases.all(), IndexCases.all(), ContractionCases.all(), WindowCases.all(),
                ProgramCases.all(), CompositeCases.all()).flatMap(s -> s).toList();
    }

    /** The class of every operation. */
    static Set<Class<?>> operations() {
        return leaves(Op.class).collect(Collectors.toSet());
    }

    private static Stream<Class<?>> leaves(Class<?> type) {
        return type.isSealed() ? Stream.of(type.getPermittedSubclasses()).flatMap(OpCases::leaves) : Stream.of(type);
    }
}
