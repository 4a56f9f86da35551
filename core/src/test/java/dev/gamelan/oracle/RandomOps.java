package dev.gamelan.oracle;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.oracle.RandomGraphs.Unfit;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** One random operation on values of the pool. */
final class RandomOps {

    private record Maker(int weight, Supplier<List<Node>> make) {}

    private final RandomGraphs graphs;
    private final Random random;
    private final List<Maker> makers;
    private final int total;

    RandomOps(RandomGraphs graphs) {
        this.graphs = graphs;
        this.random = graphs.random();
        RandomWindows windows = new RandomWindows(graphs);
        RandomPrograms programs = new RandomPrograms(graphs);
        this.makers = List.of(one(14, this::unary), one(16, this::binary), one(3, this::unaryInteger), one(4, this::binaryInteger),
                one(3, this::compare), one(4, this::select), one(4, this::cast), one(3, this::broadcast), one(4, this::reshape),
                one(4, this::permute), one(4, this::slice), one(2, this::flip), one(3, this::pad), one(3, this::concat),
                one(3, this::gather),
                one(2, this::scatterAdd), one(1, this::argSort), one(9, this::reduce), one(1, this::argReduce), one(2, this::cumSum),
                one(8, this::matmul), one(3, windows::conv), one(3, windows::pool), one(1, this::randomBits), one(1, this::leaf),
                one(1, this::identity), new Maker(2, programs::scan), new Maker(1, programs::branch), new Maker(1, programs::call),
                new Maker(1, new RandomAttention(graphs)::attention));
        this.total = makers.stream().mapToInt(Maker::weight).sum();
    }

    private static Maker one(int weight, Supplier<Node> make) {
        return new Maker(weight, () -> List.of(make.get()));
    }

    /** @throws Unfit if this time nothing fits */
    List<Node> next() {
        int at = random.nextInt(total);
        for (Maker maker : makers) {
            at -= maker.weight();
            if (at < 0) {
                return maker.make().get();
            }
        }
        throw new IllegalStateException("weights do not add up");
    }

    <T> T any(T[] values) {
        return values[random.nextInt(values.length)];
    }

    private Node numeric(int minRank) {
        return graphs.pick(node -> node.dtype().isNumeric() && node.shape().rank() >= minRank, graphs.floatingDType(), minRank);
    }

    private Node anything(int minRank) {
        return graphs.pick(node -> node.shape().rank() >= minRank, graphs.dtype(), minRank);
    }

    private Node integer() {
        return graphs.pick(node -> node.dtype().isInteger(), DType.INT32, 0);
    }

    private int axis(Node x) {
        return random.nextInt(x.shape().rank());
    }

    private Node unary() {
        Op.UnaryKind kind = any(Op.UnaryKind.values());
        if (kind == Op.UnaryKind.NOT) {
            throw new Unfit();
        }
        return Ops.unary(kind, graphs.floating());
    }

    private Node unaryInteger() {
        Op.UnaryKind kind = any(
                new Op.UnaryKind[] {Op.UnaryKind.NEG, Op.UnaryKind.ABS, Op.UnaryKind.SIGN, Op.UnaryKind.RELU, Op.UnaryKind.NOT});
        return Ops.unary(kind, integer());
    }

    private Node binary() {
        Op.BinaryKind kind = any(
                new Op.BinaryKind[] {Op.BinaryKind.ADD, Op.BinaryKind.ADD, Op.BinaryKind.SUB, Op.BinaryKind.MUL, Op.BinaryKind.MUL,
                        Op.BinaryKind.MUL, Op.BinaryKind.DIV, Op.BinaryKind.MAX, Op.BinaryKind.MIN, Op.BinaryKind.POW, Op.BinaryKind.ATAN2,
                        Op.BinaryKind.REM});
        Node a = graphs.floating();
        return random.nextBoolean() ? Ops.binary(kind, a, partner(a)) : Ops.binary(kind, partner(a), a);
    }

    private Node binaryInteger() {
        Op.BinaryKind kind = any(Op.BinaryKind.values());
        Node a = integer();
        Node b = partner(a);
        return kind == Op.BinaryKind.DIV || kind == Op.BinaryKind.REM ? Ops.binary(kind, a, Ops.binary(Op.BinaryKind.OR, b, 1))
                : Ops.binary(kind, a, b);
    }

    private Node compare() {
        Node a = numeric(0);
        return Ops.compare(any(Op.CompareKind.values()), a, random.nextInt(3) == 0 ? Ops.fillLike(a, 1) : partner(a));
    }

    private Node select() {
        Node a = anything(0);
        Node b = partner(a);
        Shape shape = Shape.broadcast(a.shape(), b.shape());
        Node condition = graphs.find(node -> node.dtype() == DType.BOOL && node.shape().broadcastsTo(shape))
                .orElseGet(() -> graphs.input(DType.BOOL, smaller(shape)));
        return Ops.select(condition, a, b);
    }

    /** A value of the same type that broadcasts with this one: from the pool, a number, or a new input. */
    private Node partner(Node a) {
        int way = random.nextInt(4);
        if (way == 0) {
            return Ops.scalar(a.dtype(), a.dtype().isFloating() ? random.nextInt(-8, 9) / 4.0 : random.nextInt(2));
        }
        if (way < 3) {
            var found = graphs.find(node -> node.dtype() == a.dtype()
                    && (node.shape().broadcastsTo(a.shape()) || a.shape().broadcastsTo(node.shape())));
            if (found.isPresent()) {
                return found.get();
            }
        }
        return graphs.input(a.dtype(), smaller(a.shape()));
    }

    /** A shape that broadcasts to this one. */
    private Shape smaller(Shape shape) {
        Shape result = shape.slice(random.nextInt(3) == 0 ? random.nextInt(shape.rank() + 1) : 0, shape.rank());
        for (int i = 0; i < result.rank(); i++) {
            result = random.nextInt(4) == 0 ? result.with(i, 1) : result;
        }
        return result;
    }

    private Node cast() {
        Node x = anything(0);
        DType to = x.dtype().isFloating() && random.nextInt(3) > 0
                ? any(new DType[] {DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64})
                : graphs.dtype();
        return Ops.cast(x, to);
    }

    private Node broadcast() {
        Node x = anything(0);
        Shape shape = x.shape();
        for (int i = 0; i < shape.rank(); i++) {
            shape = shape.dim(i) == 1 && random.nextBoolean() ? shape.with(i, graphs.extent()) : shape;
        }
        return Ops.broadcast(x, random.nextBoolean() ? shape.insert(0, graphs.extent()) : shape);
    }

    private Node reshape() {
        Node x = anything(0);
        int size = x.shape().length();
        List<Integer> dims = new ArrayList<>();
        if (size == 0) {
            dims.addAll(List.of(0, graphs.extent()));
        } else {
            for (int rest = size; rest > 1;) {
                int left = rest;
                int[] divisors = IntStream.rangeClosed(2, rest).filter(d -> left % d == 0).toArray();
                int d = divisors[random.nextInt(divisors.length)];
                dims.add(d);
                rest /= d;
            }
            if (random.nextInt(3) == 0) {
                dims.add(random.nextInt(dims.size() + 1), 1);
            }
        }
        Collections.shuffle(dims, random);
        return Ops.reshape(x, Shape.of(dims.stream().mapToInt(Integer::intValue).toArray()));
    }

    private Node permute() {
        Node x = anything(2);
        List<Integer> order = new ArrayList<>(IntStream.range(0, x.shape().rank()).boxed().toList());
        Collections.shuffle(order, random);
        return Ops.permute(x, order.stream().mapToInt(Integer::intValue).toArray());
    }

    private Node slice() {
        Node x = anything(1);
        int axis = axis(x);
        int extent = x.shape().dim(axis);
        int start = random.nextInt(extent + 1);
        int limit = random.nextInt(start, extent + 1);
        return Ops.slice(x, axis, start, limit, random.nextBoolean() ? 1 : random.nextInt(1, 4));
    }

    private Node flip() {
        Node x = anything(1);
        return Ops.flip(x, IntStream.range(0, x.shape().rank()).filter(i -> random.nextBoolean()).toArray());
    }

    private Node pad() {
        Node x = anything(1);
        int rank = x.shape().rank();
        return Node.of(new Op.Pad(counts(rank, 4), counts(rank, 4), counts(rank, 2)), x, Ops.scalar(x.dtype(), random.nextInt(3) / 2));
    }

    private List<Integer> counts(int rank, int bound) {
        return IntStream.range(0, rank).mapToObj(i -> random.nextBoolean() ? 0 : random.nextInt(bound)).toList();
    }

    private Node concat() {
        Node x = anything(1);
        int axis = axis(x);
        List<Node> parts = new ArrayList<>(List.of(x));
        for (int i = random.nextInt(1, 3); i > 0; i--) {
            parts.add(graphs.find(node -> node != x && node.dtype() == x.dtype() && node.shape().rank() == x.shape().rank()
                    && node.shape().with(axis, 0).equals(x.shape().with(axis, 0)))
                    .orElseGet(() -> graphs.input(x.dtype(), x.shape().with(axis, graphs.extent()))));
        }
        Collections.shuffle(parts, random);
        return Ops.concat(axis, parts);
    }

    private Node gather() {
        Node x = anything(1);
        int axis = axis(x);
        return Node.of(new Op.Gather(axis), x, indices(x, axis));
    }

    private Node indices(Node x, int axis) {
        int extent = x.shape().dim(axis);
        if (extent == 0) {
            throw new Unfit();
        }
        DType dtype = random.nextBoolean() ? DType.INT32 : DType.INT64;
        var computed = graphs.find(node -> node.dtype() == dtype && node.shape().rank() <= 2 && node.shape().size() <= 100);
        if (computed.isPresent() && random.nextBoolean()) {
            return Ops.binary(Op.BinaryKind.REM, Ops.binary(Op.BinaryKind.AND, computed.get(), 0x7fffffff), extent);
        }
        return graphs.input(new Type(dtype, graphs.shape(random.nextInt(3))), Domain.below(extent));
    }

    private Node scatterAdd() {
        Node base = numeric(1);
        int axis = axis(base);
        Node indices = indices(base, axis);
        Shape shape = base.shape();
        Shape updates = shape.slice(0, axis).concat(indices.shape()).concat(shape.slice(axis + 1, shape.rank()));
        return Node.of(new Op.ScatterAdd(axis), base, indices, graphs.find(node -> node.type().equals(base.type().with(updates)))
                .orElseGet(() -> graphs.input(base.dtype(), updates)));
    }

    private Node argSort() {
        Node x = numeric(1);
        return Node.of(new Op.ArgSort(axis(x), random.nextBoolean()), x);
    }

    private Node reduce() {
        Node x = graphs.pick(node -> node.dtype().isNumeric() || node.dtype() == DType.BOOL, graphs.floatingDType(), 1);
        Op.ReduceKind kind = x.dtype() == DType.BOOL ? any(new Op.ReduceKind[] {Op.ReduceKind.MAX, Op.ReduceKind.MIN})
                : any(new Op.ReduceKind[] {Op.ReduceKind.SUM, Op.ReduceKind.SUM, Op.ReduceKind.PROD, Op.ReduceKind.MAX, Op.ReduceKind.MIN});
        int[] axes = IntStream.range(0, x.shape().rank()).filter(i -> random.nextInt(3) > 0).toArray();
        Node reduced = Ops.reduce(kind, x, axes);
        if (random.nextBoolean()) {
            return reduced;
        }
        int[] kept = x.shape().dims();
        Arrays.stream(axes).forEach(axis -> kept[axis] = 1);
        return Ops.reshape(reduced, Shape.of(kept));
    }

    private Node argReduce() {
        Node x = numeric(1);
        return Node.of(new Op.ArgReduce(any(Op.ArgKind.values()), axis(x)), x);
    }

    private Node cumSum() {
        Node x = numeric(1);
        return Node.of(new Op.CumSum(axis(x), random.nextBoolean()), x);
    }

    private Node matmul() {
        Node a = random.nextInt(6) == 0 ? graphs.pick(n -> n.dtype().isNumeric() && n.shape().rank() >= 2, DType.INT32, 2)
                : graphs.floating(2);
        a = random.nextInt(4) == 0 ? Ops.transpose(a) : a;
        Node left = a;
        Node b = graphs
                .find(node -> node.dtype() == left.dtype() && node.shape().rank() >= 2 && node.shape().dim(-2) == left.shape().dim(-1)
                        && random.nextBoolean())
                .orElseGet(() -> weight(left));
        Node product = Ops.matmul(a, b);
        return random.nextBoolean() || !product.dtype().isFloating() ? product : Ops.mul(product, 0.25);
    }

    private Node weight(Node a) {
        Shape shape = Shape.of(a.shape().dim(-1), graphs.extent());
        return random.nextInt(4) == 0 ? Ops.transpose(graphs.input(a.dtype(), Shape.of(shape.dim(1), shape.dim(0))))
                : graphs.input(a.dtype(), shape);
    }

    private Node randomBits() {
        Node key = graphs.find(node -> node.type().equals(new Type(DType.INT32, Shape.of(2))))
                .orElseGet(() -> graphs.input(new Type(DType.INT32, Shape.of(2)), Domain.ANY));
        Node bits = Node.of(new Op.RandomBits(graphs.shape(random.nextInt(4))), key);
        return random.nextBoolean() ? bits
                : Ops.mul(Ops.cast(Ops.binary(Op.BinaryKind.USHR, bits, 8), graphs.floatingDType()), 0x1p-24);
    }

    private Node leaf() {
        Shape shape = graphs.shape(random.nextInt(1, 4));
        DType dtype = graphs.dtype();
        return random.nextBoolean() || !dtype.isNumeric() ? Ops.fill(new Type(dtype, shape), 1)
                : Ops.iota(new Type(dtype, shape), random.nextInt(shape.rank()));
    }

    private Node identity() {
        Node x = anything(0);
        return random.nextBoolean() ? Node.of(new Op.StopGradient(), x) : Node.of(new Op.Barrier(), x, anything(0));
    }
}
