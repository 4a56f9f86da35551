package dev.gamelan.codegen;

import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Program;
import dev.gamelan.runtime.Program.Bound;
import dev.gamelan.runtime.Slot;
import java.util.List;
import java.util.stream.Stream;

/** Runs one of two programs. */
final class BranchInstruction implements Instruction {

    private final Program then;
    private final Program otherwise;
    private final List<Slot> operands;
    private final List<Slot> results;
    private final Bound[] inputs;
    private final Bound[] outputs;

    BranchInstruction(Program then, Program otherwise, List<Slot> operands, List<Slot> results) {
        this.then = then;
        this.otherwise = otherwise;
        this.operands = operands;
        this.results = results;
        this.inputs = Stream.generate(Bound::new).limit(operands.size() - 1).toArray(Bound[]::new);
        this.outputs = Stream.generate(Bound::new).limit(results.size()).toArray(Bound[]::new);
    }

    @Override
    public void run(Frame frame, Pool pool) {
        Slot predicate = operands.getFirst();
        boolean holds = ((boolean[]) predicate.array(frame))[predicate.offset(frame)];
        for (int i = 0; i < inputs.length; i++) {
            Slot operand = operands.get(i + 1);
            inputs[i].to(operand.array(frame), operand.offset(frame), operand.derived(frame));
        }
        for (int i = 0; i < outputs.length; i++) {
            outputs[i].to(results.get(i).array(frame), results.get(i).offset(frame));
        }
        (holds ? then : otherwise).run(inputs, outputs);
    }
}
