package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Emitted kernels that move short runs of elements, many at a time, between images and patches. */
record PatchKernels(Move copy, Move add) {
    private static final Map<Key, PatchKernels> KERNELS = new ConcurrentHashMap<>();

    /** Runs of {@code length} elements, {@code fromStep} and {@code toStep} apart. */
    interface Move {
        void run(Object from, int fromOffset, int fromStep, Object to, int toOffset, int toStep, int runs, int length);
    }

    private record Key(ElementType type, Lanes lanes) {
    }

    static PatchKernels of(ElementType type, Lanes lanes) {
        return KERNELS.computeIfAbsent(new Key(type, lanes), key -> new PatchKernels(
                KernelClass.define(Move.class, "PatchCopy" + type, lanes, k -> emit(k, type, false)),
                KernelClass.define(Move.class, "PatchAdd" + type, lanes, k -> emit(k, type, true))));
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
