package dev.gamelan.codegen;

import dev.gamelan.ir.Op;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.LoopKernel.Expr;
import dev.gamelan.kernel.Step;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Copies elements from one regular pattern to another: a transposition, a part of a concatenation, the inside of a padded array. See
 * {@link TiledCopy}.
 */
final class StridedCopy implements Instruction {

    private final Slot source;
    private final Slot target;
    private final TiledCopy copy;
    private final Tasks tasks = new Tasks((frame, task, _) -> copy(frame, task));

    private StridedCopy(Slot source, Slot target, List<TiledCopy.Axis> axes) {
        this.source = source;
        this.target = target;
        this.copy = new TiledCopy(axes, target.type().dtype());
    }

    /** Empty if the loop computes something, or if its own code moves whole vectors in rows, many of them. */
    static Optional<StridedCopy> of(Step.Loop loop, List<Slot> slots) {
        LoopKernel kernel = loop.kernel();
        if (kernel.form() != LoopKernel.Form.MAP || kernel.rank() < 2 || slots.size() != 2 || loop.extents().contains(0)
                || kernel.stores().size() != 1
                || !kernel.values().stream().allMatch(value -> isCopy(value.expr()))
                || kernel.operands().get(0).dtype() != kernel.operands().get(1).dtype()) {
            return Optional.empty();
        }
        int written = kernel.stores().getFirst().operand();
        List<TiledCopy.Axis> axes = new ArrayList<>();
        for (int i = 0; i < kernel.rank(); i++) {
            axes.add(new TiledCopy.Axis(loop.extents().get(i), loop.bindings().get(1 - written).strides().get(i),
                    loop.bindings().get(written).strides().get(i)));
        }
        TiledCopy.Axis last = axes.getLast();
        boolean vectors = last.to() == 1 && loop.rowCount() > TiledCopy.FEW
                && (last.from() == 0 && last.extent() >= TiledCopy.LINE
                        || last.from() == 1 && last.extent() >= TiledCopy.LINE && last.extent() < TiledCopy.RUN);
        return vectors ? Optional.empty() : Optional.of(new StridedCopy(slots.get(1 - written), slots.get(written), axes));
    }

    private static boolean isCopy(Expr expr) {
        return expr instanceof Expr.Load || expr instanceof Expr.Apply apply && apply.op() instanceof Op.Barrier;
    }

    @Override
    public void run(Frame frame, Pool pool) {
        tasks.run(frame, pool, copy.tasks());
    }

    private void copy(Frame frame, int task) {
        copy.run(source.array(frame), source.offset(frame), target.array(frame), target.offset(frame), task);
    }
}
