package dev.gamelan.codegen;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.kernel.Attention;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.Schedule;
import dev.gamelan.kernel.Step;
import dev.gamelan.plan.MemoryPlan;
import dev.gamelan.plan.Place;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Profile;
import dev.gamelan.runtime.Program;
import dev.gamelan.runtime.Slot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Binds the steps of a schedule to their memory and code. */
final class Linker {

    private final Schedule schedule;
    private final MemoryPlan plan;
    private final Pool pool;
    private final Frame frame;
    /** Operations of a loop that one run computes one by one in less time than HotSpot needs to compile its vector form. */
    private static final long FEW_OPERATIONS = 1_000_000_000;

    private final int vectorBits;
    private final boolean blocks;
    private final Purpose purpose;
    private final Bodies bodies;
    private final int captured;

    /**
     * @param blocks   whether loops may run as blocks while their kernels are not compiled
     * @param bodies   compiles the programs inside loops and branches
     * @param captured the first input that is the same in many runs on end, as those behind it are
     */
    Linker(Schedule schedule, MemoryPlan plan, Pool pool, int vectorBits, boolean blocks, Purpose purpose, Bodies bodies, int captured) {
        this.captured = captured;
        this.vectorBits = vectorBits;
        this.blocks = blocks;
        this.purpose = purpose;
        this.bodies = bodies;
        this.schedule = schedule;
        this.plan = plan;
        this.pool = pool;
        this.frame = new Frame(plan, schedule.graph().inputs().size(), schedule.graph().outputs().size());
    }

    Program link() {
        List<Instruction> instructions = new ArrayList<>();
        schedule.steps().forEach(step -> instructions.add(instruction(step)));
        plan.copies().forEach(copy -> instructions.add(copy(copy)));
        Runnable ran = purpose == Purpose.RESULT ? Warm::release : () -> {};
        return new Program(schedule.graph(), schedule.donated(), frame, instructions, this::work, pool, ran);
    }

    private List<Profile.Work> work() {
        List<Profile.Work> work = new ArrayList<>();
        schedule.steps().forEach(step -> work.add(new Profile.Work(step.what(), step.origin().toString(), step.flops(), step.bytes())));
        plan.copies().forEach(copy -> work.add(new Profile.Work("copy " + copy.from().type(), copy.from().origin().toString(), 0,
                2 * copy.from().type().bytes())));
        return work;
    }

    private Instruction instruction(Step step) {
        return switch (step) {
            case Step.Loop loop -> StridedCopy.of(loop, loop.bindings().stream().map(this::slot).toList()).map(Instruction.class::cast)
                    .orElseGet(() -> loop(loop));
            case Step.Contraction contraction -> contraction(contraction);
            case Step.Library library -> library(library);
            case Step.Attend attend -> new AttentionInstruction(blocks(attend.attention()), norms(attend.attention()));
            case Step.AttendGradient attend ->
                    new AttentionGradientInstruction(blocks(attend.attention()), attend.gradient(), norms(attend.attention()));
        };
    }

    private AttentionBlocks blocks(Attention attention) {
        ElementType type = LoopTypes.of(attention.query().buffer().dtype());
        return new AttentionBlocks(attention, type, Lanes.ofBits(vectorBits, type), this::slot);
    }

    private List<Slot> norms(Attention attention) {
        return attention.norms().stream().map(this::slot).toList();
    }

    private Slot slot(Step.Binding binding) {
        Slot slot = slot(binding.buffer());
        return new Slot(slot.storage(), slot.offset() + binding.offset(), slot.type());
    }

    private Instruction library(Step.Library step) {
        List<Slot> operands = step.node().operands().stream().map(this::whole).toList();
        List<Slot> results = step.results().stream().map(this::slot).toList();
        if (step.node().op() instanceof Op.Scan scan) {
            return ScanInstruction.of(scan, bodies, operands, results, pool.workers());
        } else if (step.node().op() instanceof Op.If branch) {
            return new BranchInstruction(bodies.branch(branch.then()), bodies.branch(branch.otherwise()), operands, results);
        }
        return Library.find(step.node(), operands, isKept(step.node()), firstRead(step.node()), results.getFirst(), vectorBits, pool)
                .orElseGet(() -> new LibraryInstruction(step, step.results(), operands, results));
    }

    private LoopInstruction loop(Step.Loop loop) {
        List<Slot> slots = loop.bindings().stream().map(this::slot).toList();
        Optional<BlockLoop> cold = blocks ? BlockLoop.of(loop, Kernels.of(loop, vectorBits)) : Optional.empty();
        // Sums along a row would be rounded otherwise: their order follows from the width of the vectors.
        boolean scalar = purpose == Purpose.ONCE && cold.isEmpty() && loop.kernel().form() == LoopKernel.Form.MAP
                && loop.flops() <= FEW_OPERATIONS;
        Kernels.Loaded loaded = Kernels.of(loop, scalar ? 0 : vectorBits);
        return new LoopInstruction(loop, loaded, slots, cold);
    }

    private Instruction contraction(Step.Contraction step) {
        Slot result = slot(step.node());
        if (!(step.node().op() instanceof Op.MatMul)) {
            List<Slot> operands = new ArrayList<>(step.operands().stream().map(this::matrix).toList());
            step.node().operands().stream().skip(operands.size()).map(this::whole).forEach(operands::add);
            return ConvolutionInstruction.forward(step, vectorBits, operands, isKept(step.node()), result, step.epilogue().map(this::loop));
        }
        List<Slot> operands = step.operands().stream().map(this::matrix).toList();
        return new MatMulInstruction(vectorBits, step, operands, isCaptured(step.operands().get(1).buffer()), result,
                step.epilogue().map(this::loop));
    }

    /** Whether the second operand is most likely the same in the next run: a constant, or an input that the program does not overwrite. */
    private boolean isKept(Node node) {
        if (node.operands().size() < 2) {
            return false;
        }
        Place place = Objects.requireNonNull(plan.places().get(Step.Whole.of(node.operand(1))));
        return switch (place.kind()) {
            case CONSTANT -> true;
            case INPUT -> place.index() >= schedule.donated();
            case ARENA, OUTPUT -> false;
        };
    }

    private boolean isCaptured(Node buffer) {
        Place place = Objects.requireNonNull(plan.places().get(buffer));
        return place.kind() == Place.Kind.INPUT && place.index() >= captured;
    }

    /** How many elements along the axis of a sorting permutation somebody reads: those of the slices that are all its uses. */
    private int firstRead(Node node) {
        if (!(node.op() instanceof Op.ArgSort sort)) {
            return 0;
        }
        int first = 0;
        for (Node user : schedule.graph().nodes()) {
            if (user.operands().contains(node)) {
                first = Math.max(first,
                        user.op() instanceof Op.Slice slice ? slice.limit().get(sort.axis()) : node.shape().dim(sort.axis()));
            }
        }
        return schedule.graph().outputs().contains(node) ? node.shape().dim(sort.axis()) : first;
    }

    private Slot matrix(Step.Matrix matrix) {
        Slot slot = slot(matrix.buffer());
        return new Slot(slot.storage(), slot.offset() + matrix.offset(), slot.type());
    }

    private Slot slot(Node buffer) {
        return Slot.of(frame, Objects.requireNonNull(plan.places().get(buffer)), buffer.type());
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
