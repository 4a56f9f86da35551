package dev.gamelan.codegen;

import dev.gamelan.kernel.Step;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import java.util.List;
import java.util.Optional;

/** Runs a convolution, and the epilogue on pixels that are done. */
final class ConvolutionInstruction implements Instruction {

    private final LibraryInstruction library;
    private final Optional<LoopInstruction> epilogue;
    private final int pixels;

    ConvolutionInstruction(Step.Contraction step, List<Slot> operands, Slot result, Optional<LoopInstruction> epilogue) {
        this.library = new LibraryInstruction(step, List.of(step.node()), operands, List.of(result));
        this.epilogue = epilogue;
        this.pixels = step.node().shape().slice(0, step.node().shape().rank() - 1).length();
    }

    @Override
    public void run(Frame frame, Pool pool) {
        library.run(frame, pool);
        epilogue.ifPresent(loop -> {
            loop.bind(frame);
            loop.lines(0, pixels, pixels);
        });
    }
}
