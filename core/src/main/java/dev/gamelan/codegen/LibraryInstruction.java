package dev.gamelan.codegen;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.kernel.Step;
import dev.gamelan.runtime.Executable;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import java.util.ArrayList;
import java.util.List;

/** Runs an operation that has no kernel of its own in the interpreter. */
final class LibraryInstruction implements Instruction {

    private final Executable executable;
    private final List<Slot> inputs;
    private final List<Slot> outputs;

    LibraryInstruction(Step step, List<Node> results, List<Slot> inputs, List<Slot> outputs) {
        this.inputs = inputs;
        this.outputs = outputs;
        List<Node> arguments = step.node().operands().stream().map(operand -> Node.of(new Op.Input(operand.type(), "operand"))).toList();
        Node call = Node.of(step.node().op(), arguments, step.node().origin());
        List<Node> values = results.size() == 1 && results.getFirst() == step.node() ? List.of(call)
                : results.stream().map(result -> Node.of(result.op(), call)).toList();
        this.executable = new Reference().compile(Graph.of(arguments, values));
    }

    @Override
    public void run(Frame frame, Pool pool) {
        List<Data> values = new ArrayList<>();
        for (Slot slot : inputs) {
            Object copy = slot.type().dtype().newArray(slot.type().shape().length());
            System.arraycopy(slot.array(frame), slot.offset(frame), copy, 0, slot.type().shape().length());
            values.add(new Data(slot.type(), copy));
        }
        List<Data> results = executable.run(values);
        for (int i = 0; i < outputs.size(); i++) {
            Slot slot = outputs.get(i);
            System.arraycopy(results.get(i).array(), 0, slot.array(frame), slot.offset(frame), slot.type().shape().length());
        }
    }
}
