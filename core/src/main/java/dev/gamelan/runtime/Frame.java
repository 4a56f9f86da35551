package dev.gamelan.runtime;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Derived;
import dev.gamelan.plan.MemoryPlan;
import dev.gamelan.plan.Place;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The arrays of one run of a program: pools, inputs, constants and outputs, each with the element where it begins. */
public final class Frame {

    private static final Object RELEASED = new Object();

    private final int inputs;
    private final int constants;
    private final int outputs;
    /** Null where values are stored and nobody has asked for them yet. */
    private final @Nullable Object[] arrays;
    private final int[] bases;
    /** Data or Derived, of arrays that no run writes to. */
    private final @Nullable Object[] fixed;
    private final List<Integer> arenaSizes;
    /** What is borrowed for this run. */
    private final @Nullable Arena[] borrowed = new @Nullable Arena[MemoryPlan.ARENAS];

    public Frame(MemoryPlan plan, int inputCount, int outputCount) {
        this.inputs = MemoryPlan.ARENAS;
        this.constants = inputs + inputCount;
        this.outputs = constants + plan.constants().size();
        this.arrays = new @Nullable Object[outputs + outputCount];
        this.bases = new int[arrays.length];
        this.fixed = new @Nullable Object[arrays.length];
        this.arenaSizes = plan.arenaSizes();
        for (int i = 0; i < MemoryPlan.ARENAS; i++) {
            arrays[i] = arenaSizes.get(i) < Arena.SHARED ? MemoryPlan.newArena(i, arenaSizes.get(i)) : null;
        }
        for (int i = 0; i < plan.constants().size(); i++) {
            arrays[constants + i] = plan.constants().get(i).arrayIfKept();
            fixed[constants + i] = plan.constants().get(i);
        }
    }

    /** Borrows pooled memory until {@link #release}. */
    void borrow() {
        for (int i = 0; i < MemoryPlan.ARENAS; i++) {
            if (arrays[i] == null) {
                Arena arena = Arena.borrow(i, arenaSizes.get(i));
                borrowed[i] = arena;
                arrays[i] = arena.array();
            }
        }
    }

    /** Makes pooled memory that stays with this frame. */
    void keepArenas() {
        for (int i = 0; i < MemoryPlan.ARENAS; i++) {
            if (arrays[i] == null) {
                arrays[i] = MemoryPlan.newArena(i, arenaSizes.get(i));
            }
        }
    }

    /** An input that is only read. */
    public void input(int i, Data data) {
        input(i, data.arrayIfKept(), 0, null);
        fixed[inputs + i] = data;
    }

    /**
     * @param array   null where {@code derived} has values that have not been read
     * @param derived forms of an array that does not change while it is bound; null for any other
     */
    public void input(int i, @Nullable Object array, int base, @Nullable Derived derived) {
        arrays[inputs + i] = array;
        bases[inputs + i] = base;
        fixed[inputs + i] = derived;
    }

    public void output(int i, Object array, int base) {
        arrays[outputs + i] = array;
        bases[outputs + i] = base;
    }

    /** Lets go of what belongs to the caller, and gives back pooled memory. */
    public void release() {
        for (int i = 0; i < MemoryPlan.ARENAS; i++) {
            Arena arena = borrowed[i];
            if (arena != null) {
                arrays[i] = null;
                borrowed[i] = null;
                arena.giveBack();
            }
        }
        Arrays.fill(arrays, inputs, constants, RELEASED);
        Arrays.fill(fixed, inputs, constants, null);
        Arrays.fill(arrays, outputs, arrays.length, RELEASED);
    }

    /** Which storage a place is in. */
    public int storage(Place place) {
        return switch (place.kind()) {
            case ARENA -> place.index();
            case INPUT -> inputs + place.index();
            case CONSTANT -> constants + place.index();
            case OUTPUT -> outputs + place.index();
        };
    }

    public Object array(int storage) {
        Object array = arrays[storage];
        return array != null ? array : keep(storage);
    }

    private Object keep(int storage) {
        Object array = fixed[storage] instanceof Data data ? data.keep() : Objects.requireNonNull(derived(storage)).values();
        arrays[storage] = array;
        return array;
    }

    /** The array, or null where its values have not been read: {@link #derived} then has them. */
    public @Nullable Object arrayIfKept(int storage) {
        return arrays[storage];
    }

    /** Other forms of an array that does not change; null for any other. */
    public @Nullable Derived derived(int storage) {
        Object owner = fixed[storage];
        return owner instanceof Data data ? data.derived() : (Derived) owner;
    }

    public int base(int storage) {
        return bases[storage];
    }
}
