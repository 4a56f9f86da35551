package dev.gamelan.codegen;

import dev.gamelan.codegen.BlockCode.Pass;
import dev.gamelan.codegen.BlockCode.Sum;
import dev.gamelan.codegen.BlockStep.Kind;
import dev.gamelan.codegen.Value.Form;
import dev.gamelan.codegen.blocks.Sums;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.LoopKernel.Expr;
import dev.gamelan.kernel.LoopKernel.Level;
import dev.gamelan.shape.DType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Makes the {@link BlockCode} of a loop kernel: what {@link LoopEmitter} emits, with the same bits. */
final class BlockBuilder {

    private final LoopKernel kernel;
    private final LoopPhases phases;
    private final Signs signs;
    private final boolean wholeRows;
    private final BlockRecorder recorder = new BlockRecorder();
    private final LoopMath math = new LoopMath(recorder);
    private final Map<Integer, Value> rowValues = new HashMap<>();
    private final Map<Integer, Value> elementValues = new HashMap<>();

    private BlockBuilder(LoopKernel kernel, boolean wholeRows) {
        this.kernel = kernel;
        this.wholeRows = wholeRows;
        this.phases = new LoopPhases(kernel);
        this.signs = new Signs(kernel);
    }

    /**
     * @param lanes those of the emitted code
     * @param wholeRows whether blocks are made of whole rows, so that each pass finds what earlier ones have computed
     * @return nothing if there are no loops for some operation or type
     */
    static Optional<BlockCode> build(LoopKernel kernel, Lanes lanes, boolean wholeRows) {
        boolean known = lanes.isVector() && kernel.operands().stream().allMatch(operand -> isKnown(operand.dtype()))
                && kernel.values().stream().allMatch(value -> isComputed(value.dtype()));
        if (!known) {
            return Optional.empty();
        }
        try {
            return Optional.of(new BlockBuilder(kernel, wholeRows).build(lanes.count()).compact());
        } catch (UnsupportedOperationException _) {
            return Optional.empty();
        }
    }

    private static boolean isKnown(DType dtype) {
        return dtype == DType.FLOAT32 || dtype == DType.INT32 || dtype == DType.BOOL;
    }

    private static boolean isComputed(DType dtype) {
        return isKnown(dtype) || dtype == DType.INT8 || dtype == DType.UINT8;
    }

    private BlockCode build(int lanes) {
        List<Pass> passes = new ArrayList<>();
        List<BlockStep> results = List.of();
        int last = kernel.form() == LoopKernel.Form.COLUMN_WISE ? 0 : phases.last();
        for (int phase = 0; phase <= last; phase++) {
            rowValues(phase);
            List<BlockStep> rowSteps = recorder.take();
            List<Integer> reductions = phases.reductions(phase);
            if (!wholeRows) {
                elementValues.clear();
            }
            List<Integer> terms = reductions.stream().map(reduction -> term(reduction).slot()).toList();
            storeElements(phases.stores(phase));
            List<BlockStep> steps = recorder.take();
            int parts = reductions.isEmpty() || kernel.form() == LoopKernel.Form.COLUMN_WISE ? 1
                    : LoopEmitter.unroll(kernel, phases, phase);
            List<Sum> sums = new ArrayList<>();
            for (int i = 0; i < terms.size(); i++) {
                sums.add(sum(reductions.get(i), terms.get(i), parts));
            }
            if (kernel.form() == LoopKernel.Form.COLUMN_WISE) {
                storeColumns();
                results = recorder.take();
            }
            passes.add(new Pass(rowSteps, steps, sums));
        }
        if (kernel.form() == LoopKernel.Form.ROW_WISE) {
            rowValues(last);
            storeRows();
            passes.add(new Pass(recorder.take(), List.of(), List.of()));
        }
        return new BlockCode(recorder.registers(), passes, results, lanes);
    }

    // ---- values ----------------------------------------------------------------------------------------------------

    private DType dtype(int place) {
        return kernel.values().get(place).dtype();
    }

    private void rowValues(int phase) {
        for (int place = 0; place < kernel.values().size(); place++) {
            LoopKernel.Value value = kernel.values().get(place);
            if (value.level() == Level.ROW && phases.of(place) <= phase && !rowValues.containsKey(place)) {
                rowValues.put(place, switch (value.expr()) {
                    case Expr.Load load -> load(load.operand(), true);
                    case Expr.Number number -> number(number, value.dtype());
                    case Expr.Apply apply -> apply(apply, place, true);
                    case Expr.Reduction _ -> throw new IllegalStateException("a reduction is known after its phase");
                });
            }
        }
    }

    private Value load(int operand, boolean perRow) {
        DType dtype = kernel.operands().get(operand).dtype();
        Value result = register(dtype, perRow);
        recorder.add(BlockStep.of(Kind.LOAD, BlockStep.NONE, operand, result.slot(), perRow));
        return result;
    }

    private Value register(DType dtype, boolean perRow) {
        Form form = dtype == DType.BOOL ? perRow ? Form.CONDITION : Form.MASK : perRow ? Form.SCALAR : Form.LANES;
        return recorder.register(form, dtype == DType.BOOL ? ElementType.FLOAT : LoopTypes.of(dtype));
    }

    private Value number(Expr.Number number, DType dtype) {
        Value result = register(dtype, true);
        recorder.add(BlockStep.of(Kind.NUMBER, BlockStep.NONE, number.place(), result.slot(), true));
        return result;
    }

    private Value apply(Expr.Apply apply, int place, boolean perRow) {
        List<Value> arguments = apply.arguments().stream()
                .map(argument -> perRow ? Objects.requireNonNull(rowValues.get(argument)) : value(argument)).toList();
        if (signs.isExpOfSmall(place)) {
            return math.expOfSmall(arguments.getFirst());
        }
        return math.apply(apply.op(), arguments, dtype(apply.arguments().getFirst()), dtype(place));
    }

    private Value value(int place) {
        LoopKernel.Value value = kernel.values().get(place);
        if (value.level() == Level.ROW) {
            return Objects.requireNonNull(rowValues.get(place), "a row value is used before its phase");
        }
        Value result = elementValues.get(place);
        if (result == null) {
            result = switch (value.expr()) {
                case Expr.Load load -> load(load.operand(), false);
                case Expr.Apply apply -> apply(apply, place, false);
                case Expr.Number _, Expr.Reduction _ -> throw new IllegalStateException("not a value per element");
            };
            elementValues.put(place, result);
        }
        return result;
    }

    // ---- reductions ------------------------------------------------------------------------------------------------

    /** What a reduction combines: truth as 0 and 1. */
    private Value term(int reduction) {
        int argument = ((Expr.Reduction) kernel.values().get(reduction).expr()).argument();
        Value value = value(argument);
        return recorder.perElement(dtype(argument) == DType.BOOL ? math.number(value, ElementType.INT) : value);
    }

    private Sum sum(int reduction, int term, int parts) {
        DType dtype = dtype(reduction);
        boolean perRow = kernel.form() != LoopKernel.Form.COLUMN_WISE;
        Value result = recorder.register(perRow ? Form.SCALAR : Form.LANES, LoopTypes.of(dtype));
        Sums.Kind kind = switch (((Expr.Reduction) kernel.values().get(reduction).expr()).kind()) {
            case SUM -> Sums.Kind.SUM;
            case PROD -> Sums.Kind.PROD;
            case MAX -> Sums.Kind.MAX;
            case MIN -> Sums.Kind.MIN;
        };
        double identity = switch (kind) {
            case SUM -> 0;
            case PROD -> 1;
            case MAX -> LoopTypes.bound(dtype, false);
            case MIN -> LoopTypes.bound(dtype, true);
        };
        Value finished = dtype == DType.BOOL
                ? recorder.compare(Comparison.NE, result, recorder.constant(ElementType.INT, 0)) : math.narrow(result, dtype);
        (perRow ? rowValues : elementValues).put(reduction, finished);
        return new Sum(kind, result.type(), identity, term, result.slot(), parts);
    }

    // ---- stores ----------------------------------------------------------------------------------------------------

    /** Everything is loaded before anything is stored: a result may lie where an operand was. */
    private void storeElements(List<LoopKernel.Store> stores) {
        List<Value> values = stores.stream().map(store -> recorder.perElement(value(store.value()))).toList();
        for (int i = 0; i < stores.size(); i++) {
            store(values.get(i), stores.get(i), false);
        }
    }

    private void storeColumns() {
        for (LoopKernel.Store store : kernel.stores()) {
            if (kernel.values().get(store.value()).expr() instanceof Expr.Reduction) {
                store(Objects.requireNonNull(elementValues.get(store.value())), store, false);
            }
        }
    }

    private void storeRows() {
        for (LoopKernel.Store store : kernel.stores()) {
            if (kernel.values().get(store.value()).level() == Level.ROW) {
                store(Objects.requireNonNull(rowValues.get(store.value())), store, true);
            }
        }
    }

    private void store(Value value, LoopKernel.Store store, boolean perRow) {
        recorder.add(BlockStep.of(Kind.STORE, value.slot(), store.operand(), BlockStep.NONE, perRow));
    }
}
