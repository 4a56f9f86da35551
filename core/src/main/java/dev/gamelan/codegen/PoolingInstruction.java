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

/** Slides windows over images, side by side over images (and rows, where windows only read). */
final class PoolingInstruction implements Instruction {

    private static final int AXES = 3;

    private final Kind kind;
    private final PoolingCode code;
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

    private PoolingInstruction(Kind kind, int vectorBits, Shape size, Window window, Shape wide, Shape narrow, List<Slot> operands,
            Slot out,
            int workers) {
        this.kind = kind;
        this.code = PoolingCode.of(kind, LoopTypes.of(out.type().dtype()), vectorBits);
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
        boolean adds = kind == Kind.MAX_GRADIENT || kind == Kind.SUM_GRADIENT;
        int planes = narrow[0] * narrow[1];
        if (adds) {
            pool.run(batch, (image, worker) -> {
                clear(frame, image);
                for (int plane = 0; plane < planes; plane++) {
                    row(frame, image, plane, taps[worker]);
                }
            });
        } else {
            pool.run(batch * planes, (task, worker) -> row(frame, task / planes, task % planes, taps[worker]));
        }
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

    /** All windows along the last axis. */
    private void row(Frame frame, int image, int plane, int[] window) {
        int a = plane / narrow[1] * stride[0] - pad[0];
        int b = plane % narrow[1] * stride[1] - pad[1];
        boolean wideOut = kind == Kind.MAX_GRADIENT || kind == Kind.SUM_GRADIENT;
        boolean wideIn = kind != Kind.SUM_GRADIENT;
        boolean wideSecond = kind == Kind.PICK;
        int wideBase = image * wide[0] * wide[1] * wide[2] * channels;
        int whole = -1;
        for (int third = 0; third < narrow[2]; third++) {
            int narrowBase = ((image * narrow[0] * narrow[1] + plane) * narrow[2] + third) * channels;
            int c = third * stride[2] - pad[2];
            boolean inside = isInside(c);
            int count;
            if (inside && whole >= 0) {
                count = whole;
            } else {
                count = taps(a, b, c, window);
                whole = inside ? count : -1;
            }
            int base = wideBase + c * channels;
            code.run(x.array(frame), second.array(frame), out.array(frame), x.offset(frame) + (wideIn ? base : narrowBase),
                    second.offset(frame) + (wideSecond ? base : narrowBase), out.offset(frame) + (wideOut ? base : narrowBase), window,
                    count, channels);
        }
    }

    /** Whether nothing of the window is cut off along the last axis: then its taps are those of its neighbor. */
    private boolean isInside(int start) {
        return start >= 0 && start + (size[2] - 1) * dilation[2] < wide[2];
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
