package dev.gamelan.codegen;

import dev.gamelan.ir.Derived;
import dev.gamelan.ir.Op;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Program;
import dev.gamelan.runtime.Program.Bound;
import dev.gamelan.runtime.Slot;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * Runs the body of a scan once per slice. Carried values go back and forth between two buffers; the first step reads the
 * initial values where they are, the last one writes the results where they belong.
 */
final class ScanInstruction implements Instruction {

    private final Op.Scan scan;
    private final Program body;
    private final List<Slot> operands;
    private final List<Slot> results;
    private final Object[][] carried;
    private final Bound[] inputs;
    private final Bound[] outputs;
    /** Of what is the same in all steps of a run. */
    private final Derived[] derived;

    ScanInstruction(Op.Scan scan, Program body, List<Slot> operands, List<Slot> results) {
        this.scan = scan;
        this.body = body;
        this.operands = operands;
        this.results = results;
        this.carried = new Object[2][scan.carries()];
        for (Object[] buffers : carried) {
            Arrays.setAll(buffers, i -> results.get(i).type().dtype().newArray(scan.length() < 2 ? 0 : length(results.get(i))));
        }
        this.inputs = Stream.generate(Bound::new).limit(operands.size()).toArray(Bound[]::new);
        this.derived = Stream.generate(() -> new Derived(true)).limit(operands.size()).toArray(Derived[]::new);
        this.outputs = Stream.generate(Bound::new).limit(results.size()).toArray(Bound[]::new);
    }

    private static int length(Slot slot) {
        return slot.type().shape().length();
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (scan.length() == 0) {
            for (int i = 0; i < scan.carries(); i++) {
                System.arraycopy(operands.get(i).array(frame), operands.get(i).offset(frame), results.get(i).array(frame),
                        results.get(i).offset(frame), length(results.get(i)));
            }
        }
        int captured = scan.carries() + scan.sequences();
        for (int i = captured; i < operands.size(); i++) {
            Slot slot = operands.get(i);
            derived[i].change();
            Derived known = slot.derived(frame);
            inputs[i].to(slot.array(frame), slot.offset(frame), known == null ? derived[i] : known);
        }
        for (int step = 0; step < scan.length(); step++) {
            bindCarries(frame, step);
            int slice = scan.reverse() ? scan.length() - 1 - step : step;
            for (int i = scan.carries(); i < captured; i++) {
                bind(inputs[i], operands.get(i), frame, slice);
            }
            for (int i = scan.carries(); i < results.size(); i++) {
                bind(outputs[i], results.get(i), frame, slice);
            }
            body.run(inputs, outputs);
        }
    }

    private void bindCarries(Frame frame, int step) {
        for (int i = 0; i < scan.carries(); i++) {
            if (step == 0) {
                bind(inputs[i], operands.get(i), frame, 0);
            } else {
                inputs[i].to(carried[step % 2][i], 0);
            }
            if (step == scan.length() - 1) {
                bind(outputs[i], results.get(i), frame, 0);
            } else {
                outputs[i].to(carried[(step + 1) % 2][i], 0);
            }
        }
    }

    private void bind(Bound bound, Slot slot, Frame frame, int slice) {
        bound.to(slot.array(frame), slot.offset(frame) + (slice == 0 ? 0 : slice * (length(slot) / scan.length())));
    }
}
