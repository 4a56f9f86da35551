package dev.gamelan.codegen;

import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.LoopKernel.Expr;
import dev.gamelan.kernel.LoopKernel.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** In which pass over a row each value of a loop kernel is known: a value's phase is the number of reductions it has to wait for. */
final class LoopPhases {

    private final LoopKernel kernel;
    private final int[] phases;

    LoopPhases(LoopKernel kernel) {
        this.kernel = kernel;
        this.phases = new int[kernel.values().size()];
        for (int i = 0; i < phases.length; i++) {
            phases[i] = switch (kernel.values().get(i).expr()) {
                case Expr.Load _, Expr.Number _ -> 0;
                case Expr.Apply apply -> apply.arguments().stream().mapToInt(argument -> phases[argument]).max().orElse(0);
                case Expr.Reduction reduction -> phases[reduction.argument()] + 1;
            };
        }
    }

    /** The phase of each value. */
    int[] numbers() {
        return phases;
    }

    int of(int value) {
        return phases[value];
    }

    int last() {
        return Arrays.stream(phases).max().orElse(0);
    }

    /** The reductions that a pass collects. */
    List<Integer> reductions(int phase) {
        List<Integer> result = new ArrayList<>();
        for (int i = 0; i < phases.length; i++) {
            if (kernel.values().get(i).expr() instanceof Expr.Reduction && phases[i] == phase + 1) {
                result.add(i);
            }
        }
        return result;
    }

    /** The results per element that a pass knows. */
    List<LoopKernel.Store> stores(int phase) {
        return kernel.stores().stream().filter(store -> phases[store.value()] == phase && isPerElement(store)).toList();
    }

    private boolean isPerElement(LoopKernel.Store store) {
        return kernel.form() == LoopKernel.Form.MAP || kernel.values().get(store.value()).level() == Level.ELEMENT;
    }
}
