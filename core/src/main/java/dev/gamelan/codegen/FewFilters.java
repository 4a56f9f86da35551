package dev.gamelan.codegen;

import dev.gamelan.codegen.ConvShape.Axis;
import dev.gamelan.ir.Derived;
import dev.gamelan.runtime.Pool;
import org.jspecify.annotations.Nullable;

/**
 * A convolution of so few filters that they leave a vector nearly empty, as the last of a network that makes images is. The taps of a line of the
 * kernel stand side by side as filters of a convolution with kernels of one column, and each output is the sum of what these give for the pixels beside
 * each other, in the order of the taps.
 */
final class FewFilters extends ConvPath {
    private static final int MOST_FILTERS = 4;
    private static final int LEAST_TAPS = 3;
    /** Taps of a line times filters. */
    private static final int MOST_COLUMNS = 64;
    /** Elements under a column of the kernel that are worth a product. */
    private static final int LEAST_DEPTH = 32;
    private static final int LEAST_PIXELS = 256;

    /** What a rearranged kernel follows from. */
    private record Key(int rows, int taps, int channels, int filters, int offset) {
    }

    /** A rearranged kernel and what follows from it. */
    private record Kept(Object kernel, Derived derived) {
    }

    private final ElementType type;
    private final ConvShape shape;
    private final Convolution.Run product;
    private final int taps;
    private final int columns;
    /** Pixels of a line for which there are products. */
    private final int wide;
    private final int lines;

    FewFilters(ElementType type, ConvShape shape, Convolution.Run product) {
        this.type = type;
        this.shape = shape;
        this.product = product;
        this.taps = shape.width().kernel();
        this.columns = taps * shape.filters();
        this.wide = columns(shape).width().out();
        this.lines = shape.depth().out() * shape.height().out();
    }

    /** Whether it is faster than other ways, by extents alone. */
    static boolean pays(ConvShape shape) {
        int across = shape.width().kernel();
        return shape.groups() == 1 && shape.depth().isPlain() && shape.width().stride() == 1 && shape.filters() >= 1
                && shape.filters() <= MOST_FILTERS && across >= LEAST_TAPS && across * shape.filters() <= MOST_COLUMNS
                && shape.height().kernel() * shape.channels() >= LEAST_DEPTH && shape.imagePixels() >= LEAST_PIXELS;
    }

    /** The convolution of one image whose filters are the columns of the kernel. */
    static ConvShape columns(ConvShape shape) {
        Axis width = shape.width();
        Axis all = new Axis(width.in(), 1, width.out() + (width.kernel() - 1) * width.dilation(), 1, width.pad(), 1);
        return new ConvShape(1, shape.channels(), width.kernel() * shape.filters(), 1, shape.depth(), shape.height(), all);
    }

    @Override
    ConvCall newCall() {
        return new Call();
    }

    private final class Call extends ConvCall {
        private final Pool.Task lineTask = (line, _) -> line(line);
        private final Derived.Maker maker = this::keep;
        private Key key = new Key(shape.height().kernel(), taps, shape.channels(), shape.filters(), 0);
        private Object products = this;
        private int image;

        @Override
        void compute() {
            @Nullable Kept kept = derived == null ? null : kept(derived);
            Object kernel = kept == null ? rearranged(Scratch.borrow(type, shape.patch() * shape.filters())) : kept.kernel;
            products = Scratch.borrow(type, lines * wide * columns);
            int elements = shape.inputPixels() / shape.batch() * shape.channels();
            for (image = 0; image < shape.batch(); image++) {
                product.run(pool, left, leftOffset + image * elements, kernel, 0, products, 0, null, kept == null ? null : kept.derived);
                pool.run(lines, lineTask);
            }
            Scratch.giveBack(type, products);
            if (kept == null) {
                Scratch.giveBack(type, kernel);
            }
            products = this;
        }

        private @Nullable Kept kept(Derived derived) {
            if (key.offset() != rightOffset) {
                key = new Key(shape.height().kernel(), taps, shape.channels(), shape.filters(), rightOffset);
            }
            return (Kept) derived.get(key, maker);
        }

        private Object keep(@Nullable Object earlier) {
            Kept kept = earlier == null ? new Kept(type.newArray(shape.patch() * shape.filters()), new Derived(true)) : (Kept) earlier;
            rearranged(kept.kernel);
            kept.derived.change();
            return kept;
        }

        /** The kernel (rows, taps, channels, filters) as (rows, channels, taps, filters). */
        private Object rearranged(Object to) {
            int channels = shape.channels();
            int filters = shape.filters();
            for (int row = 0; row < shape.height().kernel(); row++) {
                for (int tap = 0; tap < taps; tap++) {
                    for (int channel = 0; channel < channels; channel++) {
                        System.arraycopy(right, rightOffset + ((row * taps + tap) * channels + channel) * filters, to,
                                ((row * channels + channel) * taps + tap) * filters, filters);
                    }
                }
            }
            return to;
        }

        private void line(int line) {
            int width = shape.width().out();
            int at = image * lines + line;
            int to = resultOffset + at * width * shape.filters();
            if (products instanceof float[] floats) {
                sum(floats, line * wide * columns, (float[]) result, to);
            } else {
                sum((double[]) products, line * wide * columns, (double[]) result, to);
            }
            done(at * width, (at + 1) * width);
        }

        private void sum(float[] from, int at, float[] to, int toAt) {
            int next = shape.width().dilation() * columns + shape.filters();
            int place = toAt;
            for (int pixel = 0; pixel < shape.width().out(); pixel++) {
                for (int filter = 0; filter < shape.filters(); filter++) {
                    int i = at + pixel * columns + filter;
                    float sum = from[i];
                    for (int tap = 1; tap < taps; tap++) {
                        i += next;
                        sum += from[i];
                    }
                    to[place++] = sum;
                }
            }
        }

        private void sum(double[] from, int at, double[] to, int toAt) {
            int next = shape.width().dilation() * columns + shape.filters();
            int place = toAt;
            for (int pixel = 0; pixel < shape.width().out(); pixel++) {
                for (int filter = 0; filter < shape.filters(); filter++) {
                    int i = at + pixel * columns + filter;
                    double sum = from[i];
                    for (int tap = 1; tap < taps; tap++) {
                        i += next;
                        sum += from[i];
                    }
                    to[place++] = sum;
                }
            }
        }
    }
}
