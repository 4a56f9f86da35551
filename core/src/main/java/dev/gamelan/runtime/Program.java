package dev.gamelan.runtime;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Derived;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * A compiled program: instructions over one frame. Runs one after another; what is computed lies in pooled memory, so a run
 * allocates nothing but the arrays of outputs that were not donated.
 */
public final class Program implements Executable {

    private final List<Type> inputTypes;
    private final List<Type> outputTypes;
    private final int donated;
    private final Frame frame;
    private final Instruction[] instructions;
    private final Pool pool;
    private final Supplier<List<Profile.Work>> work;
    private final Runnable ran;
    /** Of inputs and outputs. */
    private final long elements;
    private Profile.Counter @Nullable [] counters;
    private final ReentrantLock lock = new ReentrantLock();

    /**
     * @param work what each instruction does; asked for when somebody wants to know
     * @param ran  is told about each run, unless it is one within another program
     */
    public Program(Graph graph, int donated, Frame frame, List<Instruction> instructions, Supplier<List<Profile.Work>> work, Pool pool,
            Runnable ran) {
        this.inputTypes = graph.inputs().stream().map(Node::type).toList();
        this.outputTypes = graph.outputs().stream().map(Node::type).toList();
        this.donated = donated;
        this.frame = frame;
        this.instructions = instructions.toArray(Instruction[]::new);
        this.pool = pool;
        this.work = work;
        this.ran = ran;
        this.elements = elements(inputTypes) + elements(outputTypes);
    }

    private static long elements(List<Type> types) {
        return types.stream().mapToLong(type -> type.shape().length()).sum();
    }

    @Override
    public List<Data> run(List<Data> inputs) {
        Checks.inputs(inputTypes, inputs);
        List<Data> outputs = new ArrayList<>(outputTypes.size());
        for (int i = 0; i < outputTypes.size(); i++) {
            Type type = outputTypes.get(i);
            outputs.add(i < donated ? inputs.get(i) : new Data(type, type.dtype().newArray(type.shape().length())));
        }
        runOn(inputs, outputs);
        return outputs;
    }

    @Override
    public void run(List<Data> inputs, List<Data> outputs) {
        Checks.inputs(inputTypes, inputs);
        Checks.outputs(outputTypes, outputs);
        runOn(inputs, outputs);
    }

    private void runOn(List<Data> inputs, List<Data> outputs) {
        lock.lock();
        try {
            frame.borrow();
            for (int i = 0; i < inputs.size(); i++) {
                bind(i, inputs.get(i));
            }
            for (int i = donated; i < outputs.size(); i++) {
                frame.output(i, outputs.get(i).keep(), 0);
            }
            execute();
            ran.run();
        } finally {
            frame.release();
            lock.unlock();
        }
        Nursery.SHARED.ran(elements);
    }

    private void bind(int i, Data input) {
        if (i < donated) {
            input.changed();
            frame.input(i, input.keep(), 0, null);
        } else {
            frame.input(i, input);
        }
    }

    private void execute() {
        if (Profile.isOn() || isRecorded()) {
            executeWatched();
            return;
        }
        for (Instruction instruction : instructions) {
            instruction.run(frame, pool);
        }
    }

    /** Whether Flight Recorder listens; asked in this order, as its first event costs 0.1 s even where it was never started. */
    private static boolean isRecorded() {
        return FlightRecorder.isInitialized() && KernelEvent.PROBE.isEnabled();
    }

    private void executeWatched() {
        Profile.Counter[] watching = counters;
        if (watching == null) {
            watching = work.get().stream().map(Profile::counter).toArray(Profile.Counter[]::new);
            counters = watching;
        }
        for (int i = 0; i < instructions.length; i++) {
            watching[i].watch(instructions[i], frame, pool);
        }
    }

    /** Whether the kernels of all instructions run at full speed. */
    public boolean isWarm() {
        for (Instruction instruction : instructions) {
            if (!instruction.isWarm()) {
                return false;
            }
        }
        return true;
    }

    /** For programs within programs: runs on arrays of the caller's. */
    public void run(Bound[] inputs, Bound[] outputs) {
        frame.keepArenas();
        for (int i = 0; i < inputs.length; i++) {
            frame.input(i, inputs[i].array, inputs[i].offset, inputs[i].derived);
        }
        for (int i = 0; i < outputs.length; i++) {
            frame.output(i, Objects.requireNonNull(outputs[i].array), outputs[i].offset);
        }
        execute();
    }

    /** A buffer of the caller's. */
    public static final class Bound {
        private @Nullable Object array;
        private int offset;
        private @Nullable Derived derived;

        public void to(Object newArray, int newOffset) {
            to(newArray, newOffset, null);
        }

        /**
         * @param newArray   null where {@code newDerived} has values that have not been read
         * @param newDerived other forms of an array that does not change; null for any other
         */
        public void to(@Nullable Object newArray, int newOffset, @Nullable Derived newDerived) {
            array = newArray;
            offset = newOffset;
            derived = newDerived;
        }
    }
}
