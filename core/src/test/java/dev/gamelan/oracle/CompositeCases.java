package dev.gamelan.oracle;

import static dev.gamelan.oracle.Domain.AWAY_FROM_ZERO;
import static dev.gamelan.oracle.Domain.MEDIUM;
import static dev.gamelan.oracle.Domain.POSITIVE;
import static dev.gamelan.oracle.Exactness.ACCUMULATED;
import static dev.gamelan.shape.DType.FLOAT32;
import static dev.gamelan.shape.DType.FLOAT64;
import static dev.gamelan.shape.DType.INT32;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Op.BinaryKind;
import dev.gamelan.ir.Op.ReduceKind;
import dev.gamelan.ir.Op.UnaryKind;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Window;
import dev.gamelan.oracle.OpCase.Argument;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The patterns of which networks are made: what a compiler fuses. */
final class CompositeCases {

    private CompositeCases() {}

    static Stream<OpCase> all() {
        return Stream.of(FLOAT32, FLOAT64).flatMap(dtype -> Stream.of(functions(dtype), normalizations(dtype), contractions(dtype),
                updates(dtype), sums(dtype), scaledProducts(dtype), quantized(dtype)).flatMap(s -> s));
    }

    /** The element-wise functions that users call and that are made of others. */
    private static Stream<OpCase> functions(DType dtype) {
        return Stream.of(
                function("softplus", Tensor::softplus, dtype, MEDIUM),
                function("logSigmoid", Tensor::logSigmoid, dtype, MEDIUM),
                function("logit", Tensor::logit, dtype, Domain.uniform("probability", 0.05, 0.95)),
                function("gelu", Tensor::gelu, dtype, MEDIUM),
                function("geluTanh", Tensor::geluTanh, dtype, MEDIUM),
                function("silu", Tensor::silu, dtype, MEDIUM),
                function("mish", Tensor::mish, dtype, MEDIUM),
                function("leakyRelu", x -> x.leakyRelu(0.2), dtype, AWAY_FROM_ZERO),
                function("elu", x -> x.elu(1.5), dtype, AWAY_FROM_ZERO),
                function("selu", Tensor::selu, dtype, AWAY_FROM_ZERO),
                function("hardSigmoid", Tensor::hardSigmoid, dtype, MEDIUM),
                function("hardSwish", Tensor::hardSwish, dtype, MEDIUM),
                function("softsign", Tensor::softsign, dtype, AWAY_FROM_ZERO),
                function("bytes in between", x -> x.round().cast(DType.UINT8).add(7).cast(dtype), dtype, Domain.uniform("wide", -700, 700)),
                function("signed bytes in between", x -> {
                    Tensor bytes = x.cast(DType.INT8);
                    return bytes.mul(bytes).sub(bytes.cast(DType.UINT8).cast(DType.INT8)).cast(dtype);
                }, dtype, Domain.uniform("wide", -700, 700)));
    }

    private static OpCase function(String name, UnaryOperator<Tensor> function, DType dtype, Domain domain) {
        return OpCase.of(name, ACCUMULATED, in -> function.apply(Tensor.of(in.getFirst())).node(), Argument.of(dtype, domain, 131));
    }

    private static Stream<OpCase> normalizations(DType dtype) {
        return Stream.of(
                OpCase.of("softmax", ACCUMULATED, in -> softmax(in.getFirst()), Argument.of(dtype, MEDIUM, 5, 67)),
                OpCase.of("softmax of one", ACCUMULATED, in -> softmax(in.getFirst()), Argument.of(dtype, MEDIUM, 5, 1)),
                OpCase.of("softmax of nothing", ACCUMULATED, in -> softmax(in.getFirst()), Argument.of(dtype, MEDIUM, 5, 0)),
                OpCase.of("layer norm", ACCUMULATED, in -> Ops.add(Ops.mul(normalize(in.get(0), -1), in.get(1)), in.get(2)),
                        Argument.of(dtype, MEDIUM, 3, 5, 19), Argument.of(dtype, MEDIUM, 19), Argument.of(dtype, MEDIUM, 19)),
                OpCase.of("batch norm", ACCUMULATED, in -> Ops.add(Ops.mul(normalize(in.get(0), 0, 1, 2), in.get(1)), in.get(2)),
                        Argument.of(dtype, MEDIUM, 3, 4, 5, 7), Argument.of(dtype, MEDIUM, 7), Argument.of(dtype, MEDIUM, 7)),
                OpCase.of("sum of a transpose", ACCUMULATED,
                        in -> Ops.sum(Ops.permute(Ops.unary(UnaryKind.EXP, in.getFirst()), 2, 0, 1), 1),
                        Argument.of(dtype, MEDIUM, 5, 7, 19)),
                OpCase.of("two reductions of one value", ACCUMULATED, in -> {
                    Node e = Ops.unary(UnaryKind.SIN, in.getFirst());
                    return Ops.matmul(Ops.reshape(Ops.sum(e, 0), Shape.of(1, 19)), Ops.reshape(Ops.sum(Ops.mul(e, e), 0), Shape.of(19, 1)));
                }, Argument.of(dtype, MEDIUM, 13, 19)));
    }

    /** Bytes that are never in memory, before reductions and after them: over all elements, over rows and over columns. */
    private static Stream<OpCase> quantized(DType dtype) {
        return Stream.of(new int[] {0, 1}, new int[] {1}, new int[] {0}).flatMap(over -> {
            Axes axes = Axes.keep(over);
            return Stream.of(OpCase.of("quantized by the range over " + Arrays.toString(over), ACCUMULATED, in -> {
                Tensor x = Tensor.of(in.getFirst());
                Tensor low = x.min(axes).minimum(0);
                Tensor scale = x.max(axes).maximum(0).sub(low).div(255);
                Tensor zero = low.neg().div(scale).round().cast(DType.UINT8);
                Tensor bytes = x.div(scale).round().add(zero.cast(dtype)).clamp(0, 255).cast(DType.UINT8);
                return bytes.cast(INT32).sub(zero.cast(INT32)).node();
            }, Argument.of(dtype, MEDIUM, 10, 131)), OpCase.of("bytes collected over " + Arrays.toString(over), ACCUMULATED, in -> {
                Tensor signed = Tensor.of(in.getFirst()).round().cast(DType.INT8);
                Tensor unsigned = Tensor.of(in.getFirst()).abs().cast(DType.UINT8);
                Tensor results = signed.sum(axes).add(unsigned.max(axes).cast(DType.INT8)).sub(signed.min(axes));
                return results.cast(INT32).add(unsigned.sum(axes).cast(INT32)).node();
            }, Argument.of(dtype, Domain.uniform("wide", -120, 120), 10, 131)));
        });
    }

    private static Stream<OpCase> contractions(DType dtype) {
        Window same = new Window(List.of(1, 1), List.of(1, 1), List.of(1, 1), List.of(1, 1));
        return Stream.of(
                OpCase.of("dense relu", ACCUMULATED, in -> Ops.unary(UnaryKind.RELU, Ops.add(Ops.matmul(in.get(0), in.get(1)), in.get(2))),
                        Argument.of(dtype, AWAY_FROM_ZERO, 7, 19), Argument.of(dtype, POSITIVE, 19, 5), Argument.of(dtype, MEDIUM, 5)),
                OpCase.of("dense of a scaled input", ACCUMULATED,
                        in -> Ops.matmul(Ops.mul(Ops.unary(UnaryKind.TANH, in.get(0)), in.get(2)), in.get(1)),
                        Argument.of(dtype, MEDIUM, 17, 67), Argument.of(dtype, MEDIUM, 67, 33), Argument.of(dtype, MEDIUM, 67)),
                OpCase.of("residual convolution", ACCUMULATED, in -> Ops.unary(UnaryKind.TANH, Ops.add(Ops.add(
                        Node.of(new Op.Conv(same, 1), in.get(0), in.get(1)), in.get(2)), in.get(0))),
                        Argument.of(dtype, MEDIUM, 2, 6, 7, 4), Argument.of(dtype, MEDIUM, 3, 3, 4, 4), Argument.of(dtype, MEDIUM, 4)),
                OpCase.of("attention", ACCUMULATED, in -> Ops.matmul(
                        softmax(Ops.mul(Ops.matmul(in.get(0), Ops.transpose(in.get(1))), 0.5)), in.get(2)),
                        Argument.of(dtype, MEDIUM, 2, 3, 5, 4), Argument.of(dtype, MEDIUM, 2, 3, 7, 4),
                        Argument.of(dtype, MEDIUM, 2, 3, 7, 4)),
                OpCase.of("cross entropy", ACCUMULATED, in -> crossEntropy(in.get(0), in.get(1)), Argument.of(dtype, MEDIUM, 7, 11),
                        Argument.of(INT32, Domain.below(11), 7)));
    }

    private static Stream<OpCase> updates(DType dtype) {
        return Stream.of(
                new OpCase("momentum step", ACCUMULATED, List.of(Argument.of(dtype, MEDIUM, 5, 7), Argument.of(dtype, MEDIUM, 5, 7),
                        Argument.of(dtype, MEDIUM, 5, 7)), in -> {
                            Node velocity = Ops.add(Ops.mul(in.get(1), 0.9), in.get(2));
                            return List.of(Ops.sub(in.get(0), Ops.mul(velocity, 0.01)), velocity);
                        }),
                new OpCase("states that change places", ACCUMULATED,
                        List.of(Argument.of(dtype, MEDIUM, 67), Argument.of(dtype, MEDIUM, 67)),
                        in -> List.of(in.get(1), in.get(0))),
                new OpCase("state read after its update", ACCUMULATED, List.of(Argument.of(dtype, MEDIUM, 4, 4)), in -> {
                    Node next = Ops.mul(in.getFirst(), 2);
                    return List.of(next, Ops.matmul(in.getFirst(), next), Ops.transpose(in.getFirst()));
                }));
    }

    /** A function and its square, summed over rows, columns and both: kernels of every size. */
    private static Stream<OpCase> sums(DType dtype) {
        return Stream.of(UnaryKind.values()).filter(kind -> kind != UnaryKind.NOT).flatMap(kind -> Stream.of(new int[] {0}, new int[] {1},
                new int[] {0, 1}).map(axes -> OpCase.of("sum over " + Arrays.toString(axes) + " of " + kind, ACCUMULATED, in -> {
                    Node y = Ops.unary(kind, in.getFirst());
                    return Ops.sum(Ops.mul(y, Ops.unary(kind, Ops.mul(in.getFirst(), 0.99))), axes);
                }, Argument.of(dtype, ElementwiseCases.domain(kind), 37, 67))));
    }

    /** A product of five functions, divided by its largest element in each row: the product is needed twice. */
    private static Stream<OpCase> scaledProducts(DType dtype) {
        return Stream.of(UnaryKind.values()).filter(kind -> kind != UnaryKind.NOT)
                .map(kind -> OpCase.of("scaled product of " + kind, ACCUMULATED, in -> {
                    Node y = in.getFirst();
                    for (int i = 0; i < 5; i++) {
                        y = Ops.mul(y, Ops.unary(kind, Ops.mul(in.getFirst(), 1 - 0.002 * i)));
                    }
                    return Ops.div(y, keep(ReduceKind.MAX, Ops.unary(UnaryKind.ABS, y), -1));
                }, Argument.of(dtype, ElementwiseCases.domain(kind), 7, 67)));
    }

    static Node softmax(Node x) {
        Node shifted = Ops.sub(x, Node.of(new Op.StopGradient(), keep(ReduceKind.MAX, x, -1)));
        Node e = Ops.unary(UnaryKind.EXP, shifted);
        return Ops.div(e, keep(ReduceKind.SUM, e, -1));
    }

    static Node normalize(Node x, int... axes) {
        Node centered = Ops.sub(x, mean(x, axes));
        Node variance = mean(Ops.mul(centered, centered), axes);
        return Ops.mul(centered, Ops.unary(UnaryKind.RSQRT, Ops.binary(BinaryKind.ADD, variance, 1e-5)));
    }

    private static Node mean(Node x, int... axes) {
        Node sum = keep(ReduceKind.SUM, x, axes);
        return Ops.mul(sum, (double) sum.shape().size() / x.shape().size());
    }

    static Node crossEntropy(Node logits, Node labels) {
        Node classes = Ops.iota(new Type(DType.INT32, logits.shape()), -1);
        Node oneHot = Ops.cast(Ops.compare(Op.CompareKind.EQ, classes, Ops.reshape(labels, labels.shape().insert(-1, 1))), logits.dtype());
        return Ops.neg(Ops.sum(Ops.mul(Ops.unary(UnaryKind.LOG, softmax(logits)), oneHot), 0, 1));
    }

    /** A reduction whose axes stay with extent 1. */
    private static Node keep(ReduceKind kind, Node x, int... axes) {
        Shape shape = x.shape();
        for (int axis : axes) {
            shape = shape.with(axis, 1);
        }
        return Ops.reshape(Ops.reduce(kind, x, axes), shape);
    }
}
