package dev.gamelan.codegen;

import dev.gamelan.codegen.ConvShape.Axis;
import dev.gamelan.codegen.Value.Form;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Convolutions of each channel by itself. All three directions are sums over up to two indices of products of two vectors
 * of channels, which one kernel computes.
 */
final class Depthwise {
    /** C[c] (=|+=) the sum over i and j of A[i, j, c] B[i, j, c]. */
    interface Sum {
        void run(Object a, int aOffset, int aStep, int aStep2, Object b, int bOffset, int bStep, int bStep2, int count,
                int count2, Object c, int cOffset, int channels, boolean accumulate);
    }

    private record Key(ElementType type, Lanes lanes) {
    }

    private static final Map<Key, Sum> KERNELS = new ConcurrentHashMap<>();

    private final ConvShape shape;
    private final Sum sum;
    private final int channels;

    private Depthwise(Lanes lanes, ElementType type, ConvShape shape) {
        this.shape = shape;
        this.sum = KERNELS.computeIfAbsent(new Key(type, lanes),
                key -> KernelClass.define(Sum.class, "Depthwise" + type, lanes, k -> emit(k, type)));
        this.channels = shape.channels();
    }

    static Convolution.Run forward(Lanes lanes, ElementType type, ConvShape shape) {
        Depthwise depthwise = new Depthwise(lanes, type, shape);
        int lines = shape.batch() * shape.depth().out() * shape.height().out();
        return (pool, x, xOffset, w, wOffset, y, yOffset, done) -> pool.run(lines, (line, worker) -> {
            depthwise.forwardLine(x, xOffset, w, wOffset, y, yOffset, line);
            if (done != null) {
                done.pixels(line * shape.width().out(), (line + 1) * shape.width().out());
            }
        });
    }

    static Convolution.Run inputGradient(Lanes lanes, ElementType type, ConvShape shape) {
        Depthwise depthwise = new Depthwise(lanes, type, shape);
        int lines = shape.batch() * shape.depth().in() * shape.height().in();
        return (pool, gy, gyOffset, w, wOffset, gx, gxOffset, done) -> pool.run(lines, (line, worker) -> {
            depthwise.inputGradientLine(gy, gyOffset, w, wOffset, gx, gxOffset, line);
            if (done != null) {
                done.pixels(line * shape.width().in(), (line + 1) * shape.width().in());
            }
        });
    }

    static Convolution.Run kernelGradient(Lanes lanes, ElementType type, ConvShape shape) {
        Depthwise depthwise = new Depthwise(lanes, type, shape);
        return (pool, x, xOffset, gy, gyOffset, gw, gwOffset, done) -> pool.run(shape.taps(),
                (tap, worker) -> depthwise.kernelGradientTap(x, xOffset, gy, gyOffset, gw, gwOffset, tap));
    }

    private static void emit(Assembler k, ElementType type) {
        Value a = k.memory().array(k.parameter(0, Form.OBJECTS, type), type);
        Value b = k.memory().array(k.parameter(4, Form.OBJECTS, type), type);
        Value c = k.memory().array(k.parameter(10, Form.OBJECTS, type), type);
        Value accumulate = k.parameter(13, Form.CONDITION, ElementType.INT);
        k.forLanes(k.constant(0), k.intParameter(12), channel -> {
            Value sum = k.variable(k.lanesOf(type, 0));
            Value at = k.add(k.intParameter(11), channel);
            k.forRange(k.intParameter(8), i -> {
                Value left = k.add(k.add(k.intParameter(1), channel), k.mul(i, k.intParameter(2)));
                Value right = k.add(k.add(k.intParameter(5), channel), k.mul(i, k.intParameter(6)));
                k.forRange(k.intParameter(9), j -> k.assign(sum, k.fma(
                        k.memory().load(a, k.add(left, k.mul(j, k.intParameter(3)))),
                        k.memory().load(b, k.add(right, k.mul(j, k.intParameter(7)))), sum)));
            });
            k.when(accumulate, () -> k.assign(sum, k.add(k.memory().load(c, at), sum)));
            k.memory().store(c, at, sum);
        });
    }

    /**
     * The taps of one axis over which a position sums: {@code count} of them from {@code first}, {@code step} apart, with
     * positions in the other image from {@code position}, {@code move} apart.
     */
    private record Taps(int first, int step, int count, int position, int move) {
        /** Those of output position {@code o} that lie over the input. */
        static Taps ofOutput(Axis axis, int o) {
            int start = axis.start(o);
            int first = Math.max(0, Math.ceilDiv(-start, axis.dilation()));
            int end = Math.min(axis.kernel(), Math.floorDiv(axis.in() - 1 - start, axis.dilation()) + 1);
            return new Taps(first, 1, Math.max(0, end - first), start + first * axis.dilation(), axis.dilation());
        }

        /** Those that lie over input position {@code i}: o * stride = i + pad - tap * dilation for an output position o. */
        static Taps ofInput(Axis axis, int i) {
            int first = -1;
            int second = -1;
            int count = 0;
            for (int tap = 0; tap < axis.kernel(); tap++) {
                int scaled = i + axis.pad() - tap * axis.dilation();
                if (scaled >= 0 && scaled % axis.stride() == 0 && scaled / axis.stride() < axis.out()) {
                    second = count == 1 ? tap : second;
                    first = count == 0 ? tap : first;
                    count++;
                }
            }
            int step = count > 1 ? second - first : 1;
            return new Taps(first, step, count, (i + axis.pad() - first * axis.dilation()) / axis.stride(),
                    -step * axis.dilation() / axis.stride());
        }
    }

    private void forwardLine(Object x, int xOffset, Object w, int wOffset, Object y, int yOffset, int line) {
        Axis planes = shape.depth();
        Axis rows = shape.height();
        Axis columns = shape.width();
        int image = line / rows.out() / planes.out();
        Taps z = Taps.ofOutput(planes, line / rows.out() % planes.out());
        Taps y1 = Taps.ofOutput(rows, line % rows.out());
        for (int o = 0; o < columns.out(); o++) {
            taps(x, xOffset, image, planes.in(), rows.in(), columns.in(), w, wOffset, z, y1, Taps.ofOutput(columns, o), y,
                    yOffset + (line * columns.out() + o) * channels);
        }
    }

    private void inputGradientLine(Object gy, int gyOffset, Object w, int wOffset, Object gx, int gxOffset, int line) {
        Axis planes = shape.depth();
        Axis rows = shape.height();
        Axis columns = shape.width();
        int image = line / rows.in() / planes.in();
        Taps z = Taps.ofInput(planes, line / rows.in() % planes.in());
        Taps y = Taps.ofInput(rows, line % rows.in());
        for (int i = 0; i < columns.in(); i++) {
            taps(gy, gyOffset, image, planes.out(), rows.out(), columns.out(), w, wOffset, z, y, Taps.ofInput(columns, i), gx,
                    gxOffset + (line * columns.in() + i) * channels);
        }
    }

    /** One pixel of a result: the sum over taps of an image of the given extents times the kernel. */
    private void taps(Object image, int offset, int number, int planes, int rows, int columns, Object w, int wOffset, Taps z,
            Taps y, Taps x, Object result, int at) {
        int kernelRow = shape.width().kernel() * channels;
        for (int i = 0; i < Math.max(1, z.count()); i++) {
            int plane = number * planes + z.position() + i * z.move();
            int from = offset + ((plane * rows + y.position()) * columns + x.position()) * channels;
            int row = (z.first() + i * z.step()) * shape.height().kernel() + y.first();
            int count = z.count() == 0 ? 0 : y.count();
            sum.run(image, from, y.move() * columns * channels, x.move() * channels, w,
                    wOffset + row * kernelRow + x.first() * channels, y.step() * kernelRow, x.step() * channels, count,
                    x.count(), result, at, channels, i > 0);
        }
    }

    private void kernelGradientTap(Object x, int xOffset, Object gy, int gyOffset, Object gw, int gwOffset, int tap) {
        Axis planes = shape.depth();
        Axis rows = shape.height();
        Axis columns = shape.width();
        int kx = tap % columns.kernel();
        int ky = tap / columns.kernel() % rows.kernel();
        int kz = tap / columns.kernel() / rows.kernel();
        int h = firstOutput(rows, ky);
        int w = firstOutput(columns, kx);
        int at = gwOffset + tap * channels;
        sum.run(x, 0, 0, 0, gy, 0, 0, 0, 0, 0, gw, at, channels, false);
        for (int image = 0; image < shape.batch(); image++) {
            for (int d = firstOutput(planes, kz); d < endOutput(planes, kz); d++) {
                int z = image * planes.in() + planes.start(d) + kz * planes.dilation();
                int y = rows.start(h) + ky * rows.dilation();
                int from = xOffset + ((z * rows.in() + y) * columns.in() + columns.start(w) + kx * columns.dilation()) * channels;
                int to = gyOffset + (((image * planes.out() + d) * rows.out() + h) * columns.out() + w) * channels;
                sum.run(x, from, rows.stride() * columns.in() * channels, columns.stride() * channels, gy, to,
                        columns.out() * channels, channels, Math.max(0, endOutput(rows, ky) - h),
                        Math.max(0, endOutput(columns, kx) - w), gw, at, channels, true);
            }
        }
    }

    /** The first output position whose tap lies over the input. */
    private static int firstOutput(Axis axis, int tap) {
        return Math.clamp(Math.ceilDiv(axis.pad() - tap * axis.dilation(), axis.stride()), 0, axis.out());
    }

    /** The end of the output positions whose tap lies over the input. */
    private static int endOutput(Axis axis, int tap) {
        return Math.clamp(Math.floorDiv(axis.in() - 1 + axis.pad() - tap * axis.dilation(), axis.stride()) + 1, 0, axis.out());
    }
}
