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
    private record Key(Lanes lanes, WinogradPoints points, boolean isLine, int side, int channels, int filters, int offset) {
    }

    private final ElementType type;
    private final Tile tile;
    private final WinogradPoints points;
    private final WinogradKernels.Squares transform;
    private final boolean isLine;
    /** Taps of a line that is transformed. */
    private final int side;
    private final int taps;
    /** Taps that are transformed together, and how often that is done. */
    private final int pieceTaps;
    private final int pieces;
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

    /** Of a kernel of {@code side} x {@code side} taps. */
    static WinogradFilters ofSquare(ElementType type, Tile tile, WinogradPoints points, int side, WinogradKernels.Squares transform,
            int channels, int filters) {
        return new WinogradFilters(type, tile, points, false, side, side * side, transform, channels, filters);
    }

    /** Of a line of taps, so many of which are transformed at a time; with zeros behind the last. */
    static WinogradFilters ofLine(ElementType type, Tile tile, WinogradPoints points, int piece, int taps,
            WinogradKernels.Squares transform, int channels, int filters) {
        return new WinogradFilters(type, tile, points, true, piece, taps, transform, channels, filters);
    }

    private WinogradFilters(ElementType type, Tile tile, WinogradPoints points, boolean isLine, int side, int taps,
            WinogradKernels.Squares transform, int channels, int filters) {
        this.type = type;
        this.tile = tile;
        this.points = points;
        this.transform = transform;
        this.side = side;
        this.isLine = isLine;
        this.taps = taps;
        this.pieceTaps = isLine ? side : taps;
        this.pieces = Math.ceilDiv(taps, pieceTaps);
        this.channels = channels;
        this.filters = filters;
        this.pointStride = WinogradTiles.apart(pieces * channels * Math.ceilDiv(filters, tile.columns()) * tile.columns());
        this.key = new Key(tile.lanes(), points, isLine, side, channels, filters, 0);
    }

    /** Elements of the transformed kernel. */
    int elements() {
        return (isLine ? points.count() : points.square()) * pointStride;
    }

    /**
     * The kernel's form that is kept, or null where it is not worth keeping yet.
     *
     * @param isStored whether the kernel is in no array, but {@code derived} has its values
     */
    @Nullable Object kept(Pool on, Object kernel, int offset, boolean isStored, Derived derived) {
        if (key.offset() != offset) {
            key = new Key(tile.lanes(), points, isLine, side, channels, filters, offset);
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
        Object patch = Scratch.borrow(type, pieceTaps * tile.columns());
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
            int to = pieces * filter * channels + channel * width;
            for (int piece = 0; piece < pieces; piece++) {
                int first = piece * pieceTaps;
                piece(weightsAt + first * tapStride + channel * filters + filter, Math.min(pieceTaps, taps - first),
                        Math.min(width, filters - filter), to + piece * channels * width, patch, scratch);
            }
        }
    }

    /** So many taps and filters, and zeros where there are none, to the points. */
    private void piece(int from, int there, int count, int to, Object patch, Object scratch) {
        int width = tile.columns();
        boolean whole = count == width && there == pieceTaps;
        for (int i = 0; i < pieceTaps && !whole; i++) {
            int filled = i < there ? count : 0;
            System.arraycopy(weights, from + (filled == 0 ? 0 : i * tapStride), patch, i * width, filled);
            Scratch.zero(patch, i * width + filled, (i + 1) * width);
        }
        int tap = whole ? tapStride : width;
        transform.now().run(whole ? weights : patch, whole ? from : 0, side * tap, tap, target, to, points.count() * pointStride,
                pointStride, scratch, width);
    }
}
