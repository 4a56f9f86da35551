package dev.gamelan.interop.onnx.export;

import static dev.gamelan.interop.onnx.export.Protos.attribute;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Each operation as operators of ONNX. */
final class Arms {

    private Arms() {}

    static void write(Writer w, Op op, Node node, List<Node> in) {
        switch (op) {
            case Op.Input _ -> throw new IllegalStateException("an input without a name: " + node);
            case Op.Constant o -> w.define(node, w.constant(o.data()));
            case Op.Fill _, Op.Iota _, Op.Broadcast _ -> {}
            case Op.Unary o -> w.define(node, Pointwise.unary(w, o.kind(), node, w.name(in.getFirst())));
            case Op.Binary o -> w.define(node, Pointwise.binary(w, o.kind(), node, w.elementwise(node, in)));
            case Op.Compare o -> w.define(node, Pointwise.compare(w, o.kind(), w.elementwise(node, in)));
            case Op.Select _ -> w.define(node, Pointwise.select(w, node.dtype(), w.elementwise(node, in)));
            case Op.Cast o -> w.define(node, w.cast(w.name(in.getFirst()), o.dtype()));
            case Op.Reshape o -> w.define(node, w.reshape(w.name(in.getFirst()), o.shape()));
            case Op.Permute o -> w.define(node, w.transpose(w.name(in.getFirst()), o.order()));
            case Op.Slice o -> w.define(node, slice(w, w.name(in.getFirst()), o.start(), o.limit(), o.step()));
            case Op.Flip o -> w.define(node, flip(w, w.name(in.getFirst()), o.axes()));
            case Op.Pad o -> w.define(node, pad(w, o, in));
            case Op.Concat o -> w.define(node, w.add("Concat", in.stream().map(w::name).toList(), attribute("axis", o.axis())));
            case Op.Gather o -> w.define(node, w.add("Gather", names(w, in), attribute("axis", o.axis())));
            case Op.ScatterAdd o -> w.define(node, scatterAdd(w, o, in));
            case Op.ArgSort o -> w.define(node, argSort(w, o, in.getFirst()));
            case Op.Reduce o -> w.define(node, reduce(w, o, in.getFirst()));
            case Op.ArgReduce o -> w.define(node, w.cast(w.add(o.kind() == Op.ArgKind.MAX ? "ArgMax" : "ArgMin", names(w, in),
                    attribute("axis", o.axis()), attribute("keepdims", 0)), DType.INT32));
            case Op.CumSum o -> w.define(node,
                    w.add("CumSum", List.of(w.name(in.getFirst()), w.list(o.axis())), attribute("reverse", o.reverse() ? 1 : 0)));
            case Op.MatMul _ -> w.define(node, w.add("MatMul", names(w, in)));
            case Op.Conv o -> w.define(node, WindowArms.conv(w, o, in));
            case Op.ConvInputGradient o -> w.define(node, WindowArms.transposed(w, o, in));
            case Op.MaxPool o -> w.define(node, WindowArms.maxPool(w, o, in.getFirst()));
            case Op.SumPool o -> w.define(node, WindowArms.sumPool(w, o, in.getFirst()));
            case Op.ConvKernelGradient _, Op.MaxPoolGradient _, Op.MaxPoolPick _, Op.SumPoolGradient _ -> throw none(op, "a gradient");
            case Op.RandomBits _ -> throw none(op, "random numbers by key");
            case Op.Scan o -> scan(w, o, node, in);
            case Op.If o -> branch(w, o, node, in);
            case Op.Call o -> inline(w, o.body(), node, in);
            case Op.Get o -> w.define(node, w.name(in.getFirst(), o.index()));
            case Op.StopGradient _, Op.Barrier _ -> w.define(node, w.name(in.getFirst()));
        }
    }

    static FormatException none(Op op, String what) {
        return new FormatException("ONNX has no operator for this\n  expected  a function made for inference\n  received  " + what + ", "
                + op.getClass().getSimpleName());
    }

    private static List<String> names(Writer w, List<Node> nodes) {
        return nodes.stream().map(w::name).toList();
    }

    // ---- layout ----------------------------------------------------------------------------------------------------------

    static String slice(Writer w, String x, List<Integer> start, List<Integer> limit, List<Integer> step) {
        return w.add("Slice", List.of(x, w.list(start), w.list(limit), w.list(IntStream.range(0, start.size()).toArray()), w.list(step)));
    }

    private static String flip(Writer w, String x, List<Integer> axes) {
        int count = axes.size();
        int[] starts = IntStream.range(0, count).map(_ -> -1).toArray();
        int[] ends = IntStream.range(0, count).map(_ -> Integer.MIN_VALUE).toArray();
        return w.add("Slice", List.of(x, w.list(starts), w.list(ends), w.list(axes), w.list(starts)));
    }

    /** What goes between the elements is added behind each of them, and cut off behind the last. */
    private static String pad(Writer w, Op.Pad op, List<Node> in) {
        String x = w.name(in.get(0));
        String value = w.name(in.get(1));
        Shape shape = in.getFirst().shape();
        for (int axis = 0; axis < shape.rank(); axis++) {
            int inner = op.inner().get(axis);
            if (inner > 0 && shape.dim(axis) > 1) {
                Shape apart = shape.insert(axis + 1, 1);
                int[] pads = new int[2 * apart.rank()];
                pads[apart.rank() + axis + 1] = inner;
                String spread = w.add("Pad", List.of(w.reshape(x, apart), w.list(pads), value));
                int extent = shape.dim(axis) * (inner + 1);
                String joined = w.reshape(spread, shape.with(axis, extent));
                x = w.add("Slice", List.of(joined, w.list(0), w.list(extent - inner), w.list(axis)));
                shape = shape.with(axis, extent - inner);
            }
        }
        List<Integer> pads = new ArrayList<>(op.low());
        pads.addAll(op.high());
        return w.add("Pad", List.of(x, w.list(pads), value));
    }

    // ---- indexing and reductions ---------------------------------------------------------------------------------------

    /** The axis first, then rows are added. */
    private static String scatterAdd(Writer w, Op.ScatterAdd op, List<Node> in) {
        Shape base = in.get(0).shape();
        Shape indices = in.get(1).shape();
        int axis = op.axis();
        List<Integer> first = new ArrayList<>(List.of(axis));
        List<Integer> back = new ArrayList<>();
        for (int i = 0; i < base.rank(); i++) {
            if (i != axis) {
                first.add(i);
            }
            back.add(i == axis ? 0 : i < axis ? i + 1 : i);
        }
        List<Integer> updates = new ArrayList<>();
        IntStream.range(axis, axis + indices.rank()).forEach(updates::add);
        IntStream.range(0, axis).forEach(updates::add);
        IntStream.range(axis + indices.rank(), indices.rank() + base.rank() - 1).forEach(updates::add);
        Shape rows = Shape.of(indices.length()).concat(base.without(axis));
        String wide = w.cast(w.reshape(w.name(in.get(1)), Shape.of(indices.length(), 1)), DType.INT64);
        String sum = w.add("ScatterND", List.of(w.transpose(w.name(in.get(0)), first), wide,
                w.reshape(w.transpose(w.name(in.get(2)), updates), rows)), attribute("reduction", "add"));
        return w.transpose(sum, back);
    }

    private static String argSort(Writer w, Op.ArgSort op, Node x) {
        List<String> sorted = w.add("TopK", List.of(w.name(x), w.list(x.shape().dim(op.axis()))), 2, attribute("axis", op.axis()),
                attribute("largest", op.descending() ? 1 : 0), attribute("sorted", 1));
        return w.cast(sorted.get(1), DType.INT32);
    }

    private static String reduce(Writer w, Op.Reduce op, Node x) {
        String name = switch (op.kind()) {
            case SUM -> "ReduceSum";
            case PROD -> "ReduceProd";
            case MAX -> "ReduceMax";
            case MIN -> "ReduceMin";
        };
        boolean logical = x.dtype() == DType.BOOL;
        String numbers = logical ? w.cast(w.name(x), DType.INT32) : w.name(x);
        String result = w.add(name, List.of(numbers, w.list(op.axes())), attribute("keepdims", 0), attribute("noop_with_empty_axes", 1));
        return logical ? w.cast(result, DType.BOOL) : result;
    }

    // ---- programs ------------------------------------------------------------------------------------------------------

    private static void inline(Writer w, Graph body, Node node, List<Node> in) {
        List<Node> results = body.inline(in);
        w.nodes(Graph.of(List.of(), results));
        w.define(node, results.stream().map(w::name).toArray(String[]::new));
    }

    private static void scan(Writer w, Op.Scan op, Node node, List<Node> in) {
        int own = op.carries() + op.sequences();
        List<String> inputs = new ArrayList<>(in.subList(0, own).stream().map(w::name).toList());
        List<String> inner = new ArrayList<>();
        for (int i = 0; i < own; i++) {
            inner.add(w.names().fresh("in"));
        }
        var body = GraphExport.body(w, op.body(), inner, in.subList(own, in.size()), own).toBuilder();
        int sequences = op.sequences();
        if (sequences == 0) {
            // ONNX counts steps by a sequence.
            Object zeros = DType.BOOL.newArray(op.length());
            inputs.add(w.constant(dev.gamelan.ir.Data.of(DType.BOOL, Shape.of(op.length()), zeros)));
            body.addInput(Protos.info(w.names().fresh("in"), new dev.gamelan.ir.Type(DType.BOOL, Shape.SCALAR)));
            sequences = 1;
        }
        int outputs = op.body().outputs().size() - op.carries();
        long direction = op.reverse() ? 1 : 0;
        List<Integer> backwards = IntStream.range(0, sequences).mapToObj(_ -> (int) direction).toList();
        List<Integer> written = IntStream.range(0, outputs).mapToObj(_ -> (int) direction).toList();
        var attributes = new ArrayList<>(List.of(attribute("body", body.build()), attribute("num_scan_inputs", sequences),
                attribute("scan_input_directions", backwards)));
        if (outputs > 0) {
            attributes.add(attribute("scan_output_directions", written));
        }
        w.define(node, w.add("Scan", inputs, op.body().outputs().size(),
                attributes.toArray(dev.gamelan.interop.onnx.proto.AttributeProto[]::new)).toArray(String[]::new));
    }

    private static void branch(Writer w, Op.If op, Node node, List<Node> in) {
        List<Node> arguments = in.subList(1, in.size());
        arguments.forEach(w::name);
        w.define(node, w.add("If", List.of(w.name(in.getFirst())), op.then().outputs().size(),
                attribute("then_branch", GraphExport.body(w, op.then(), List.of(), arguments, 0)),
                attribute("else_branch", GraphExport.body(w, op.otherwise(), List.of(), arguments, 0))).toArray(String[]::new));
    }
}
