package dev.gamelan.codegen;

import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import org.jspecify.annotations.Nullable;

/** Transforms the kernel of a {@link Winograd} convolution: for each point panels of its filters, as products read them. */
final class WinogradFilters {
    /** Channels that a thread transforms at a time. */
    private static final int LEAST_SHARE = 8;
    /** Elements of a stored kernel that are read at a time. */
    private static final int MOST_READ = 256 * 1024;

    /** What a transformed kernel follows from. */
    private record Key(Lanes lanes, WinogradPoints points, int lines, int channels, int filters, int offset) {
    }

    private final ElementType type;
    private final Tile tile;
    private final WinogradPoints points;
    private final WinogradKernels.Squares transform;
    /** Taps of a line of the kernel, and its lines. */
    private final int side;
    private final int lines;
    private final int taps;
    private final int channels;
    private final int filters;
    /** Elements from one point to the next. */
    private final int pointStride;
    private final Pool.Task shareTask = (task, _) -> share(task);
    private final Derived.Maker maker = this::make;
    private Pool pool = Pool.shared();
    private Key key;
    private Object target = this;
    /** The kernel, or as much of it as was read, where it begins, and how far apart its taps are. */
    private Object weights = this;
    private int weightsAt;
    private int tapStride;
    private int firstChannel;
    private int lastChannel;
    private int share;
    /** The values of the kernel, where they are in no array. */
    private @Nullable Derived stored;

    /**
     * @param side of a line of taps
     * @param lines of taps: as many as a line has, or one
     * @param transform of squares, or of lines
     */
    WinogradFilters(ElementType type, Tile tile, WinogradPoints points, int side, int lines, WinogradKernels.Squares transform,
            int channels, int filters) {
        this.type = type;
        this.tile = tile;
        this.points = points;
        this.transform = transform;
        this.side = side;
        this.lines = lines;
        this.taps = side * lines;
        this.channels = channels;
        this.filters = filters;
        this.pointStride = WinogradTiles.apart(channels * Math.ceilDiv(filters, tile.columns()) * tile.columns());
        this.key = new Key(tile.lanes(), points, lines, channels, filters, 0);
    }

    /** Elements of the transformed kernel. */
    int elements() {
        return (lines == 1 ? points.count() : points.square()) * pointStride;
    }

    /**
     * The kernel's form that is kept, or null where it is not worth keeping yet.
     *
     * @param isStored whether the kernel is in no array, but {@code derived} has its values
     */
    @Nullable Object kept(Pool on, Object kernel, int offset, boolean isStored, Derived derived) {
        if (key.offset() != offset) {
            key = new Key(tile.lanes(), points, lines, channels, filters, offset);
        }
        pool = on;
        weights = kernel;
        stored = isStored ? derived : null;
        try {
            return derived.get(key, maker);
        } finally {
            stored = null;
            weights = this;
        }
    }

    /** Transforms a kernel into a given array. */
    void run(Pool on, Object kernel, int offset, Object to) {
        pool = on;
        target = to;
        whole(kernel, offset);
        target = this;
        weights = this;
    }

    private Object make(@Nullable Object earlier) {
        Object made = earlier == null ? type.newArray(elements()) : earlier;
        target = made;
        if (stored == null) {
            whole(weights, key.offset());
        } else {
            piecewise(stored);
        }
        target = this;
        return made;
    }

    private void whole(Object kernel, int offset) {
        weights = kernel;
        weightsAt = offset;
        tapStride = channels * filters;
        channels(0, channels);
    }

    /** Reads some channels at a time, so that the kernel is never in an array as a whole. */
    private void piecewise(Derived source) {
        int most = Math.clamp(MOST_READ / (taps * filters), 1, channels);
        Object read = Scratch.borrow(type, taps * most * filters);
        Object tap = Scratch.borrow(type, most * filters);
        weights = read;
        for (int from = 0; from < channels; from += most) {
            int to = Math.min(channels, from + most);
            tapStride = (to - from) * filters;
            for (int i = 0; i < taps; i++) {
                source.read(key.offset() + (i * channels + from) * filters, tapStride, tap);
                System.arraycopy(tap, 0, read, i * tapStride, tapStride);
            }
            weightsAt = -from * filters;
            channels(from, to);
        }
        Scratch.giveBack(type, tap);
        Scratch.giveBack(type, read);
    }

    private void channels(int from, int to) {
        firstChannel = from;
        lastChannel = to;
        share = Math.max(LEAST_SHARE, Math.ceilDiv(to - from, 4 * pool.workers()));
        pool.run(Math.ceilDiv(to - from, share), shareTask);
    }

    private void share(int task) {
        Object scratch = Scratch.borrow(type, WinogradKernels.SCRATCH);
        Object patch = Scratch.borrow(type, taps * tile.columns());
        int from = firstChannel + task * share;
        for (int channel = from; channel < Math.min(lastChannel, from + share); channel++) {
            channel(channel, patch, scratch);
        }
        Scratch.giveBack(type, patch);
        Scratch.giveBack(type, scratch);
    }

    /** All filters of one channel, into panels. */
    private void channel(int channel, Object patch, Object scratch) {
        int width = tile.columns();
        for (int filter = 0; filter < filters; filter += width) {
            int from = weightsAt + channel * filters + filter;
            int to = filter * channels + channel * width;
            int count = Math.min(width, filters - filter);
            boolean whole = count == width;
            for (int i = 0; i < taps && !whole; i++) {
                System.arraycopy(weights, from + i * tapStride, patch, i * width, count);
                Scratch.zero(patch, i * width + count, (i + 1) * width);
            }
            transform.now().run(whole ? weights : patch, whole ? from : 0, side * (whole ? tapStride : width),
                    whole ? tapStride : width, target, to, points.count() * pointStride, pointStride, scratch, width);
        }
    }
}
