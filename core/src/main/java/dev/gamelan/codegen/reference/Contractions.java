package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;

/** Sums of products. */
final class Contractions {

    private Contractions() {}

    private interface Term {
        void visit(int a, int b, int c);
    }

    static Data matmul(Type type, Data a, Data b) {
        if (Values.isFraction(type.dtype())) {
            double[] x = Values.doubles(a);
            double[] y = Values.doubles(b);
            double[] z = new double[type.shape().length()];
            matmul(a.shape(), b.shape(), (i, j, k) -> z[k] += x[i] * y[j]);
            return Values.of(type, z);
        }
        long[] x = Values.longs(a);
        long[] y = Values.longs(b);
        long[] z = new long[type.shape().length()];
        matmul(a.shape(), b.shape(), (i, j, k) -> z[k] += x[i] * y[j]);
        return Values.of(type, z);
    }

    private static void matmul(Shape a, Shape b, Term term) {
        int rows = a.dim(-2);
        int inner = a.dim(-1);
        int columns = b.dim(-1);
        int batches = a.slice(0, a.rank() - 2).length();
        for (int batch = 0; batch < batches; batch++) {
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    for (int k = 0; k < inner; k++) {
                        term.visit((batch * rows + i) * inner + k, (batch * inner + k) * columns + j, (batch * rows + i) * columns + j);
                    }
                }
            }
        }
    }

    static Data conv(Op.Conv op, Type type, Data x, Data w) {
        double[] input = Values.doubles(x);
        double[] kernel = Values.doubles(w);
        double[] output = new double[type.shape().length()];
        conv(op.window(), op.groups(), x.shape(), w.shape(), type.shape(), (i, k, o) -> output[o] += input[i] * kernel[k]);
        return Values.of(type, output);
    }

    static Data inputGradient(Op.ConvInputGradient op, Type type, Data gy, Data w) {
        double[] output = Values.doubles(gy);
        double[] kernel = Values.doubles(w);
        double[] input = new double[type.shape().length()];
        conv(op.window(), op.groups(), type.shape(), w.shape(), gy.shape(), (i, k, o) -> input[i] += output[o] * kernel[k]);
        return Values.of(type, input);
    }

    static Data kernelGradient(Op.ConvKernelGradient op, Type type, Data x, Data gy) {
        double[] input = Values.doubles(x);
        double[] output = Values.doubles(gy);
        double[] kernel = new double[type.shape().length()];
        conv(op.window(), op.groups(), x.shape(), type.shape(), gy.shape(), (i, k, o) -> kernel[k] += input[i] * output[o]);
        return Values.of(type, kernel);
    }

    /** All products of a convolution y of x with w, as places in x, w and y. */
    private static void conv(Window window, int groups, Shape x, Shape w, Shape y, Term term) {
        int in = x.dim(-1);
        int out = y.dim(-1);
        int groupIn = in / groups;
        int groupOut = out / groups;
        Sliding.of(x, w.slice(0, window.rank()), y, window).forEach((input, kernel, output) -> {
            for (int o = 0; o < out; o++) {
                int group = o / groupOut;
                for (int i = 0; i < groupIn; i++) {
                    term.visit(input * in + group * groupIn + i, (kernel * groupIn + i) * out + o, output * out + o);
                }
            }
        });
    }
}
