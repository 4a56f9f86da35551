package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Scalars;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/** Signal processing: Fourier transforms as products with matrices of roots of unity, windows, mel filters. */
final class Signals {

    private Signals() {}

    static void register(Registry r) {
        r.op("DFT", 1, c -> dft(c, c.attribute("axis", 1))).op("DFT", 20, c -> dft(c, c.has(2) ? c.integer(2) : -2));
        r.op("STFT", Signals::stft);
        window(r, "HannWindow", t -> 0.5 - 0.5 * Math.cos(t));
        window(r, "HammingWindow", t -> 25.0 / 46 - 21.0 / 46 * Math.cos(t));
        window(r, "BlackmanWindow", t -> 0.08 * Math.cos(2 * t) - 0.5 * Math.cos(t) + 0.42);
        r.op("MelWeightMatrix", Signals::melWeights);
    }

    private static void window(Registry r, String op, DoubleUnaryOperator function) {
        r.op(op, c -> {
            int size = c.integer(0);
            ElementType type = ElementType.of(c.attribute("output_datatype", 1));
            c.room(size, Double.BYTES);
            int period = c.flag("periodic", true) ? size : size - 1;
            Object array = type.carrier().newArray(size);
            for (int i = 0; i < size; i++) {
                Scalars.setDouble(type.carrier(), array, i, function.applyAsDouble(2 * Math.PI * i / Math.max(1, period)));
            }
            return Call.one(type, Tensor.of(Data.of(type.carrier(), Shape.of(size), array)));
        });
    }

    /** (..., n, 1 or 2) along an axis; two numbers are real and imaginary part. */
    private static List<Value> dft(Call c, int axis) {
        Tensor x = c.tensor(0);
        int at = x.shape().axis(axis);
        boolean inverse = c.flag("inverse", false);
        boolean onesided = c.flag("onesided", false);
        int wanted = c.has(1) ? c.integer(1) : inverse && onesided ? 2 * (x.dim(at) - 1) : x.dim(at);
        c.room((double) wanted * wanted, Double.BYTES);
        Tensor signal = x.moveAxis(at, -2);
        if (inverse && onesided) {
            return c.same(realInverse(signal, wanted).moveAxis(-2, at));
        }
        signal = fitted(signal, wanted);
        Tensor y = transform(signal, onesided ? wanted / 2 + 1 : wanted, inverse);
        return c.same(y.moveAxis(-2, at));
    }

    /** Cut or filled with zeros to a length. */
    private static Tensor fitted(Tensor signal, int length) {
        int extent = signal.dim(-2);
        return extent >= length ? signal.slice(-2, 0, length) : signal.pad(-2, 0, length - extent);
    }

    /** (..., n, 1 or 2) -> (..., bins, 2). */
    private static Tensor transform(Tensor signal, int bins, boolean inverse) {
        int n = signal.dim(-2);
        Tensor cos = roots(signal.dtype(), bins, n, false, inverse);
        Tensor sin = roots(signal.dtype(), bins, n, true, inverse);
        Tensor real = signal.select(-1, 0);
        Tensor first = product(cos, real);
        Tensor second = product(sin, real);
        if (signal.dim(-1) == 2) {
            Tensor imaginary = signal.select(-1, 1);
            first = first.sub(product(sin, imaginary));
            second = second.add(product(cos, imaginary));
        }
        return Tensors.stack(-1, first, second);
    }

    /** From the first half of a spectrum whose other half is its mirror image: (..., bins, 2) -> (..., n, 1). */
    private static Tensor realInverse(Tensor spectrum, int n) {
        Tensor half = fitted(spectrum, n / 2 + 1);
        Tensor tail = half.slice(-2, 1, n - n / 2).flip(-2);
        Tensor sign = Tensor.ofDoubles(1, -1).cast(spectrum.dtype());
        Tensor whole = Tensors.concat(-2, half, tail.mul(sign));
        return transform(whole, n, true).slice(-1, 0, 1);
    }

    private static Tensor product(Tensor matrix, Tensor rows) {
        return rows.matmul(matrix.transpose());
    }

    private static Tensor roots(DType dtype, int bins, int n, boolean sine, boolean inverse) {
        double[] values = new double[bins * n];
        for (int k = 0; k < bins; k++) {
            for (int i = 0; i < n; i++) {
                double angle = (inverse ? 2 : -2) * Math.PI * ((long) k * i % n) / n;
                values[k * n + i] = (sine ? Math.sin(angle) : Math.cos(angle)) / (inverse ? n : 1);
            }
        }
        return Tensor.ofDoubles(values).reshape(bins, n).cast(dtype);
    }

    /** (batch, n, 1 or 2) -> (batch, frames, bins, 2). */
    private static List<Value> stft(Call c) {
        Tensor x = c.tensor(0).rank() == 2 ? c.tensor(0).expandDims(-1) : c.tensor(0);
        int step = c.integer(1);
        int length = c.has(3) ? c.integer(3) : c.tensor(2).dim(0);
        int frames = (x.dim(1) - length) / step + 1;
        c.room(Math.max((double) frames, length) * length, Double.BYTES);
        List<Tensor> pieces = new ArrayList<>();
        for (int i = 0; i < frames; i++) {
            pieces.add(x.slice(1, i * step, i * step + length));
        }
        Tensor framed = Tensors.stack(1, pieces);
        if (c.has(2)) {
            Tensor window = c.tensor(2);
            int missing = length - window.dim(0);
            framed = framed.mul(window.pad(0, missing / 2, missing - missing / 2).expandDims(-1));
        }
        return c.same(transform(framed, c.flag("onesided", true) ? length / 2 + 1 : length, false));
    }

    /** Triangles over a spectrum, equally wide in mel: (bins, filters). */
    private static List<Value> melWeights(Call c) {
        int filters = c.integer(0);
        int length = c.integer(1);
        int rate = c.integer(2);
        double low = mel(c.number(3));
        double high = mel(c.number(4));
        ElementType type = ElementType.of(c.attribute("output_datatype", 1));
        int bins = length / 2 + 1;
        c.room(Math.max((double) bins, 1) * filters, Double.BYTES);
        int[] edges = new int[filters + 2];
        for (int i = 0; i < edges.length; i++) {
            double hertz = 700 * (Math.pow(10, (low + i * (high - low) / (filters + 2)) / 2595) - 1);
            edges[i] = (int) Math.floor((length + 1) * hertz / rate);
        }
        Object array = type.carrier().newArray(bins * filters);
        for (int filter = 0; filter < filters; filter++) {
            for (int bin = 0; bin < bins; bin++) {
                Scalars.setDouble(type.carrier(), array, bin * filters + filter,
                        triangle(edges[filter], edges[filter + 1], edges[filter + 2], bin));
            }
        }
        return Call.one(type, Tensor.of(Data.of(type.carrier(), Shape.of(bins, filters), array)));
    }

    private static double mel(double hertz) {
        return 2595 * Math.log10(1 + hertz / 700);
    }

    private static double triangle(int low, int center, int high, int bin) {
        if (bin == center) {
            return 1;
        }
        if (bin >= low && bin < center) {
            return (double) (bin - low) / (center - low);
        }
        return bin > center && bin < high ? (double) (high - bin) / (high - center) : 0;
    }
}
