package dev.gamelan.codegen;

import dev.gamelan.ir.Node;
import dev.gamelan.kernel.Schedule;
import dev.gamelan.kernel.Step;
import dev.gamelan.plan.MemoryPlan;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Program;
import dev.gamelan.runtime.Slot;
import java.util.ArrayList;
import java.util.List;

/** Binds the steps of a schedule to their memory and code. */
final class Linker {

    private final Schedule schedule;
    private final MemoryPlan plan;
    private final Pool pool;
    private final Frame frame;

    Linker(Schedule schedule, MemoryPlan plan, Pool pool) {
        this.schedule = schedule;
        this.plan = plan;
        this.pool = pool;
        this.frame = new Frame(plan, schedule.graph().inputs().size(), schedule.graph().outputs().size());
    }

    Program link() {
        List<Instruction> instructions = new ArrayList<>();
        schedule.steps().forEach(step -> instructions.add(instruction(step)));
        plan.copies().forEach(copy -> instructions.add(copy(copy)));
        return new Program(schedule.graph(), schedule.donated(), frame, instructions, pool);
    }

    private Instruction instruction(Step step) {
        return switch (step) {
            case Step.Loop loop -> loop(loop);
            case Step.Contraction contraction -> contraction(contraction);
            case Step.Library library -> new LibraryInstruction(library, library.results(),
                    library.node().operands().stream().map(this::whole).toList(), library.results().stream().map(this::slot).toList());
        };
    }

    private LoopInstruction loop(Step.Loop loop) {
        List<Slot> slots = loop.bindings().stream().map(binding -> {
            Slot slot = slot(binding.buffer());
            return new Slot(slot.storage(), slot.offset() + binding.offset(), slot.type());
        }).toList();
        Kernels.Loaded loaded = Kernels.of(loop.kernel());
        return new LoopInstruction(loop, loaded.code(), loaded.warmth(), slots);
    }

    private Instruction contraction(Step.Contraction contraction) {
        List<Slot> inputs = contraction.operands().isEmpty() ? contraction.node().operands().stream().map(this::whole).toList()
                : contraction.operands().stream().map(this::matrix).toList();
        return new ContractionInstruction(contraction, inputs, slot(contraction.node()), contraction.epilogue().map(this::loop));
    }

    private Slot matrix(Step.Matrix matrix) {
        Slot slot = slot(matrix.buffer());
        return new Slot(slot.storage(), slot.offset() + matrix.offset(), slot.type());
    }

    private Slot slot(Node buffer) {
        return Slot.of(frame, plan.places().get(buffer), buffer.type());
    }

    /** A whole operand: the buffer below its reshapes, with its own shape. */
    private Slot whole(Node operand) {
        Slot slot = slot(Step.Whole.of(operand));
        return new Slot(slot.storage(), slot.offset(), operand.type());
    }

    private Instruction copy(MemoryPlan.Copy copy) {
        Slot from = slot(copy.from());
        Slot to = slot(schedule.graph().inputs().get(copy.input()));
        int length = from.type().shape().length();
        return (frame, pool) -> System.arraycopy(from.array(frame), from.offset(frame), to.array(frame), to.offset(frame), length);
    }
}
