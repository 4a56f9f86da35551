package dev.gamelan.codegen;

import dev.gamelan.codegen.BlockRecorder.Register;
import dev.gamelan.codegen.blocks.Lines;
import dev.gamelan.codegen.blocks.Sums;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A loop kernel as steps over blocks of elements, which ordinary loops compute one operation after another. The loops are the same for all
 * kernels, so HotSpot has compiled them long before it has compiled a new kernel.
 *
 * @param registers what they hold
 * @param passes over the elements of a row
 * @param results of column-wise kernels: what is done with the sums of a block of columns
 * @param lanes elements of a vector of the kernel, on which the order of sums along a row depends
 */
record BlockCode(List<Register> registers, List<Pass> passes, List<BlockStep> results, int lanes) {

    /** Elements of a block: those of a few registers stay in the first cache. A multiple of the partial results of a sum. */
    static final int BLOCK = 1024;

    /**
     * One pass over the elements of a row.
     *
     * @param rowSteps what is done before, once for each row
     * @param steps what is done for each element
     * @param sums what is collected
     */
    record Pass(List<BlockStep> rowSteps, List<BlockStep> steps, List<Sum> sums) {

        private Pass in(int[] places) {
            return new Pass(BlockCode.in(rowSteps, places), BlockCode.in(steps, places),
                    sums.stream().map(sum -> new Sum(sum.kind, sum.type,
                            sum.identity, places[sum.term], places[sum.result], sum.parts)).toList());
        }
    }

    /**
     * A reduction.
     *
     * @param term the register of what is combined
     * @param result the register of the result, for each row or each column
     * @param parts vectors of partial results
     */
    record Sum(Sums.Kind kind, ElementType type, double identity, int term, int result, int parts) {}

    private record Constant(ElementType type, double number) {}

    private static final Map<Constant, Object> CONSTANTS = new ConcurrentHashMap<>();

    /** For each register that is a constant its block, for the others nothing. */
    @Nullable Object[] constants() {
        return registers.stream().map(register -> register.constant() ? constant(register) : null).toArray();
    }

    /** A block that holds a number everywhere, and is never written to. */
    private static Object constant(Register register) {
        return CONSTANTS.computeIfAbsent(new Constant(register.type(), register.number()), key -> {
            Object block = key.type().newArray(BLOCK);
            Lines.fill(block, key.number());
            return block;
        });
    }

    /** Whether some function is called for each element by itself. */
    boolean hasCalls() {
        return passes.stream().anyMatch(pass -> Stream.concat(pass.rowSteps.stream(), pass.steps.stream())
                .anyMatch(step -> step.kind() == BlockStep.Kind.CALL));
    }

    /** The same code with as few registers as it needs: what is not read any more makes room. */
    BlockCode compact() {
        List<BlockStep> order = new ArrayList<>();
        passes.forEach(pass -> {
            order.addAll(pass.rowSteps);
            order.addAll(pass.steps);
        });
        order.addAll(results);
        int[] last = lastUses(order);
        int[] places = new int[registers.size()];
        Arrays.fill(places, BlockStep.NONE);
        List<Register> kept = new ArrayList<>();
        Map<String, Deque<Integer>> free = new HashMap<>();
        for (int i = 0; i < order.size(); i++) {
            BlockStep step = order.get(i);
            int out = step.out();
            for (int register : step.registers()) {
                if (register != BlockStep.NONE && last[register] == i && register != out) {
                    last[register] = BlockStep.NONE;
                    free.computeIfAbsent(kind(registers.get(register)), _ -> new ArrayDeque<>()).push(places[register]);
                }
            }
            if (out != BlockStep.NONE && places[out] == BlockStep.NONE) {
                Deque<Integer> unused = isPinned(out) ? new ArrayDeque<>()
                        : free.getOrDefault(kind(registers.get(out)), new ArrayDeque<>());
                places[out] = unused.isEmpty() ? kept.size() : unused.pop();
                if (places[out] == kept.size()) {
                    kept.add(registers.get(out));
                }
            }
        }
        for (int register = 0; register < places.length; register++) {
            if (places[register] == BlockStep.NONE) {
                places[register] = kept.size();
                kept.add(registers.get(register));
            }
        }
        return new BlockCode(List.copyOf(kept), passes.stream().map(pass -> pass.in(places)).toList(), in(results, places), lanes);
    }

    /** The last step that touches each register; none for what has to stay: values of rows, sums and their terms. */
    private int[] lastUses(List<BlockStep> order) {
        int[] last = new int[registers.size()];
        Arrays.fill(last, BlockStep.NONE);
        for (int i = 0; i < order.size(); i++) {
            for (int register : order.get(i).registers()) {
                if (register != BlockStep.NONE && !isPinned(register)) {
                    last[register] = i;
                }
            }
        }
        return last;
    }

    private boolean isPinned(int register) {
        Register held = registers.get(register);
        return held.perRow() || held.constant()
                || passes.stream().anyMatch(pass -> pass.sums.stream().anyMatch(sum -> sum.term == register || sum.result == register));
    }

    private static String kind(Register register) {
        return register.truth() ? "truth" : register.type().name();
    }

    private static List<BlockStep> in(List<BlockStep> steps, int[] places) {
        return steps.stream().map(step -> step.in(places)).toList();
    }
}
