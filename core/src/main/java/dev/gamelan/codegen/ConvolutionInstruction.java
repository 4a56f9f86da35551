package dev.gamelan.codegen;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Window;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.Shape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Convolutions and their two gradients as matrix products over the patches of some pixels at a time, which stay in the cache. Chunks of pixels
 * follow one another and depend on the extents alone.
 */
final class ConvolutionInstruction implements Instruction {

    /** Elements of the patches that exist at a time. */
    private static final int CHUNK = 1 << 19;
    /** Pixels that one task lays out. */
    private static final int GRAIN = 64;
    private static final Object NONE = new float[0];

    /** Which of (input, kernel, output) is computed from the other two. */
    private enum Kind {
        FORWARD, INPUT_GRADIENT, KERNEL_GRADIENT
    }

    private final Kind kind;
    private final PatchMatrix patches;
    private final ElementType type;
    private final Lanes lanes;
    private final int groups;
    private final int outputChannels;
    private final int groupOutputs;
    private final int images;
    private final int pixels;
    private final int chunk;
    /** Borrowed for the time of a run. */
    private Object rows = NONE;
    private final Slot x;
    private final Slot w;
    private final Slot y;
    private final Slot result;
    private final Optional<LoopInstruction> epilogue;
    private final Map<Integer, Gemm> products = new HashMap<>();

    private ConvolutionInstruction(Kind kind, Shape input, Shape kernel, Shape output, Window window, int groups, int vectorBits, Slot x,
            Slot w, Slot y, Slot result, Optional<LoopInstruction> epilogue) {
        this.kind = kind;
        this.groups = groups;
        this.x = x;
        this.w = w;
        this.y = y;
        this.result = result;
        this.epilogue = epilogue;
        this.type = LoopTypes.of(result.type().dtype());
        this.lanes = Lanes.ofBits(vectorBits, type);
        this.patches = new PatchMatrix(input, kernel.slice(0, window.rank()), output.slice(1, output.rank() - 1), window, groups);
        this.outputChannels = output.dim(-1);
        this.groupOutputs = outputChannels / groups;
        this.images = output.dim(0);
        this.pixels = images * patches.pixelsPerImage;
        this.chunk = patches.isInput() ? Math.max(1, pixels) : chunk();
    }

    /** Pixels at a time: whole images if they fit. */
    private int chunk() {
        int most = Math.max(1, CHUNK / Math.max(1, patches.rowLength));
        int perImage = Math.max(1, patches.pixelsPerImage);
        return Math.max(1, Math.min(pixels, most >= perImage ? most / perImage * perImage : most));
    }

    static ConvolutionInstruction of(Node node, int vectorBits, List<Slot> operands, Slot result, Optional<LoopInstruction> epilogue) {
        Slot a = operands.get(0);
        Slot b = operands.get(1);
        Shape first = a.type().shape();
        Shape second = b.type().shape();
        return switch (node.op()) {
            case Op.Conv o -> new ConvolutionInstruction(Kind.FORWARD, first, second, node.shape(), o.window(), o.groups(), vectorBits, a, b,
                    result, result, epilogue);
            case Op.ConvInputGradient o -> new ConvolutionInstruction(Kind.INPUT_GRADIENT, node.shape(), second, first, o.window(), o.groups(),
                    vectorBits, result, b, a, result, epilogue);
            case Op.ConvKernelGradient o -> new ConvolutionInstruction(Kind.KERNEL_GRADIENT, first, node.shape(), second, o.window(), o.groups(),
                    vectorBits, a, result, b, result, epilogue);
            default -> throw new IllegalArgumentException(node.op() + " is no convolution");
        };
    }

    @Override
    public void run(Frame frame, Pool pool) {
        epilogue.ifPresent(loop -> loop.bind(frame));
        if (kind == Kind.INPUT_GRADIENT || pixels == 0 || patches.rowLength == 0) {
            PatchMatrix.zero(result.array(frame), result.offset(frame), result.type().shape().length());
        }
        if (!patches.isInput()) {
            rows = Scratch.borrow(type, chunk * patches.rowLength);
        }
        chunks(frame, pool);
        if (!patches.isInput()) {
            Scratch.giveBack(type, rows);
            rows = NONE;
        }
        if (epilogue.isPresent() && pixels > 0 && patches.rowLength == 0) {
            epilogue.get().lines(0, pixels, pixels);
        }
    }

    private void chunks(Frame frame, Pool pool) {
        for (int from = 0; from < pixels && patches.rowLength > 0; from += chunk) {
            int to = Math.min(pixels, from + chunk);
            for (int group = 0; group < groups; group++) {
                switch (kind) {
                    case FORWARD -> forward(frame, pool, from, to, group);
                    case INPUT_GRADIENT -> inputGradient(frame, pool, from, to, group);
                    case KERNEL_GRADIENT -> kernelGradient(frame, pool, from, to, group);
                }
            }
            if (epilogue.isPresent() && groups > 1) {
                epilogue.get().lines(from, to, pixels);
            }
        }
    }

    private Object patchArray(Frame frame) {
        return patches.isInput() ? x.array(frame) : rows;
    }

    private int patchOffset(Frame frame) {
        return patches.isInput() ? x.offset(frame) : 0;
    }

    private void gather(Frame frame, Pool pool, int from, int to, int group) {
        if (!patches.isInput()) {
            pool.run(Math.ceilDiv(to - from, GRAIN), (task, _) -> patches.gather(x.array(frame), x.offset(frame), group, from + task * GRAIN,
                    Math.min(to, from + (task + 1) * GRAIN), rows, task * GRAIN * patches.rowLength));
        }
    }

    /** (pixels, taps) x (taps, outputs). */
    private void forward(Frame frame, Pool pool, int from, int to, int group) {
        gather(frame, pool, from, to, group);
        Gemm product = products.computeIfAbsent(to - from, count -> Gemm.of(lanes, type, 1, count, groupOutputs, patches.rowLength,
                new Gemm.Layout(0, patches.rowLength, 1), new Gemm.Layout(0, outputChannels, 1), new Gemm.Layout(0, outputChannels, 1)));
        Gemm.RowsDone done = groups > 1 || epilogue.isEmpty() ? null
                : (_, first, last) -> epilogue.get().lines(from + first, from + last, pixels);
        product.run(pool, patchArray(frame), patchOffset(frame), w.array(frame), w.offset(frame) + group * groupOutputs, y.array(frame),
                y.offset(frame) + from * outputChannels + group * groupOutputs, false, done);
    }

    /** (taps, pixels) x (pixels, outputs), summed over the chunks. */
    private void kernelGradient(Frame frame, Pool pool, int from, int to, int group) {
        gather(frame, pool, from, to, group);
        Gemm product = products.computeIfAbsent(to - from, count -> Gemm.of(lanes, type, 1, patches.rowLength, groupOutputs, count,
                new Gemm.Layout(0, 1, patches.rowLength), new Gemm.Layout(0, outputChannels, 1), new Gemm.Layout(0, outputChannels, 1)));
        product.run(pool, patchArray(frame), patchOffset(frame), y.array(frame), y.offset(frame) + from * outputChannels + group * groupOutputs,
                w.array(frame), w.offset(frame) + group * groupOutputs, from > 0, null);
    }

    /** (pixels, outputs) x (outputs, taps), added back to the pixels that the taps came from. */
    private void inputGradient(Frame frame, Pool pool, int from, int to, int group) {
        Gemm product = products.computeIfAbsent(to - from, count -> Gemm.of(lanes, type, 1, count, patches.rowLength, groupOutputs,
                new Gemm.Layout(0, outputChannels, 1), new Gemm.Layout(0, 1, outputChannels), new Gemm.Layout(0, patches.rowLength, 1)));
        product.run(pool, y.array(frame), y.offset(frame) + from * outputChannels + group * groupOutputs, w.array(frame),
                w.offset(frame) + group * groupOutputs, patchArray(frame), patchOffset(frame), false, null);
        if (!patches.isInput()) {
            int perImage = patches.pixelsPerImage;
            int firstImage = from / perImage;
            pool.run(Math.ceilDiv(to, perImage) - firstImage, (task, _) -> {
                int first = Math.max(from, (firstImage + task) * perImage);
                int last = Math.min(to, (firstImage + task + 1) * perImage);
                patches.scatter(rows, (first - from) * patches.rowLength, group, first, last, x.array(frame), x.offset(frame));
            });
        }
    }
}
