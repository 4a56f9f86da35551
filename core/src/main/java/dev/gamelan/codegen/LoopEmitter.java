package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import dev.gamelan.ir.Op;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.LoopKernel.Expr;
import dev.gamelan.kernel.LoopKernel.Level;
import dev.gamelan.shape.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Emits a loop kernel: rows outside, then one pass over the row's elements for each phase. A value's phase is the number of
 * reductions it has to wait for; a value of an earlier phase that is needed again is computed again, unless it is costly: see
 * {@link KeptValues}.
 */
final class LoopEmitter {

    /** Vectors that a column-wise reduction keeps at a time, and partial sums of a row-wise one. */
    private static final int UNROLL = 4;
    /** Row-wise reductions of more operations than this are not unrolled: a large method is not compiled well. */
    private static final int SMALL = 3;
    /** A pass of so many operations is emitted once, under a mask, instead of once for whole vectors and once for the tail. */
    private static final int HEAVY = 24;
    /** As {@link #HEAVY}, where elements or truth values are moved one by one, which makes long code. */
    private static final int HEAVY_STRIDED = 16;
    /** Column-wise reductions of more operations than this, or that also write elements, keep one vector at a time. */
    private static final int SMALL_COLUMN = 12;

    private final LoopKernel kernel;
    private final Assembler asm;
    private final LoopMath math;
    private final LoopOperands operands;
    private final Value offsets;
    private final Value scalars;
    private final LoopPhases phases;
    private final KeptValues kept;
    private final Signs signs;
    private final int heavy;
    private final boolean wholeVectors;
    /** Where each operand's current row begins. */
    private final Value[] bases;
    private final Map<Integer, Value> rowValues = new HashMap<>();

    private LoopEmitter(LoopKernel kernel, boolean wholeVectors, Assembler asm) {
        this.kernel = kernel;
        this.wholeVectors = wholeVectors;
        this.asm = asm;
        this.math = new LoopMath(asm);
        this.offsets = asm.parameter(1, Form.ARRAY, ElementType.INT);
        this.scalars = asm.parameter(3, Form.ARRAY, ElementType.DOUBLE);
        this.operands = new LoopOperands(asm, kernel, asm.parameter(0, Form.OBJECTS, ElementType.INT),
                asm.parameter(2, Form.ARRAY, ElementType.INT));
        this.bases = new Value[kernel.operands().size()];
        this.phases = new LoopPhases(kernel);
        this.kept = new KeptValues(kernel, phases.numbers());
        this.signs = new Signs(kernel);
        this.heavy = LoopTypes.strided(kernel) > 0 || kernel.operands().stream().anyMatch(operand -> operand.dtype() == DType.BOOL)
                ? HEAVY_STRIDED : HEAVY;
    }

    /** @param wholeVectors whether rows that are reduced end with a vector */
    static LoopCode emit(LoopKernel kernel, Lanes lanes, boolean wholeVectors, String name) {
        return KernelClass.define(LoopCode.class, name, lanes, asm -> new LoopEmitter(kernel, wholeVectors, asm).emit());
    }

    private void emit() {
        Value columnFrom = asm.intParameter(6);
        Value columnTo = asm.intParameter(7);
        asm.forRange(asm.intParameter(4), asm.intParameter(5), 1, row -> {
            rowValues.clear();
            startRow(row);
            switch (kernel.form()) {
                case MAP, ROW_WISE -> phases(columnFrom, columnTo);
                case COLUMN_WISE -> columns(columnFrom, columnTo);
            }
        });
    }

    // ---- rows ----------------------------------------------------------------------------------------------------

    private void startRow(Value row) {
        for (int i = 0; i < bases.length; i++) {
            bases[i] = asm.memory().loadScalar(offsets, i);
        }
        Value rest = row;
        for (int axis = kernel.rows() - 1; axis >= 0; axis--) {
            Value index = rest;
            if (axis > 0) {
                Value extent = operands.extent(axis);
                Value quotient = asm.div(rest, extent);
                index = asm.sub(rest, asm.mul(quotient, extent));
                rest = quotient;
            }
            for (int i = 0; i < bases.length; i++) {
                bases[i] = operands.advance(bases[i], i, axis, index);
            }
        }
    }

    /** Computes the values per row that wait for no more than {@code phase} reductions. */
    private Value rowValue(int place) {
        return Objects.requireNonNull(rowValues.get(place), "a row value is used before its phase");
    }

    private void rowValues(int phase) {
        for (int i = 0; i < kernel.values().size(); i++) {
            LoopKernel.Value value = kernel.values().get(i);
            if (value.level() == Level.ROW && phases.of(i) <= phase && !rowValues.containsKey(i)) {
                int place = i;
                switch (value.expr()) {
                    case Expr.Load load -> rowValues.put(i, operands.loadOne(load.operand(), bases[load.operand()]));
                    case Expr.Number number -> rowValues.put(i, number(number, value.dtype()));
                    case Expr.Apply apply -> rowValues.put(i, apply(apply, place, rowValues::get));
                    case Expr.Reduction _ -> throw new IllegalStateException("a reduction is known after its phase");
                }
            }
        }
    }

    private Value number(Expr.Number number, DType dtype) {
        Value value = asm.memory().loadScalar(scalars, number.place());
        if (dtype == DType.BOOL) {
            return asm.compare(Comparison.NE, value, asm.constant(ElementType.DOUBLE, 0));
        }
        if (dtype.isStorageOnly()) {
            return asm.toHalf(asm.convert(value, ElementType.FLOAT), dtype);
        }
        return dtype == DType.INT64 ? asm.reinterpret(value, ElementType.LONG) : asm.convert(value, LoopTypes.of(dtype));
    }

    private Value apply(Expr.Apply apply, int place, java.util.function.IntFunction<Value> argument) {
        List<Value> arguments = apply.arguments().stream().map(argument::apply).toList();
        if (signs.isExpOfSmall(place)) {
            return math.expOfSmall(arguments.getFirst());
        }
        int bound = signs.boundOf(place);
        if (bound >= 0) {
            return math.cutOff(((Op.Binary) apply.op()).kind(), arguments.get(1 - bound), arguments.get(bound));
        }
        DType from = kernel.values().get(apply.arguments().getFirst()).dtype();
        return math.apply(apply.op(), arguments, from, kernel.values().get(place).dtype());
    }

    // ---- maps and row-wise kernels ---------------------------------------------------------------------------------

    private void phases(Value columnFrom, Value columnTo) {
        int last = phases.last();
        for (int phase = 0; phase <= last; phase++) {
            rowValues(phase);
            List<Integer> reductions = phases.reductions(phase);
            List<LoopKernel.Store> stores = elementStores(phase);
            if (!reductions.isEmpty() || !stores.isEmpty()) {
                pass(phase, reductions, stores, columnFrom, columnTo);
            }
        }
        rowValues(last);
        for (LoopKernel.Store store : kernel.stores()) {
            if (kernel.form() == LoopKernel.Form.ROW_WISE && kernel.values().get(store.value()).level() == Level.ROW) {
                operands.storeOne(store.operand(), bases[store.operand()], rowValue(store.value()));
            }
        }
    }

    private List<LoopKernel.Store> elementStores(int phase) {
        return Stream.concat(phases.stores(phase).stream(), kept.stores(phase).stream()).toList();
    }

    /** One pass over the row: collects some reductions and stores what is ready. */
    private void pass(int phase, List<Integer> reductions, List<LoopKernel.Store> stores, Value columnFrom, Value columnTo) {
        int work = kept.work(phase);
        int unroll = reductions.stream().allMatch(this::isFloatExtreme) ? 1 : unroll(stores, work);
        List<Accumulator> accumulators = reductions.stream().map(reduction -> accumulator(reduction, unroll)).toList();
        int[] turn = new int[1];
        elements(phase, columnFrom, columnTo, unroll, work >= heavy, element -> {
            for (int i = 0; i < reductions.size(); i++) {
                int reduction = reductions.get(i);
                accumulators.get(i).add(turn[0], asm.inUse(asm.broadcast(element.term(reduction)), identity(reduction)));
            }
            element.store(stores);
            turn[0]++;
        });
        for (int i = 0; i < reductions.size(); i++) {
            rowValues.put(reductions.get(i), finished(reductions.get(i), accumulators.get(i).result()));
        }
    }

    /** Vectors of partial results of a pass. */
    private static int unroll(List<LoopKernel.Store> stores, int work) {
        return stores.isEmpty() && work <= SMALL ? UNROLL : 1;
    }

    /** As many as a pass has in the emitted code, where their order matters. */
    static int unroll(LoopKernel kernel, LoopPhases phases, int phase) {
        KeptValues kept = new KeptValues(kernel, phases.numbers());
        return unroll(Stream.concat(phases.stores(phase).stream(), kept.stores(phase).stream()).toList(), kept.work(phase));
    }

    /** Visits the elements of the current row, lanes of them at a time. */
    private void elements(int pass, Value columnFrom, Value columnTo, int unroll, boolean heavy, Consumer<Element> body) {
        int inner = kernel.rank() - 1;
        boolean map = kernel.form() == LoopKernel.Form.MAP;
        boolean single = map ? kernel.columns() == 0 : kernel.reduced() == 0;
        if (single) {
            lanes(asm.constant(0), asm.constant(1), unroll, heavy, index -> body.accept(new Element(pass, bases, -1, index)));
        } else if (map) {
            lanes(columnFrom, columnTo, 1, heavy, index -> body.accept(new Element(pass, bases, inner, index)));
        } else {
            nested(kernel.rows(), inner, bases, at -> lanes(asm.constant(0), operands.extent(inner), unroll, heavy,
                    index -> body.accept(new Element(pass, at, inner, index))));
        }
    }

    private void lanes(Value from, Value to, int unroll, boolean heavy, Consumer<Value> body) {
        if (wholeVectors) {
            asm.forWholeVectors(from, to, unroll, body);
        } else if (heavy) {
            asm.forMaskedLanes(from, to, body);
        } else {
            asm.forLanes(from, to, unroll, body);
        }
    }

    /** Loops over the axes {@code [axis, end)}, handing on where each operand then stands. */
    private void nested(int axis, int end, Value[] at, Consumer<Value[]> body) {
        if (axis == end) {
            body.accept(at);
            return;
        }
        asm.forRange(operands.extent(axis), index -> {
            Value[] moved = new Value[at.length];
            for (int i = 0; i < at.length; i++) {
                moved[i] = operands.advance(at[i], i, axis, index);
            }
            nested(axis + 1, end, moved, body);
        });
    }

    // ---- column-wise kernels -----------------------------------------------------------------------------------------

    private void columns(Value columnFrom, Value columnTo) {
        rowValues(0);
        if (kernel.columns() == 0) {
            asm.forLanes(asm.constant(0), asm.constant(1), index -> column(-1, List.of(index)));
            return;
        }
        int inner = kernel.rank() - 1;
        int work = kept.work(0);
        if (work > SMALL_COLUMN || !elementStores(0).isEmpty()) {
            lanes(columnFrom, columnTo, 1, work >= heavy, index -> column(inner, List.of(index)));
            return;
        }
        int block = UNROLL * asm.lanes().count();
        int shift = Integer.numberOfTrailingZeros(block);
        Value count = asm.shift(Binary.SHL, asm.shift(Binary.SHR, asm.sub(columnTo, columnFrom), shift), shift);
        Value rest = asm.add(columnFrom, count);
        asm.forRange(columnFrom, rest, block, index -> {
            List<Value> starts = new ArrayList<>();
            for (int u = 0; u < UNROLL; u++) {
                starts.add(asm.add(index, u * asm.lanes().count()));
            }
            column(inner, starts);
        });
        asm.forLanes(rest, columnTo, index -> column(inner, List.of(index)));
    }

    /** Reduces some neighboring vectors of columns in one pass. */
    private void column(int inner, List<Value> indices) {
        int end = kernel.rows() + kernel.reduced();
        List<Integer> reductions = phases.reductions(0);
        List<List<Accumulator>> sums = reductions.stream().map(reduction -> indices.stream().map(_ -> accumulator(reduction, 1)).toList())
                .toList();
        List<LoopKernel.Store> stores = elementStores(0);
        nested(kernel.rows(), end, bases, at -> {
            for (int u = 0; u < indices.size(); u++) {
                Element element = new Element(0, at, inner, indices.get(u));
                for (int r = 0; r < reductions.size(); r++) {
                    sums.get(r).get(u).add(0, asm.broadcast(element.term(reductions.get(r))));
                }
                element.store(stores);
            }
        });
        for (int u = 0; u < indices.size(); u++) {
            for (int r = 0; r < reductions.size(); r++) {
                Value result = finished(reductions.get(r), sums.get(r).get(u).lanes());
                for (LoopKernel.Store store : kernel.stores()) {
                    if (store.value() == reductions.get(r)) {
                        operands.storeLanes(store.operand(), bases[store.operand()], inner, indices.get(u), result, math);
                    }
                }
            }
        }
    }

    // ---- reductions ------------------------------------------------------------------------------------------------

    private Op.ReduceKind reduceKind(int reduction) {
        return ((Expr.Reduction) kernel.values().get(reduction).expr()).kind();
    }

    private Binary operation(int reduction) {
        return switch (reduceKind(reduction)) {
            case SUM -> Binary.ADD;
            case PROD -> Binary.MUL;
            case MAX -> Binary.MAX;
            case MIN -> Binary.MIN;
        };
    }

    /** What changes nothing, in every lane. */
    private Value identity(int reduction) {
        DType dtype = kernel.values().get(reduction).dtype();
        ElementType type = LoopTypes.of(dtype);
        return switch (reduceKind(reduction)) {
            case SUM -> asm.lanesOf(type, 0);
            case PROD -> asm.lanesOf(type, 1);
            case MAX -> asm.lanesOf(type, LoopTypes.bound(dtype, false));
            case MIN -> asm.lanesOf(type, LoopTypes.bound(dtype, true));
        };
    }

    private Value finished(int reduction, Value total) {
        DType dtype = kernel.values().get(reduction).dtype();
        return dtype == DType.BOOL ? asm.compare(Comparison.NE, total, asm.constant(total.type(), 0)) : math.narrow(total, dtype);
    }

    private Accumulator accumulator(int reduction, int unroll) {
        if (isFloatExtreme(reduction)) {
            return new FloatExtreme(asm, reduceKind(reduction));
        }
        Value[] parts = new Value[unroll];
        Arrays.setAll(parts, _ -> asm.variable(identity(reduction)));
        return new PartialResults(asm, operation(reduction), parts);
    }

    private boolean isFloatExtreme(int reduction) {
        return FloatExtreme.fits(asm, reduceKind(reduction), kernel.values().get(reduction).dtype());
    }

    /** The elements at one place of the innermost loop; values are emitted when first asked for. */
    private final class Element {
        private final int pass;
        private final Value[] at;
        private final int axis;
        private final Value index;
        private final Map<Integer, Value> known = new HashMap<>();

        Element(int pass, Value[] at, int axis, Value index) {
            this.pass = pass;
            this.at = at;
            this.axis = axis;
            this.index = index;
        }

        Value value(int place) {
            LoopKernel.Value value = kernel.values().get(place);
            if (value.level() == Level.ROW) {
                return rowValue(place);
            }
            Value result = known.get(place);
            if (result == null && kept.isKept(place, pass)) {
                result = operands.loadLanes(kept.operand(place), at[kept.operand(place)], axis, index);
                known.put(place, result);
            } else if (result == null) {
                result = switch (value.expr()) {
                    case Expr.Load load -> operands.loadLanes(load.operand(), at[load.operand()], axis, index);
                    case Expr.Apply apply -> apply(apply, place, this::value);
                    case Expr.Number _, Expr.Reduction _ -> throw new IllegalStateException("not a value per element");
                };
                known.put(place, result);
            }
            return result;
        }

        /** What a reduction combines: truth as 0 and 1. */
        Value term(int reduction) {
            int argument = ((Expr.Reduction) kernel.values().get(reduction).expr()).argument();
            Value value = value(argument);
            return kernel.values().get(argument).dtype() == DType.BOOL ? math.number(value, ElementType.INT) : value;
        }

        /** Everything is loaded before anything is stored: a result may lie where an operand was. */
        void store(List<LoopKernel.Store> stores) {
            stores.forEach(store -> value(store.value()));
            stores.forEach(store -> operands.storeLanes(store.operand(), at[store.operand()], axis, index, value(store.value()), math));
        }
    }
}
