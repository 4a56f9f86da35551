package dev.gamelan.runtime;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A compiled program: instructions over one frame. Runs one after another; what is computed lies in pooled memory, so a run
 * allocates nothing but the arrays of outputs that were not donated.
 */
public final class Program implements Executable {

    private final List<Type> inputTypes;
    private final List<Type> outputTypes;
    /** For each output the input or earlier output that is the same array, or -1 if it has its own. */
    private final int[] sharedInput;
    private final int[] sharedOutput;
    private final int donated;
    private final Frame frame;
    private final Instruction[] instructions;
    private final Pool pool;
    private final ReentrantLock lock = new ReentrantLock();

    public Program(Graph graph, int donated, Frame frame, List<Instruction> instructions, Pool pool) {
        this.inputTypes = graph.inputs().stream().map(Node::type).toList();
        this.outputTypes = graph.outputs().stream().map(Node::type).toList();
        this.donated = donated;
        this.frame = frame;
        this.instructions = instructions.toArray(Instruction[]::new);
        this.pool = pool;
        this.sharedInput = new int[outputTypes.size()];
        this.sharedOutput = new int[outputTypes.size()];
        for (int i = 0; i < sharedInput.length; i++) {
            sharedInput[i] = i < donated ? i : -1;
            int earlier = graph.outputs().indexOf(graph.outputs().get(i));
            sharedOutput[i] = i >= donated && earlier < i ? earlier : -1;
        }
    }

    @Override
    public List<Data> run(List<Data> inputs) {
        Checks.inputs(inputTypes, inputs);
        lock.lock();
        try {
            for (int i = 0; i < inputs.size(); i++) {
                frame.input(i, inputs.get(i).array(), 0);
            }
            List<Data> outputs = new ArrayList<>(outputTypes.size());
            for (int i = 0; i < outputTypes.size(); i++) {
                outputs.add(output(i, inputs, outputs));
            }
            execute();
            return outputs;
        } finally {
            frame.release();
            lock.unlock();
        }
    }

    private Data output(int i, List<Data> inputs, List<Data> outputs) {
        if (sharedInput[i] >= 0) {
            return inputs.get(sharedInput[i]);
        }
        Data data = sharedOutput[i] >= donated ? outputs.get(sharedOutput[i])
                : new Data(outputTypes.get(i), outputTypes.get(i).dtype().newArray(outputTypes.get(i).shape().length()));
        frame.output(i, data.array(), 0);
        return data;
    }

    private void execute() {
        for (Instruction instruction : instructions) {
            instruction.run(frame, pool);
        }
    }

    /** For programs within programs: the frame to bind, then {@link #executeBound}. */
    public Frame frame() {
        return frame;
    }

    /** Runs with what is bound to the frame. */
    public void executeBound() {
        execute();
    }
}
