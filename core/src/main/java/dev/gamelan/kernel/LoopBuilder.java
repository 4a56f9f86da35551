package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import dev.gamelan.kernel.LoopKernel.Expr;
import dev.gamelan.kernel.LoopKernel.Form;
import dev.gamelan.kernel.LoopKernel.Level;
import dev.gamelan.kernel.LoopKernel.Stride;
import dev.gamelan.kernel.LoopKernel.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/** Makes one kernel of a fused unit: values in order, operands with their strides, neighboring axes joined. */
final class LoopBuilder {

    /** Operands that one kernel lays out anew. */
    private static final int MOST_LAYOUTS = 4;

    private final Unit unit;
    private final Views views;
    /** The unit's, until an axis is split: see {@link Widening}. */
    private Shape frame;
    private final List<Step.Binding> bindings = new ArrayList<>();
    /** The value that each binding reads, or the buffer that it writes. */
    private final List<Node> sources = new ArrayList<>();
    private final List<DType> dtypes = new ArrayList<>();
    private final List<Value> values = new ArrayList<>();
    private final List<LoopKernel.Store> stores = new ArrayList<>();
    private final List<Double> scalars = new ArrayList<>();
    private final Map<Node, Integer> valueOf = new IdentityHashMap<>();
    private final Map<Object, Integer> loads = new HashMap<>();

    private LoopBuilder(Unit unit, Views views) {
        this.unit = unit;
        this.views = views;
        this.frame = unit.frame;
    }

    /** Where values of a unit are stored that are needed outside of it. */
    @FunctionalInterface
    interface Targets {
        Optional<Views.View> of(Node node);
    }

    static Step.Loop build(Unit unit, Views views, Targets targets) {
        return make(unit, views, targets).finish();
    }

    /** As {@link #build}, but with longer loops where that is possible, after the steps that it takes: see {@link Widening}. */
    static List<Step> widened(Unit unit, Views views, Targets targets) {
        LoopBuilder builder = make(unit, views, targets);
        List<Step> steps = new ArrayList<>(builder.widen());
        steps.add(builder.finish());
        return steps;
    }

    private static LoopBuilder make(Unit unit, Views views, Targets targets) {
        LoopBuilder builder = new LoopBuilder(unit, views);
        unit.nodes.forEach(builder::compute);
        unit.nodes.forEach(node -> targets.of(node).ifPresent(target -> builder.store(node, target)));
        return builder;
    }

    /** A copy of a value into a part of another buffer. */
    static Step.Loop copy(Node source, Views views, Node target, Access into) {
        Unit unit = Unit.map(-1, into.shape());
        LoopBuilder builder = new LoopBuilder(unit, views);
        int value = builder.operand(source, Level.ELEMENT);
        builder.store(value, target, into.offset(), into.strides());
        return builder.finish(target);
    }

    /** A part of a buffer filled with the value of a scalar node. */
    static Step.Loop fill(Node scalar, Views views, Node target, Access into) {
        Unit unit = Unit.map(-1, into.shape());
        LoopBuilder builder = new LoopBuilder(unit, views);
        Node broadcast = Ops.broadcast(scalar, into.shape());
        int value = builder.operand(broadcast, Level.ELEMENT);
        builder.store(value, target, into.offset(), into.strides());
        return builder.finish(target);
    }

    private void compute(Node node) {
        Level level = level(node);
        if (node.op() instanceof Op.Reduce reduce) {
            int argument = operand(node.operand(0), Level.ELEMENT);
            valueOf.put(node, add(new Expr.Reduction(reduce.kind(), argument), node.dtype(), level));
            return;
        }
        List<Node> operands = node.op() instanceof Op.Barrier ? node.operands().subList(0, 1) : node.operands();
        List<Integer> arguments = operands.stream().map(operand -> operand(operand, level)).toList();
        valueOf.put(node, add(new Expr.Apply(node.op(), arguments), node.dtype(), level));
    }

    private Level level(Node node) {
        if (node.op() instanceof Op.Reduce) {
            return unit.isRowWise() ? Level.ROW : Level.RESULT;
        }
        return unit.isFull(node.shape()) ? Level.ELEMENT : Level.ROW;
    }

    private int add(Expr expr, DType dtype, Level level) {
        values.add(new Value(expr, dtype, level));
        return values.size() - 1;
    }

    /** The value of an operand that is used at a level: computed in this kernel, a number, or a load. */
    private int operand(Node operand, Level level) {
        Views.View view = views.view(operand);
        Integer known = valueOf.get(view.root());
        if (known != null) {
            return known;
        }
        if (view.root().op() instanceof Op.Fill fill) {
            return number(fill);
        }
        List<Integer> strides = frameStrides(view.access(), level);
        boolean once = unit.frame.size() > 0 && strides.subList(unit.rowRank, strides.size()).stream().allMatch(stride -> stride == 0);
        boolean perRow = level == Level.ROW || once && unit.rowRank < unit.frame.rank();
        return loads.computeIfAbsent(List.of(view.root(), view.access().offset(), strides, perRow), _ -> {
            bindings.add(new Step.Binding(view.root(), view.access().offset(), strides, false));
            sources.add(operand);
            dtypes.add(operand.dtype());
            return add(new Expr.Load(bindings.size() - 1), operand.dtype(), perRow ? Level.ROW : Level.ELEMENT);
        });
    }

    private int number(Op.Fill fill) {
        double bits = fill.type().dtype() == DType.INT64 ? Double.longBitsToDouble(fill.value().longValue()) : fill.value().doubleValue();
        return loads.computeIfAbsent(List.of("number", fill.type().dtype(), Double.doubleToRawLongBits(bits)), _ -> {
            scalars.add(bits);
            return add(new Expr.Number(scalars.size() - 1, isComparable(bits, fill.type().dtype())), fill.type().dtype(), Level.ROW);
        });
    }

    private static boolean isComparable(double number, DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> !Float.isNaN((float) number) && Float.floatToRawIntBits((float) number) != Integer.MIN_VALUE;
            case FLOAT64 -> !Double.isNaN(number) && Double.doubleToRawLongBits(number) != Long.MIN_VALUE;
            case FLOAT16, BFLOAT16, INT8, UINT8, INT32, INT64, BOOL -> false;
        };
    }

    private List<Integer> frameStrides(Access access, Level level) {
        List<Integer> strides = new ArrayList<>(access.strides());
        if (level == Level.ROW) {
            while (strides.size() < unit.frame.rank()) {
                strides.add(0);
            }
        }
        return strides;
    }

    private void store(Node node, Views.View target) {
        int value = Objects.requireNonNull(valueOf.get(node));
        List<Integer> own = target.access().strides();
        List<Integer> strides = switch (values.get(value).level()) {
            case ELEMENT -> own;
            case ROW -> padded(own, own.size());
            case RESULT -> padded(own, unit.rowRank);
        };
        store(value, target.root(), target.access().offset(), strides);
    }

    /** Strides of a result: zeros for the reduced axes, which lie at {@code at}. */
    private List<Integer> padded(List<Integer> own, int at) {
        List<Integer> result = new ArrayList<>(own);
        for (int i = own.size(); i < unit.frame.rank(); i++) {
            result.add(at, 0);
        }
        return result;
    }

    private void store(int value, Node target, int offset, List<Integer> strides) {
        bindings.add(new Step.Binding(target, offset, strides, true));
        sources.add(target);
        dtypes.add(target.dtype());
        stores.add(new LoopKernel.Store(value, bindings.size() - 1));
    }

    private Step.Loop finish() {
        return finish(unit.nodes.getLast());
    }

    private Step.Loop finish(Node report) {
        boolean map = unit.reducedRank == 0;
        int reducedTo = unit.isRowWise() ? frame.rank() : unit.rowRank + unit.reducedRank;
        List<int[]> rows = map ? List.of() : joined(0, unit.rowRank);
        List<int[]> reduced = joined(unit.rowRank, reducedTo);
        List<int[]> columns = map ? joined(0, frame.rank()) : joined(reducedTo, frame.rank());
        if (columns.size() > 1) {
            rows = new ArrayList<>(rows);
            rows.addAll(columns.subList(0, columns.size() - 1));
            columns = List.of(columns.getLast());
        }
        List<int[]> axes = new ArrayList<>(rows);
        int rowCount = rows.size();
        axes.addAll(reduced);
        axes.addAll(columns);
        List<Integer> extents = axes.stream().map(range -> extent(range)).toList();
        List<Step.Binding> bound = bindings.stream().map(binding -> new Step.Binding(binding.buffer(), binding.offset(),
                axes.stream().map(range -> stride(binding, range)).toList(), binding.written())).toList();
        List<LoopKernel.Operand> operands = IntStream.range(0, bound.size())
                .mapToObj(i -> new LoopKernel.Operand(dtypes.get(i), bound.get(i).strides().stream().map(LoopBuilder::kind).toList()))
                .toList();
        Form form = map ? Form.MAP : unit.isRowWise() ? Form.ROW_WISE : Form.COLUMN_WISE;
        LoopKernel kernel = new LoopKernel(form, rowCount, reduced.size(), columns.size(), operands, mapLevels(map, bound), stores);
        return new Step.Loop(kernel, extents, bound, scalars, report);
    }

    /** In a map, what does not change along the one column axis is a value per row. */
    private List<Value> mapLevels(boolean map, List<Step.Binding> bound) {
        if (!map) {
            return values;
        }
        List<Value> result = new ArrayList<>();
        for (Value value : values) {
            Level level = switch (value.expr()) {
                case Expr.Load load -> {
                    List<Integer> strides = bound.get(load.operand()).strides();
                    yield strides.isEmpty() || strides.getLast() == 0 ? Level.ROW : Level.ELEMENT;
                }
                case Expr.Number _ -> Level.ROW;
                case Expr.Apply _ -> Level.ELEMENT;
                case Expr.Reduction _ -> throw new IllegalStateException("a map has no reductions");
            };
            result.add(new Value(value.expr(), value.dtype(), level));
        }
        return result;
    }

    /** The steps that have to come before. */
    private List<Step> widen() {
        List<Step> steps = new ArrayList<>();
        int from = unit.isMap() ? 0 : unit.isRowWise() ? unit.rowRank : unit.rowRank + unit.reducedRank;
        Optional<Widening> found = Widening.find(frame, from, bindings);
        while (found.isPresent() && steps.size() < MOST_LAYOUTS) {
            Widening widening = found.get();
            if (widening.splits(frame)) {
                frame = widening.split(frame);
                bindings.replaceAll(b -> new Step.Binding(b.buffer(), b.offset(), widening.split(b.strides()), b.written()));
            }
            int outer = widening.splits(unit.frame) ? widening.outer() + 1 : widening.outer();
            widening.operands().forEach(i -> steps.add(layOut(i, outer)));
            found = Widening.find(frame, from, bindings);
        }
        return steps;
    }

    /** Copies an operand so that it lies row-major along the axes from {@code outer} on, and along those that it moves along. */
    private Step layOut(int binding, int outer) {
        Step.Binding old = bindings.get(binding);
        int[] limits = frame.dims();
        for (int axis = 0; axis < outer; axis++) {
            limits[axis] = old.strides().get(axis) == 0 ? 1 : limits[axis];
        }
        Node whole = Ops.reshape(sources.get(binding), frame);
        Op.Slice slice = new Op.Slice(Collections.nCopies(limits.length, 0), Arrays.stream(limits).boxed().toList(),
                Collections.nCopies(limits.length, 1));
        Node part = Node.of(slice, List.of(whole), whole.origin());
        Node copy = Node.of(new Op.Barrier(), List.of(part), part.origin());
        bindings.set(binding, new Step.Binding(copy, 0, Access.contiguous(part.shape()).strides(), false));
        sources.set(binding, Ops.broadcast(copy, frame));
        Unit laid = Unit.map(-1, part.shape());
        laid.nodes.add(copy);
        return build(laid, views, node -> Optional.of(new Views.View(node, Access.contiguous(node.shape()))));
    }

    /** The axes of the frame in runs {@code [from, to)} in which every operand moves evenly; extents of 1 vanish. */
    private List<int[]> joined(int from, int to) {
        List<int[]> result = new ArrayList<>();
        for (int axis = from; axis < to; axis++) {
            if (frame.dim(axis) == 1) {
                continue;
            }
            int[] last = result.isEmpty() ? null : result.getLast();
            if (last != null && joins(last[1] - 1, axis)) {
                last[1] = axis + 1;
            } else {
                result.add(new int[] {axis, axis + 1});
            }
        }
        return result;
    }

    private boolean joins(int outer, int inner) {
        for (int between = outer + 1; between < inner; between++) {
            if (frame.dim(between) != 1) {
                return false;
            }
        }
        return bindings.stream().allMatch(b -> b.strides().get(outer) == b.strides().get(inner) * frame.dim(inner));
    }

    private int extent(int[] range) {
        return frame.slice(range[0], range[1]).length();
    }

    private int stride(Step.Binding binding, int[] range) {
        for (int axis = range[1] - 1; axis >= range[0]; axis--) {
            if (frame.dim(axis) != 1) {
                return binding.strides().get(axis);
            }
        }
        return 0;
    }

    private static Stride kind(int stride) {
        return stride == 0 ? Stride.ZERO : stride == 1 ? Stride.ONE : Stride.OTHER;
    }
}
