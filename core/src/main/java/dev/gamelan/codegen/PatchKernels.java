package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Emitted kernels that move short runs of elements, many at a time, between images and patches; plain loops until they are compiled. */
final class PatchKernels {
    private static final int WARM_RUNS = 4;
    private static final int WARM_LENGTH = 40;
    /** Elements of a run while warming up: whole vectors and a part of one, either alone. */
    private static final int[] WARM_LENGTHS = {WARM_LENGTH, WARM_LENGTH - 1, WARM_LENGTH - 8, 3};
    private static final Map<Key, PatchKernels> KERNELS = new ConcurrentHashMap<>();

    /** Runs of {@code length} elements, {@code fromStep} and {@code toStep} apart. */
    interface Move {
        void run(Object from, int fromOffset, int fromStep, Object to, int toOffset, int toStep, int runs, int length);
    }

    private record Key(ElementType type, Lanes lanes) {
    }

    static PatchKernels of(ElementType type, Lanes lanes) {
        return KERNELS.computeIfAbsent(new Key(type, lanes), key -> new PatchKernels(warm(key, false), warm(key, true)));
    }

    private static Warm<Move> warm(Key key, boolean add) {
        ElementType type = key.type();
        Object from = type.newArray((WARM_RUNS + 1) * WARM_LENGTH);
        Object to = type.newArray((WARM_RUNS + 1) * WARM_LENGTH);
        return Warm.later(() -> Warm.define(Move.class, (add ? "PatchAdd" : "PatchCopy") + type, key.lanes(), k -> emit(k, type, add)),
                (kernel, number) -> kernel.run(from, 0, WARM_LENGTH, to, 0, WARM_LENGTH, WARM_RUNS,
                        WARM_LENGTHS[number % WARM_LENGTHS.length]));
    }

    private final Warm<Move> copy;
    private final Warm<Move> add;

    private PatchKernels(Warm<Move> copy, Warm<Move> add) {
        this.copy = copy;
        this.add = add;
    }

    /** Runs are written over what is there; a run may write a little more. */
    Move copy() {
        return copy.kernelOr(PatchKernels::copyRuns);
    }

    /** Runs are added to what is there. */
    Move add() {
        return add.kernelOr(PatchKernels::addRuns);
    }

    private static void copyRuns(Object from, int fromOffset, int fromStep, Object to, int toOffset, int toStep, int runs, int length) {
        for (int i = 0; i < runs; i++) {
            System.arraycopy(from, fromOffset + i * fromStep, to, toOffset + i * toStep, length);
        }
    }

    private static void addRuns(Object from, int fromOffset, int fromStep, Object to, int toOffset, int toStep, int runs, int length) {
        for (int i = 0; i < runs; i++) {
            if (from instanceof float[] floats) {
                AttentionBlocks.add(floats, fromOffset + i * fromStep, (float[]) to, toOffset + i * toStep, length);
            } else {
                AttentionBlocks.add((double[]) from, fromOffset + i * fromStep, (double[]) to, toOffset + i * toStep, length);
            }
        }
    }

    private static void emit(Assembler k, ElementType type, boolean add) {
        Value from = k.memory().array(k.parameter(0, Form.OBJECTS, type), type);
        Value to = k.memory().array(k.parameter(3, Form.OBJECTS, type), type);
        Value source = k.variable(k.intParameter(1));
        Value target = k.variable(k.intParameter(4));
        k.forRange(k.intParameter(6), run -> {
            k.forLanes(k.constant(0), k.intParameter(7), i -> {
                Value at = k.add(target, i);
                Value moved = k.memory().load(from, k.add(source, i));
                if (add) {
                    k.memory().store(to, at, k.add(k.memory().load(to, at), moved));
                } else if (k.lanes().maskedMemory()) {
                    // Masked stores are slow on some machines; what this writes beyond a run is written later, or slack.
                    k.with(null, () -> k.memory().store(to, at, moved));
                } else {
                    k.memory().store(to, at, moved);
                }
            });
            k.assign(source, k.add(source, k.intParameter(2)));
            k.assign(target, k.add(target, k.intParameter(5)));
        });
    }
}
