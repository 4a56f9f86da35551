package dev.gamelan.codegen;

import dev.gamelan.shape.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Copies elements from one regular pattern to another. Where runs of elements stay together they are moved as such. Elsewhere tiles of two axes
 * are copied, of the axis along which the source is contiguous and the one along which the target is, so that each line of memory comes into
 * the cache once.
 */
final class TiledCopy {

    /** Elements in one task. */
    private static final int GRAIN = 16_384;
    /** Elements in one tile. */
    private static final int TILE = 1024;
    /** Elements of a tile along the target's axis: a cache line of floats. */
    static final int LINE = 16;
    /** Shorter runs are not worth a call of their own ... */
    static final int RUN = 256;
    /** ... but where they are few: code of their own would not be worth compiling. */
    static final int FEW = 256;

    /** An axis: its extent and what a step along it is in both arrays. */
    record Axis(int extent, int from, int to) {}

    /** @param side rows of a square */
    private record Squares(ElementType type, int side, Warm<TransposeKernel.Run> kernel) {}

    /** Transposes in registers; null where it does not fit. */
    private final @Nullable Squares squares;
    /** All but the two of a tile. */
    private final Axis[] outer;
    /** The axis along which the source is contiguous, or most nearly so, in tiles; and the target's. */
    private final Axis across;
    private final Axis along;
    private final boolean runs;
    private final int tileAcross;
    private final int tileAlong;
    private final int chunk;
    private final int chunks;
    private final int strips;
    private final int units;
    private final int unitsPerTask;

    /** A copy that is done a few times. */
    TiledCopy(List<Axis> axes) {
        this(axes, null);
    }

    /**
     * A copy that is done again and again.
     *
     * @param axes of any order
     * @param dtype of the elements, for which there may be a kernel; null where that would not pay
     */
    TiledCopy(List<Axis> axes, @Nullable DType dtype) {
        List<Axis> rest = new ArrayList<>(axes);
        this.along = take(rest, rest.stream().filter(axis -> axis.to == 1).findFirst());
        this.runs = along.from == 1 && (along.extent >= RUN || along.extent >= LINE && size(axes) <= (long) FEW * along.extent);
        this.across = take(rest, runs ? last(rest) : rest.stream().filter(axis -> axis.from == 1).findFirst().or(() -> last(rest)));
        this.outer = rest.toArray(Axis[]::new);
        this.squares = runs || dtype == null ? null : squares(dtype, along, across);
        this.tileAcross = runs ? across.extent : Math.min(across.extent, Math.max(TILE / LINE, TILE / along.extent));
        this.tileAlong = runs ? along.extent : Math.min(along.extent, Math.max(LINE, TILE / tileAcross));
        int width = runs ? Math.clamp(GRAIN / along.extent, 1, across.extent) : tileAcross;
        int most = runs ? width : Math.max(1, GRAIN / tileAcross / tileAlong) * tileAlong;
        int extent = runs ? across.extent : along.extent;
        this.chunk = Shares.roundUp(Math.ceilDiv(extent, Math.ceilDiv(extent, most)), runs ? 1 : tileAlong);
        this.chunks = Math.ceilDiv(extent, chunk);
        this.strips = runs ? 1 : Math.ceilDiv(across.extent, tileAcross);
        int blocks = 1;
        for (Axis axis : outer) {
            blocks *= axis.extent;
        }
        this.units = blocks * strips * chunks;
        long size = (long) blocks * across.extent * along.extent;
        this.unitsPerTask = (int) Math.max(1, GRAIN / Math.max(1, size / Math.max(1, units)));
    }

    private static @Nullable Squares squares(DType dtype, Axis along, Axis across) {
        if (!dtype.isFloating() || dtype.bytes() < Float.BYTES || across.from != 1 || along.to != 1) {
            return null;
        }
        ElementType type = LoopTypes.of(dtype);
        Lanes lanes = Lanes.preferred(type);
        int side = lanes.count();
        boolean fits = lanes.isVector() && Math.min(across.extent, along.extent) >= side;
        return fits ? new Squares(type, side, TransposeKernel.of(type, lanes)) : null;
    }

    private static long size(List<Axis> axes) {
        long size = 1;
        for (Axis axis : axes) {
            size *= axis.extent;
        }
        return size;
    }

    private static Axis take(List<Axis> axes, Optional<Axis> axis) {
        axis.ifPresent(axes::remove);
        return axis.orElse(new Axis(1, 1, 1));
    }

    private static Optional<Axis> last(List<Axis> axes) {
        return axes.isEmpty() ? Optional.empty() : Optional.of(axes.getLast());
    }

    int tasks() {
        return Math.ceilDiv(units, unitsPerTask);
    }

    /** Does one task of the copy of what begins at {@code source} to what begins at {@code target}. */
    void run(Object read, int source, Object written, int target, int task) {
        for (int unit = task * unitsPerTask; unit < Math.min(units, (task + 1) * unitsPerTask); unit++) {
            int from = source;
            int to = target;
            int rest = unit / (strips * chunks);
            for (int i = outer.length - 1; i >= 0; i--) {
                int index = rest % outer[i].extent;
                rest /= outer[i].extent;
                from += index * outer[i].from;
                to += index * outer[i].to;
            }
            if (runs) {
                runs(read, from, written, to, unit % chunks * chunk);
            } else {
                tiles(read, from, written, to, unit / chunks % strips * tileAcross, unit % chunks * chunk);
            }
        }
    }

    private void runs(Object read, int from, Object written, int to, int first) {
        for (int i = first; i < Math.min(across.extent, first + chunk); i++) {
            System.arraycopy(read, from + i * across.from, written, to + i * across.to, along.extent);
        }
    }

    /** A strip of tiles, one after the other along the target's axis. */
    private void tiles(Object read, int from, Object written, int to, int first, int start) {
        int height = Math.min(tileAcross, across.extent - first);
        int source0 = from + first * across.from;
        int target0 = to + first * across.to;
        if (squares != null && squares.kernel.isReady()) {
            int width = Math.min(along.extent - start, chunk);
            squares(squares, read, source0 + start * along.from, written, target0 + start, height, width);
            return;
        }
        for (int i = start; i < Math.min(along.extent, start + chunk); i += tileAlong) {
            int width = Math.min(tileAlong, along.extent - i);
            int begin = source0 + i * along.from;
            int end = target0 + i * along.to;
            if (width >= LINE / 2 || height < width) {
                TileCopy.run(read, begin, across.from, along.from, written, end, across.to, along.to, height, width);
            } else {
                TileCopy.run(read, begin, along.from, across.from, written, end, along.to, across.to, width, height);
            }
        }
    }

    /** What is less than a square is moved back over what is copied already. */
    private void squares(Squares use, Object read, int from, Object written, int to, int height, int width) {
        int up = Math.max(0, use.side - height);
        int left = Math.max(0, use.side - width);
        Object between = Scratch.borrow(use.type, use.side * use.side);
        use.kernel.kernel().run(read, from - up - left * along.from, along.from, written, to - up * across.to - left, across.to,
                height + up, width + left, between);
        Scratch.giveBack(use.type, between);
    }
}
