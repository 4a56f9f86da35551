package dev.gamelan.grad;

import static dev.gamelan.grad.DerivativeCase.distinct;
import static dev.gamelan.grad.DerivativeCase.integers;
import static dev.gamelan.grad.DerivativeCase.normal;
import static dev.gamelan.grad.DerivativeCase.numbers;
import static dev.gamelan.grad.DerivativeCase.op;
import static dev.gamelan.grad.DerivativeCase.truths;
import static dev.gamelan.grad.DerivativeCase.uniform;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Window;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** One case or more for every operation that has a derivative. */
final class DerivativeCases {

    private DerivativeCases() {}

    static Stream<DerivativeCase> all() {
        return Stream.of(unary(), binary(), layout(), indexing(), reductions(), contractions(), pooling(), ProgramCases.all())
                .flatMap(List::stream);
    }

    private static List<DerivativeCase> unary() {
        List<DerivativeCase> cases = new ArrayList<>();
        for (Op.UnaryKind kind : Op.UnaryKind.values()) {
            switch (kind) {
                case NEG, ABS, EXP, EXPM1, SIN, COS, ATAN, SINH, COSH, ASINH, TANH, SIGMOID, ERF, RELU, TAN, SIGN, FLOOR, CEIL, ROUND,
                        TRUNC ->
                        cases.add(op(new Op.Unary(kind), numbers(new double[] {-1.2, -0.3, 0.4, 1.3}, 4)));
                case SQRT, RSQRT, LOG -> cases.add(op(new Op.Unary(kind), uniform(0.3, 2, 2, 2)));
                case LOG1P, ASIN, ACOS, ATANH -> cases.add(op(new Op.Unary(kind), uniform(-0.8, 0.8, 5)));
                case ACOSH -> cases.add(op(new Op.Unary(kind), uniform(1.2, 3, 5)));
                case NOT -> {}
            }
        }
        return cases;
    }

    private static List<DerivativeCase> binary() {
        List<DerivativeCase> cases = new ArrayList<>();
        for (Op.BinaryKind kind : Op.BinaryKind.values()) {
            Op op = new Op.Binary(kind);
            switch (kind) {
                case ADD, SUB, MUL, MAX, MIN, ATAN2 -> cases.add(op(op, normal(2, 3), uniform(-1, 1.1, 2, 3)));
                case DIV -> cases.add(op(op, normal(3), uniform(0.5, 2, 3)));
                case REM -> cases.add(op(op, numbers(new double[] {3.3, -3.3, 0.7}, 3), numbers(new double[] {1.2, 1.2, -2}, 3)));
                case POW -> cases.add(op(op, uniform(0.4, 2, 3), numbers(new double[] {2.5, -1, 3}, 3)));
                case AND, OR, XOR, SHL, SHR, USHR -> {}
            }
        }
        for (double exponent : new double[] {0, 1, 2, 3}) {
            cases.add(DerivativeCase.of("pow " + exponent, x -> Ops.binary(Op.BinaryKind.POW, x.get(0), exponent),
                    numbers(new double[] {-1.5, 0, 0.7}, 3)));
        }
        cases.add(DerivativeCase.of("select", x -> Ops.select(x.get(0), x.get(1), x.get(2)), truths(new boolean[] {true, false, true}, 3),
                normal(3), uniform(0, 1, 3)));
        cases.add(DerivativeCase.of("used twice", x -> Ops.mul(x.get(0), Ops.add(x.get(0), x.get(0))), normal(3)));
        cases.add(DerivativeCase.of("compare", x -> Ops.mul(x.get(0), Ops.cast(Ops.compare(Op.CompareKind.GT, x.get(0), x.get(1)),
                DType.FLOAT64)), normal(4), uniform(-1, 1, 4)));
        cases.add(DerivativeCase.of("cast", x -> Ops.cast(Ops.cast(x.get(0), DType.INT32), DType.FLOAT64), uniform(0.2, 0.8, 3)));
        return cases;
    }

    private static List<DerivativeCase> layout() {
        return List.of(op(new Op.Broadcast(Shape.of(2, 3, 4)), normal(3, 1)), op(new Op.Broadcast(Shape.of(3)), normal()),
                op(new Op.Reshape(Shape.of(3, 2)), normal(2, 3)), op(new Op.Permute(List.of(2, 0, 1)), normal(2, 3, 4)),
                op(new Op.Slice(List.of(1, 0), List.of(5, 2), List.of(3, 1)), normal(6, 3)),
                op(new Op.Slice(List.of(1), List.of(7), List.of(2)), normal(7)),
                op(new Op.Slice(List.of(2), List.of(2), List.of(1)), normal(3)),
                op(new Op.Flip(List.of(0, 2)), normal(2, 2, 3)),
                op(new Op.Pad(List.of(1, 0), List.of(0, 2), List.of(2, 0)), normal(3, 2), normal()),
                op(new Op.Pad(List.of(1), List.of(1), List.of(3)), normal(0), normal()),
                op(new Op.Concat(1), normal(2, 1), normal(2, 3), normal(2, 0), uniform(0, 1, 2, 2)));
    }

    private static List<DerivativeCase> indexing() {
        Data indices = integers(new int[] {2, 0, 2, 1}, 2, 2);
        return List.of(op(new Op.Gather(0), normal(3), indices), op(new Op.Gather(1), normal(2, 3, 2), indices),
                op(new Op.ScatterAdd(0), normal(3, 2), indices, normal(2, 2, 2)),
                op(new Op.ScatterAdd(1), normal(2, 3), indices, normal(2, 2, 2)),
                DerivativeCase.of("sort", x -> Node.of(new Op.Gather(0), x.get(0), Node.of(new Op.ArgSort(0, true), x.get(0))),
                        distinct(5)),
                DerivativeCase.of("argmax", x -> Node.of(new Op.Gather(0), x.get(0),
                        Node.of(new Op.ArgReduce(Op.ArgKind.MAX, 0), x.get(0))), distinct(5)),
                DerivativeCase.of("argmin", x -> Node.of(new Op.Gather(0), x.get(0),
                        Node.of(new Op.ArgReduce(Op.ArgKind.MIN, 0), x.get(0))), distinct(5)));
    }

    private static List<DerivativeCase> reductions() {
        List<DerivativeCase> cases = new ArrayList<>();
        for (Op.ReduceKind kind : Op.ReduceKind.values()) {
            cases.add(op(new Op.Reduce(kind, List.of(0, 2)), distinct(2, 3, 2)));
            cases.add(op(new Op.Reduce(kind, List.of(1)), normal(2, 5)));
            cases.add(op(new Op.Reduce(kind, List.of(0)), normal(1)));
            cases.add(op(new Op.Reduce(kind, List.of(0)), normal(3, 0)));
        }
        cases.add(DerivativeCase.of("prod of zeros", x -> Ops.reduce(Op.ReduceKind.PROD, x.get(0), 1),
                numbers(new double[] {0, 2, 3, 0, 0, 4, 0, 0, 0, 1, 0, 2}, 4, 3)));
        cases.add(op(new Op.Reduce(Op.ReduceKind.PROD, List.of(0)), normal(0, 2)));
        cases.add(op(new Op.CumSum(0, false), normal(4, 2)));
        cases.add(op(new Op.CumSum(1, true), normal(2, 3)));
        return cases;
    }

    private static List<DerivativeCase> contractions() {
        Window plain = window(2, 1, 0, 0, 1);
        Window wide = window(2, 2, 1, 2, 2);
        Window line = window(1, 3, -1, 1, 1);
        return List.of(op(new Op.MatMul(), normal(2, 3), normal(3, 4)), op(new Op.MatMul(), normal(2, 2, 1, 3), normal(2, 2, 3, 2)),
                op(new Op.MatMul(), normal(2, 0), normal(0, 3)),
                op(new Op.Conv(plain, 1), normal(2, 3, 3, 2), normal(2, 2, 2, 3)),
                op(new Op.Conv(wide, 2), normal(1, 5, 4, 4), normal(2, 3, 2, 2)),
                op(new Op.Conv(line, 3), normal(2, 8, 3), normal(2, 1, 6)),
                op(new Op.ConvInputGradient(wide, 2, Shape.of(5, 4)), normal(1, 3, 3, 2), normal(2, 2, 2, 2)),
                op(new Op.ConvInputGradient(plain, 1, Shape.of(3, 3)), normal(2, 2, 2, 3), normal(2, 2, 2, 3)),
                op(new Op.ConvKernelGradient(wide, 2, Shape.of(2, 2)), normal(1, 5, 4, 4), normal(1, 3, 3, 2)),
                op(new Op.ConvKernelGradient(plain, 1, Shape.of(2, 2)), normal(2, 3, 3, 2), normal(2, 2, 2, 3)));
    }

    private static List<DerivativeCase> pooling() {
        Window halves = window(2, 2, 0, 1, 1);
        Window overlapping = window(1, 1, 1, 1, 2);
        Shape square = Shape.of(2, 2);
        Shape two = Shape.of(2);
        return List.of(op(new Op.MaxPool(square, halves), distinct(2, 3, 4, 2)), op(new Op.MaxPool(two, overlapping), distinct(1, 5, 2)),
                op(new Op.MaxPoolGradient(square, halves), distinct(2, 3, 4, 2), normal(2, 2, 2, 2)),
                op(new Op.MaxPoolGradient(two, overlapping), distinct(1, 5, 2), normal(1, 5, 2)),
                op(new Op.MaxPoolPick(square, halves), distinct(2, 3, 4, 2), normal(2, 3, 4, 2)),
                op(new Op.SumPool(square, halves), normal(2, 3, 4, 2)), op(new Op.SumPool(two, overlapping), normal(1, 5, 2)),
                op(new Op.SumPoolGradient(square, halves, Shape.of(3, 4)), normal(2, 2, 2, 2)),
                op(new Op.SumPoolGradient(two, overlapping, Shape.of(5)), normal(1, 5, 2)));
    }

    private static Window window(int rank, int stride, int low, int high, int dilation) {
        return new Window(java.util.Collections.nCopies(rank, stride), java.util.Collections.nCopies(rank, low),
                java.util.Collections.nCopies(rank, high), java.util.Collections.nCopies(rank, dilation));
    }

    static Type vector(int length) {
        return new Type(DType.FLOAT64, Shape.of(length));
    }
}
