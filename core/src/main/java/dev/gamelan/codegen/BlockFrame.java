package dev.gamelan.codegen;

import dev.gamelan.codegen.BlockRecorder.Register;
import dev.gamelan.codegen.BlockStep.Kind;
import dev.gamelan.codegen.blocks.Lines;
import dev.gamelan.codegen.blocks.TruthOp;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;

/** The registers of one thread that runs a {@link BlockCode}, and the block that it is at. */
final class BlockFrame {

    private static final ConcurrentLinkedDeque<BlockFrame> FREE = new ConcurrentLinkedDeque<>();

    private final List<Object> floats = new ArrayList<>();
    private final List<Object> ints = new ArrayList<>();
    private final List<Object> truths = new ArrayList<>();

    private Object[] registers = new Object[0];
    private BlockLayout layout;
    private Object[] arrays = new Object[0];
    private int[] offsets = new int[0];
    private double[] scalars = new double[0];
    private int row;
    private int rows;
    private int line;
    private int lines;
    private int from;
    private int width;

    private BlockFrame(BlockLayout layout) {
        this.layout = layout;
    }

    /**
     * A frame that nobody else has, until it is {@link #giveBack given back}.
     *
     * @param constants of {@link BlockCode#constants}
     */
    static BlockFrame borrow(BlockCode code, @Nullable Object[] constants, BlockLayout layout, Object[] arrays, int[] offsets,
            double[] scalars) {
        BlockFrame free = FREE.poll();
        BlockFrame frame = free == null ? new BlockFrame(layout) : free;
        frame.layout = layout;
        frame.arrays = arrays;
        frame.offsets = offsets;
        frame.scalars = scalars;
        frame.registers = frame.registers(code.registers(), constants);
        return frame;
    }

    void giveBack() {
        arrays = new Object[0];
        FREE.push(this);
    }

    private Object[] registers(List<Register> wanted, @Nullable Object[] constants) {
        Object[] result = new Object[wanted.size()];
        int[] used = new int[3];
        for (int i = 0; i < result.length; i++) {
            Register register = wanted.get(i);
            int kind = register.truth() ? 2 : register.type() == ElementType.FLOAT ? 0 : 1;
            List<Object> kept = kind == 2 ? truths : kind == 1 ? ints : floats;
            Object constant = constants[i];
            if (constant != null) {
                result[i] = constant;
                continue;
            }
            if (used[kind] == kept.size()) {
                kept.add(kind == 2 ? new boolean[BlockCode.BLOCK] : register.type().newArray(BlockCode.BLOCK));
            }
            result[i] = kept.get(used[kind]++);
        }
        return result;
    }

    Object register(int place) {
        return registers[place];
    }

    /** Goes to some rows. */
    void toRows(int first, int count) {
        row = first;
        rows = count;
    }

    /** Goes to a part of some lines. */
    void toLines(int first, int count, int start, int n) {
        line = first;
        lines = count;
        from = start;
        width = n;
    }

    void run(List<BlockStep> steps) {
        for (int i = 0; i < steps.size(); i++) {
            BlockStep step = steps.get(i);
            int n = step.perRow() ? rows : lines * width;
            if (step.kind() == Kind.APPLY) {
                Objects.requireNonNull(step.op()).run(register(step.a()), step.b() < 0 ? registers : registers[step.b()],
                        step.c() < 0 ? registers : registers[step.c()], register(step.out()), 0, n);
            } else if (step.kind() != Kind.SKIP) {
                run(step, n);
            } else if (!TruthOp.any(register(step.a()), n)) {
                i += step.b();
            }
        }
    }

    private void run(BlockStep step, int n) {
        int operand = step.b();
        switch (step.kind()) {
            case LOAD -> {
                if (step.perRow()) {
                    layout.loadRows(arrays[operand], offsets[operand], operand, row, rows, register(step.out()));
                } else {
                    layout.load(arrays[operand], offsets[operand], operand, line, lines, from, width, register(step.out()));
                }
            }
            case STORE -> {
                if (step.perRow()) {
                    layout.storeRows(register(step.a()), arrays[operand], offsets[operand], operand, row, rows);
                } else {
                    layout.store(register(step.a()), arrays[operand], offsets[operand], operand, line, lines, from, width);
                }
            }
            case COPY -> System.arraycopy(register(step.a()), 0, register(step.out()), 0, n);
            case SPREAD -> Lines.spread(register(step.a()), rows, register(step.out()), n / rows);
            case NUMBER -> Lines.fill(register(step.out()), scalars[operand]);
            case CALL -> call(Objects.requireNonNull(step.method()), register(step.a()), step.b() < 0 ? null : register(step.b()),
                    register(step.out()), n);
            case APPLY, SKIP -> throw new IllegalStateException("runs elsewhere: " + step);
        }
    }

    /** A function of doubles, of each FLOAT by itself. */
    private static void call(MethodHandle method, Object a, @Nullable Object b, Object out, int n) {
        float[] first = (float[]) a;
        float[] result = (float[]) out;
        try {
            for (int i = 0; i < n; i++) {
                result[i] = b == null ? (float) (double) method.invokeExact((double) first[i])
                        : (float) (double) method.invokeExact((double) first[i], (double) ((float[]) b)[i]);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
