package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import java.util.List;
import java.util.function.BiFunction;

/** Activation functions. */
final class Activations {

    private Activations() {}

    static void register(Registry r) {
        r.map("Relu", Tensor::relu).map("Sigmoid", Tensor::sigmoid).map("Tanh", Tensor::tanh).map("Softplus", Tensor::softplus)
                .map("Softsign", Tensor::softsign).map("Mish", Tensor::mish).map("HardSwish", Tensor::hardSwish);
        r.broadcasting("LeakyRelu", 1, c -> c.same(c.tensor(0).leakyRelu(c.attribute("alpha", 0.01))));
        r.broadcasting("ThresholdedRelu", 1, c -> c.same(c.tensor(0).where(c.tensor(0).greater(c.attribute("alpha", 1.0)), 0)));
        r.broadcasting("Elu", 1, c -> c.same(c.tensor(0).elu(c.attribute("alpha", 1.0))));
        r.broadcasting("Selu", 1, c -> c.same(selu(c)));
        r.broadcasting("Celu", 1, c -> c.same(celu(c.tensor(0), c.attribute("alpha", 1.0))));
        r.broadcasting("HardSigmoid", 1, c -> c.same(hardSigmoid(c.tensor(0), c.attribute("alpha", 0.2), c.attribute("beta", 0.5))));
        r.broadcasting("Gelu", 1,
                c -> c.same(c.attribute("approximate", "none").equals("tanh") ? c.tensor(0).geluTanh() : c.tensor(0).gelu()));
        r.broadcasting("Swish", 1, c -> c.same(c.tensor(0).mul(c.tensor(0).mul(c.attribute("alpha", 1.0)).sigmoid())));
        r.broadcasting("PRelu", 7, c -> c.same(c.tensor(0).where(c.tensor(0).greaterEqual(0), c.tensor(0).mul(c.tensor(1)))));
        r.op("PRelu", c -> c.same(c.tensor(0).where(c.tensor(0).greaterEqual(0), c.tensor(0).mul(slope(c)))));
        r.op("Shrink", Activations::shrink);
        alongAxis(r, "Softmax", Tensor::softmax);
        alongAxis(r, "LogSoftmax", Tensor::logSoftmax);
        alongAxis(r, "Hardmax", Activations::hardmax);
    }

    /** Before version 13 all axes from one on were seen as one. */
    private static void alongAxis(Registry r, String op, BiFunction<Tensor, Integer, Tensor> function) {
        r.op(op, 1, c -> {
            Tensor x = c.tensor(0);
            int axis = x.rank() == 0 ? 0 : Math.floorMod(c.attribute("axis", 1), x.rank() + 1);
            axis = c.attribute("axis", 1) < 0 ? x.shape().axis(c.attribute("axis", 1)) : axis;
            if (axis == x.rank() - 1) {
                return c.same(function.apply(x, -1));
            }
            int rows = x.shape().slice(0, axis).length();
            Shape matrix = Shape.of(rows, x.shape().slice(axis, x.rank()).length());
            return c.same(function.apply(x.reshape(matrix), 1).reshape(x.shape()));
        });
        r.op(op, 13, c -> c.same(c.tensor(0).rank() == 0 ? function.apply(c.tensor(0).reshape(1), 0).reshape(Shape.SCALAR)
                : function.apply(c.tensor(0), c.attribute("axis", -1))));
    }

    private static Tensor hardmax(Tensor x, int axis) {
        if (x.size() == 0) {
            return x;
        }
        Tensor largest = x.argmax(axis).expandDims(x.shape().axis(axis));
        return Grid.places(x.shape(), axis).eq(largest).cast(x.dtype());
    }

    private static Tensor selu(Call c) {
        return c.tensor(0).elu(c.attribute("alpha", 1.67326319217681884765625)).mul(c.attribute("gamma", 1.05070102214813232421875));
    }

    static Tensor celu(Tensor x, double alpha) {
        return x.maximum(0).add(x.div(alpha).expm1().mul(alpha).minimum(0));
    }

    static Tensor hardSigmoid(Tensor x, double alpha, double beta) {
        return x.mul(alpha).add(beta).clamp(0, 1);
    }

    /** Before version 7 a vector is one slope per channel, axis 1. */
    private static Tensor slope(Call c) {
        Tensor slope = c.tensor(1);
        int rank = c.tensor(0).rank();
        boolean perChannel = c.version() < 7 && slope.rank() == 1 && slope.dim(0) > 1 && rank > 2;
        return perChannel ? Grid.channels(slope, rank) : slope;
    }

    private static List<Value> shrink(Call c) {
        Tensor x = c.tensor(0);
        double lambda = c.attribute("lambd", 0.5);
        double bias = c.attribute("bias", 0.0);
        boolean whole = x.dtype().isInteger();
        Tensor wide = whole ? x.cast(dev.gamelan.shape.DType.FLOAT64) : x;
        Tensor high = wide.sub(bias).where(wide.greater(lambda), 0);
        return c.same(wide.add(bias).where(wide.less(-lambda), high).cast(x.dtype()));
    }

    /** The largest of each row is subtracted first, so nothing overflows. */
    static Tensor softmaxOver(Tensor x, Axes axes) {
        Tensor e = x.sub(x.max(axes.keepDims())).exp();
        return e.div(e.sum(axes.keepDims()));
    }
}
