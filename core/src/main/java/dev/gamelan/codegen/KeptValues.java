package dev.gamelan.codegen;

import dev.gamelan.kernel.Costs;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.LoopKernel.Expr;
import dev.gamelan.kernel.LoopKernel.Level;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Which values per element a row-wise kernel keeps from one pass over a row to a later one, and where. A costly value that several
 * passes need, such as the exponential in softmax, is written by the first of them to where a result of the row will stand in the end:
 * that is memory which the kernel brings into cache anyway. Everything else is computed again.
 */
final class KeptValues {

    /** Vector instructions from which on a store and a load are cheaper. */
    private static final int WORTH_KEEPING = 8;

    private final LoopKernel kernel;
    private final int[] phases;
    private final int last;
    private final Map<Integer, Kept> keptValues = new HashMap<>();

    /**
     * @param operand holds the value between passes
     * @param pass computes it
     */
    private record Kept(int operand, int pass) {}

    /** @param phases for each value, how many reductions it waits for */
    KeptValues(LoopKernel kernel, int[] phases) {
        this.kernel = kernel;
        this.phases = phases;
        this.last = IntStream.of(phases).max().orElse(0);
        if (kernel.form() == LoopKernel.Form.ROW_WISE) {
            for (int place = phases.length - 1; place >= 0; place--) {
                consider(place);
            }
        }
    }

    /** Whether a pass reads the value where an earlier one has kept it. */
    boolean isKept(int place, int pass) {
        Kept kept = keptValues.get(place);
        return kept != null && kept.pass < pass;
    }

    /** The operand that holds a value. */
    int operand(int place) {
        return Objects.requireNonNull(keptValues.get(place)).operand;
    }

    /** What a pass has to write for later ones. */
    List<LoopKernel.Store> stores(int pass) {
        return keptValues.entrySet().stream().filter(entry -> entry.getValue().pass == pass)
                .map(entry -> new LoopKernel.Store(entry.getKey(), entry.getValue().operand))
                .filter(store -> !kernel.stores().contains(store)).sorted((a, b) -> Integer.compare(a.value(), b.value())).toList();
    }

    /** The values per element that a pass computes or reads. */
    BitSet needed(int pass) {
        BitSet needed = new BitSet();
        for (LoopKernel.Store store : kernel.stores()) {
            if (phases[store.value()] == pass) {
                collect(store.value(), pass, needed);
            }
        }
        for (int place = 0; place < phases.length; place++) {
            if (kernel.values().get(place).expr() instanceof Expr.Reduction reduction && phases[place] == pass + 1) {
                collect(reduction.argument(), pass, needed);
            }
        }
        return needed;
    }

    private void collect(int place, int pass, BitSet needed) {
        LoopKernel.Value value = kernel.values().get(place);
        if (value.level() == Level.ELEMENT && !needed.get(place)) {
            needed.set(place);
            if (value.expr() instanceof Expr.Apply apply && !isKept(place, pass)) {
                apply.arguments().forEach(argument -> collect(argument, pass, needed));
            }
        }
    }

    private void consider(int place) {
        LoopKernel.Value value = kernel.values().get(place);
        boolean holds = value.level() == Level.ELEMENT && value.expr() instanceof Expr.Apply && value.dtype().isFloating()
                && !value.dtype().isStorageOnly();
        if (!holds || cost(place) < WORTH_KEEPING) {
            return;
        }
        int[] passes = IntStream.rangeClosed(0, last).filter(pass -> needed(pass).get(place)).toArray();
        if (passes.length < 2) {
            return;
        }
        int end = passes[passes.length - 1];
        kernel.stores().stream().filter(store -> fits(store, place, end)).mapToInt(LoopKernel.Store::operand).findFirst()
                .ifPresent(operand -> keptValues.put(place, new Kept(operand, passes[0])));
    }

    /** Whether a result's place is free until the pass that needs the value last. */
    private boolean fits(LoopKernel.Store store, int place, int end) {
        LoopKernel.Value result = kernel.values().get(store.value());
        return result.level() == Level.ELEMENT && result.dtype() == kernel.values().get(place).dtype()
                && (store.value() == place || phases[store.value()] >= end)
                && keptValues.values().stream().noneMatch(kept -> kept.operand == store.operand());
    }

    /** Instructions per element to compute a value again. */
    private int cost(int place) {
        BitSet needed = new BitSet();
        collect(place, phases[place], needed);
        return needed.stream().map(each -> cost(kernel.values().get(each))).sum();
    }

    private static int cost(LoopKernel.Value value) {
        return value.expr() instanceof Expr.Apply apply ? Costs.of(apply.op()) : 0;
    }

    /** Instructions per element of a pass. */
    int work(int pass) {
        return needed(pass).stream().filter(place -> !isKept(place, pass)).map(place -> cost(kernel.values().get(place))).sum();
    }
}
