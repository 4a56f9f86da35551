package dev.gamelan.codegen;

import dev.gamelan.ir.Derived;
import dev.gamelan.ir.Op;
import dev.gamelan.pass.FewerRows.Source;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Program;
import dev.gamelan.runtime.Program.Bound;
import dev.gamelan.runtime.Slot;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * All steps of a loop over time, for all of its rows or for a block of them. Carried values go back and forth between two buffers; the
 * first step reads the initial values where they are, the last one writes the results where they belong.
 */
final class ScanLoop {

    /** Rows {@code from} to {@code to} of {@code all}, which axis 0 of what is carried and of results counts; all of one where it does not. */
    record Rows(int from, int to, int all) {
        static final Rows ALL = new Rows(0, 1, 1);

        /** Elements before these rows, of so many elements in all. */
        int before(int elements) {
            return from == 0 ? 0 : elements / all * from;
        }

        int of(int elements) {
            return elements / all * (to - from);
        }
    }

    /** Of results there are rows. */
    private static final Source RESULT = new Source(0, true);

    private final Op.Scan scan;
    private final Program body;
    private final List<Source> sources;
    private final List<Slot> operands;
    private final List<Slot> results;
    private final Rows rows;
    private final Object[][] carried;
    private final Bound[] inputs;
    private final Bound[] outputs;

    /** @param sources what the inputs of the body are */
    ScanLoop(Op.Scan scan, Program body, List<Source> sources, List<Slot> operands, List<Slot> results, Rows rows) {
        this.scan = scan;
        this.body = body;
        this.sources = sources;
        this.operands = operands;
        this.results = results;
        this.rows = rows;
        this.carried = new Object[2][scan.carries()];
        for (Object[] buffers : carried) {
            Arrays.setAll(buffers,
                    i -> results.get(i).type().dtype().newArray(scan.length() < 2 ? 0 : rows.of(ScanInstruction.length(results.get(i)))));
        }
        this.inputs = Stream.generate(Bound::new).limit(sources.size()).toArray(Bound[]::new);
        this.outputs = Stream.generate(Bound::new).limit(results.size()).toArray(Bound[]::new);
    }

    boolean isWarm() {
        return body.isWarm();
    }

    /** @param derived of each operand, for what is the same in all steps of a run */
    void run(Frame frame, Derived[] derived) {
        for (int i = scan.carries(); i < inputs.length; i++) {
            Source source = sources.get(i);
            Slot slot = operands.get(source.operand());
            if (source.operand() >= scan.carries() + scan.sequences()) {
                inputs[i].to(slot.arrayIfKept(frame), slot.offset(frame) + start(source, ScanInstruction.length(slot)),
                        derived[source.operand()]);
            }
        }
        for (int step = 0; step < scan.length(); step++) {
            bindCarries(frame, step);
            int slice = scan.reverse() ? scan.length() - 1 - step : step;
            for (int i = scan.carries(); i < inputs.length; i++) {
                Source source = sources.get(i);
                if (source.operand() < scan.carries() + scan.sequences()) {
                    bindSlice(inputs[i], operands.get(source.operand()), frame, slice, source);
                }
            }
            for (int i = scan.carries(); i < results.size(); i++) {
                bindSlice(outputs[i], results.get(i), frame, slice, RESULT);
            }
            body.run(inputs, outputs);
        }
    }

    private int start(Source source, int elements) {
        return source.rows() ? rows.before(elements) : 0;
    }

    private void bindCarries(Frame frame, int step) {
        for (int i = 0; i < scan.carries(); i++) {
            if (step == 0) {
                bind(inputs[i], operands.get(i), frame);
            } else {
                inputs[i].to(carried[step % 2][i], 0);
            }
            if (step == scan.length() - 1) {
                bind(outputs[i], results.get(i), frame);
            } else {
                outputs[i].to(carried[(step + 1) % 2][i], 0);
            }
        }
    }

    private void bind(Bound bound, Slot slot, Frame frame) {
        bound.to(slot.array(frame), slot.offset(frame) + rows.before(ScanInstruction.length(slot)));
    }

    private void bindSlice(Bound bound, Slot slot, Frame frame, int slice, Source source) {
        int elements = ScanInstruction.length(slot) / scan.length();
        bound.to(slot.array(frame), slot.offset(frame) + slice * elements + start(source, elements));
    }
}
