package dev.gamelan.codegen;

import dev.gamelan.codegen.PoolingCode.Kind;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Window;
import dev.gamelan.runtime.Frame;
import dev.gamelan.runtime.Instruction;
import dev.gamelan.runtime.Pool;
import dev.gamelan.runtime.Slot;
import dev.gamelan.shape.Shape;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Slides windows over images, side by side over images (and rows, where windows only read). */
final class PoolingInstruction implements Instruction {

    private static final int AXES = 3;
    /** Elements in one call of code that is not compiled yet. */
    private static final int SLICE = 512;

    private final Kind kind;
    /** For windows of which nothing is cut off, and for the others. */
    private final Warm<PoolingCode> whole;
    private final Warm<PoolingCode> clipped;
    /** Until they are compiled; null where there is nothing else. */
    private final @Nullable PoolingCode plain;
    private final Slot x;
    private final Slot second;
    private final Slot out;
    private final int batch;
    private final int channels;
    /** The side with windows, the windows, and the other side, each as three extents. */
    private final int[] wide;
    private final int[] size;
    private final int[] narrow;
    private final int[] stride = {1, 1, 1};
    private final int[] pad = new int[AXES];
    private final int[] dilation = {1, 1, 1};
    private final int[][] taps;
    private final boolean apart;
    private final int planes;
    private final Tasks clearing = new Tasks((frame, image, _) -> clear(frame, image));
    private final Tasks images = new Tasks(this::image);
    private final Tasks rows = new Tasks(this::row);

    private PoolingInstruction(Kind kind, int vectorBits, Shape size, Window window, Shape wide, Shape narrow, List<Slot> operands,
            Slot out,
            int workers) {
        this.x = operands.getFirst();
        this.second = operands.getLast();
        this.out = out;
        this.batch = wide.dim(0);
        this.channels = wide.dim(-1);
        this.size = extents(size);
        this.wide = extents(wide.slice(1, wide.rank() - 1));
        this.narrow = extents(narrow.slice(1, narrow.rank() - 1));
        for (int i = 0; i < window.rank(); i++) {
            int axis = AXES - window.rank() + i;
            stride[axis] = window.stride().get(i);
            pad[axis] = window.padLow().get(i);
            dilation[axis] = window.dilation().get(i);
        }
        this.taps = new int[workers][size.length()];
        this.apart = isApart();
        this.planes = this.narrow[0] * this.narrow[1];
        this.kind = !apart ? kind : kind == Kind.MAX_GRADIENT ? Kind.MAX_GRADIENT_APART
                : kind == Kind.SUM_GRADIENT ? Kind.SUM_GRADIENT_APART : kind;
        ElementType type = LoopTypes.of(out.type().dtype());
        this.whole = PoolingCode.of(this.kind, type, vectorBits, size.length());
        this.plain = type == ElementType.FLOAT ? new PlainPooling(this.kind) : null;
        this.clipped = isCut() ? PoolingCode.of(this.kind, type, vectorBits) : whole;
    }

    /** Whether no element is in two windows. */
    private boolean isApart() {
        boolean apart = true;
        for (int i = 0; i < AXES; i++) {
            apart &= size[i] == 1 || narrow[i] <= 1 || dilation[i] == 1 && stride[i] >= size[i];
        }
        return apart;
    }

    /** Whether something of a window may be outside. */
    private boolean isCut() {
        boolean cut = false;
        for (int i = 0; i < AXES; i++) {
            cut |= pad[i] > 0 || (narrow[i] - 1) * stride[i] - pad[i] + (size[i] - 1) * dilation[i] >= wide[i];
        }
        return cut;
    }

    /** Whether each element is in a window. */
    private boolean isCovered() {
        boolean covered = true;
        for (int i = 0; i < AXES; i++) {
            covered &= size[i] == stride[i] && dilation[i] == 1 && pad[i] == 0 && narrow[i] * stride[i] == wide[i];
        }
        return covered;
    }

    /** @param vectorBits as of the backend; {@code workers} as of its pool */
    static PoolingInstruction of(Node node, int vectorBits, List<Slot> operands, Slot out, int workers) {
        Shape operand = node.operand(0).shape();
        return switch (node.op()) {
            case Op.MaxPool o ->
                    new PoolingInstruction(Kind.MAX, vectorBits, o.size(), o.window(), operand, node.shape(), operands, out, workers);
            case Op.MaxPoolPick o ->
                    new PoolingInstruction(Kind.PICK, vectorBits, o.size(), o.window(), operand, node.shape(), operands, out, workers);
            case Op.MaxPoolGradient o -> new PoolingInstruction(Kind.MAX_GRADIENT, vectorBits, o.size(), o.window(), operand,
                    node.operand(1).shape(), operands, out, workers);
            case Op.SumPool o ->
                    new PoolingInstruction(Kind.SUM, vectorBits, o.size(), o.window(), operand, node.shape(), operands, out, workers);
            case Op.SumPoolGradient o -> new PoolingInstruction(Kind.SUM_GRADIENT, vectorBits, o.size(), o.window(), node.shape(), operand,
                    operands, out, workers);
            default -> throw new IllegalArgumentException(node.op() + " has no windows");
        };
    }

    private static int[] extents(Shape spatial) {
        int[] result = {1, 1, 1};
        System.arraycopy(spatial.dims(), 0, result, AXES - spatial.rank(), spatial.rank());
        return result;
    }

    @Override
    public void run(Frame frame, Pool pool) {
        if (kind.isGradient() && !isCovered()) {
            clearing.run(frame, pool, batch);
        }
        if (kind.isGradient() && !apart) {
            images.run(frame, pool, batch);
        } else {
            rows.run(frame, pool, batch * planes);
        }
    }

    private void image(Frame frame, int image, int worker) {
        for (int plane = 0; plane < planes; plane++) {
            row(frame, image, plane, taps[worker]);
        }
    }

    private void row(Frame frame, int task, int worker) {
        row(frame, task / planes, task % planes, taps[worker]);
    }

    private void clear(Frame frame, int image) {
        int length = wide[0] * wide[1] * wide[2] * channels;
        int from = out.offset(frame) + image * length;
        if (out.array(frame) instanceof float[] floats) {
            Arrays.fill(floats, from, from + length, 0);
        } else {
            Arrays.fill((double[]) out.array(frame), from, from + length, 0);
        }
    }

    /** All windows along the last axis: those that are cut off at its ends, and between them those whose taps are the same. */
    private void row(Frame frame, int image, int plane, int[] window) {
        int reach = (size[2] - 1) * dilation[2];
        int from = Math.clamp(Math.ceilDiv(pad[2], stride[2]), 0, narrow[2]);
        int to = Math.clamp(Math.floorDiv(wide[2] - 1 - reach + pad[2], stride[2]) + 1, from, narrow[2]);
        for (int third = 0; third < from; third++) {
            windows(frame, image, plane, third, third + 1, window);
        }
        if (from < to) {
            windows(frame, image, plane, from, to, window);
        }
        for (int third = to; third < narrow[2]; third++) {
            windows(frame, image, plane, third, third + 1, window);
        }
    }

    /** Neighboring windows of the same taps. */
    private void windows(Frame frame, int image, int plane, int from, int to, int[] window) {
        int c = from * stride[2] - pad[2];
        int count = taps(plane / narrow[1] * stride[0] - pad[0], plane % narrow[1] * stride[1] - pad[1], c, window);
        int wideBase = (image * wide[0] * wide[1] * wide[2] + c) * channels;
        int wideStep = stride[2] * channels;
        int narrowBase = ((image * narrow[0] * narrow[1] + plane) * narrow[2] + from) * channels;
        Warm<PoolingCode> code = count == window.length ? whole : clipped;
        PoolingCode now = plain == null ? code.kernel() : code.kernelOr(plain);
        int atOnce = plain != null || code.isReady() ? to - from : Math.max(1, SLICE / Math.max(1, channels * count));
        for (int done = 0; done < to - from; done += atOnce) {
            int wideAt = wideBase + done * wideStep;
            int narrowAt = narrowBase + done * channels;
            now.run(x.array(frame), second.array(frame), out.array(frame),
                    x.offset(frame) + (kind.isSumGradient() ? narrowAt : wideAt),
                    second.offset(frame) + (kind == Kind.PICK ? wideAt : narrowAt),
                    out.offset(frame) + (kind.isGradient() ? wideAt : narrowAt), kind.isSumGradient() ? channels : wideStep,
                    kind == Kind.PICK ? wideStep : channels, kind.isGradient() ? wideStep : channels, Math.min(atOnce, to - from - done),
                    window, count, channels);
        }
    }

    /** The elements of a window that exist, from the first position of the row on that the window begins in. */
    private int taps(int a, int b, int c, int[] window) {
        int count = 0;
        for (int i = 0; i < size[0]; i++) {
            int x0 = a + i * dilation[0];
            for (int j = 0; j < size[1]; j++) {
                int x1 = b + j * dilation[1];
                for (int k = 0; k < size[2]; k++) {
                    int x2 = c + k * dilation[2];
                    if (x0 >= 0 && x0 < wide[0] && x1 >= 0 && x1 < wide[1] && x2 >= 0 && x2 < wide[2]) {
                        window[count++] = ((x0 * wide[1] + x1) * wide[2] + k * dilation[2]) * channels;
                    }
                }
            }
        }
        return count;
    }
}
