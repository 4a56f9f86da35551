package dev.gamelan.codegen;

import dev.gamelan.codegen.BlockStep.Kind;
import dev.gamelan.codegen.Value.Form;
import dev.gamelan.codegen.blocks.FloatOp;
import dev.gamelan.codegen.blocks.IntOp;
import dev.gamelan.codegen.blocks.Loop;
import dev.gamelan.codegen.blocks.TruthOp;
import dev.gamelan.shape.DType;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Notes operations down as steps over blocks, instead of emitting them. A {@link Value} is the number of a register: LANES and MASK of one
 * with a value for each element, SCALAR and CONDITION of one with a value for each row.
 */
final class BlockRecorder implements Arithmetic {

    /** What a register holds; truth values where {@code truth}. */
    record Register(ElementType type, boolean truth, boolean perRow, boolean constant, double number) {}

    private record Spread(int register) {}

    private final List<Register> registers = new ArrayList<>();
    private final Map<Register, Integer> constants = new HashMap<>();
    private final Map<Spread, Value> spreads = new HashMap<>();
    private List<BlockStep> steps = new ArrayList<>();
    private int depth;

    /** All registers so far. */
    List<Register> registers() {
        return registers;
    }

    /** The steps since the last call. What was spread over the elements is forgotten. */
    List<BlockStep> take() {
        List<BlockStep> taken = steps;
        steps = new ArrayList<>();
        spreads.clear();
        return taken;
    }

    // ---- registers -------------------------------------------------------------------------------------------------

    /** A new register for values of this form. */
    Value register(Form form, ElementType type) {
        if (type.bits() != 32) {
            throw new UnsupportedOperationException("no blocks of " + type);
        }
        boolean truth = form == Form.MASK || form == Form.CONDITION;
        registers.add(new Register(type, truth, isPerRow(form), false, 0));
        return new Value(form, type, registers.size() - 1);
    }

    private static boolean isPerRow(Form form) {
        return form == Form.SCALAR || form == Form.CONDITION;
    }

    private Value constant(Form form, ElementType type, double number) {
        Register register = new Register(type, false, false, true, number);
        int place = constants.computeIfAbsent(register, added -> {
            registers.add(added);
            return registers.size() - 1;
        });
        return new Value(form, type, place);
    }

    @Override
    public Value constant(ElementType type, double value) {
        return constant(Form.SCALAR, type, value);
    }

    @Override
    public Value constant(int value) {
        return constant(Form.SCALAR, ElementType.INT, value);
    }

    @Override
    public Value lanesOf(ElementType type, double value) {
        return constant(Form.LANES, type, value);
    }

    @Override
    public Value broadcast(Value scalar) {
        return perElement(scalar);
    }

    /** The value with one for each element. */
    Value perElement(Value x) {
        if (!isPerRow(x.form())) {
            return x;
        }
        Form form = x.form() == Form.SCALAR ? Form.LANES : Form.MASK;
        if (registers.get(x.slot()).constant()) {
            return new Value(form, x.type(), x.slot());
        }
        Value known = spreads.get(new Spread(x.slot()));
        if (known != null) {
            return known;
        }
        Value result = register(form, x.type());
        steps.add(BlockStep.of(Kind.SPREAD, x.slot(), BlockStep.NONE, result.slot(), false));
        if (depth == 0) {
            spreads.put(new Spread(x.slot()), result);
        }
        return result;
    }

    @Override
    public Value variable(Value initial) {
        Value result = register(initial.form(), initial.type());
        assign(result, initial);
        return result;
    }

    @Override
    public void assign(Value variable, Value value) {
        Value x = isPerRow(variable.form()) ? value : perElement(value);
        steps.add(BlockStep.of(Kind.COPY, x.slot(), BlockStep.NONE, variable.slot(), isPerRow(variable.form())));
    }

    /** Adds a step that is no operation. */
    void add(BlockStep step) {
        steps.add(step);
    }

    // ---- operations ------------------------------------------------------------------------------------------------

    private static Loop op(ElementType type, String name) {
        return switch (type) {
            case FLOAT -> FloatOp.valueOf(name);
            case INT -> IntOp.valueOf(name);
            case DOUBLE, LONG -> throw new UnsupportedOperationException("no blocks of " + type);
        };
    }

    /** @param truth whether the result is a truth value */
    private Value apply(Loop op, ElementType type, boolean truth, Value... operands) {
        boolean perRow = Arrays.stream(operands).allMatch(operand -> isPerRow(operand.form()));
        int[] in = {BlockStep.NONE, BlockStep.NONE, BlockStep.NONE};
        for (int i = 0; i < operands.length; i++) {
            in[i] = (perRow ? operands[i] : perElement(operands[i])).slot();
        }
        Form form = truth ? perRow ? Form.CONDITION : Form.MASK : perRow ? Form.SCALAR : Form.LANES;
        Value result = register(form, type);
        steps.add(BlockStep.apply(op, in[0], in[1], in[2], result.slot(), perRow));
        return result;
    }

    @Override
    public Value unary(Unary op, Value x) {
        return apply(op(x.type(), op.name()), x.type(), false, x);
    }

    @Override
    public Value binary(Binary op, Value a, Value b) {
        return apply(op(a.type(), op.name()), a.type(), false, a, b);
    }

    @Override
    public Value shift(Binary op, Value x, int distance) {
        return binary(op, x, constant(x.form(), x.type(), distance));
    }

    @Override
    public Value fma(Value a, Value b, Value c) {
        return a.type().isFloating() ? apply(op(a.type(), "FMA"), a.type(), false, a, b, c) : add(mul(a, b), c);
    }

    @Override
    public Value compare(Comparison op, Value a, Value b) {
        return switch (op) {
            case LT -> apply(op(a.type(), "LT"), a.type(), true, a, b);
            case LE -> apply(op(a.type(), "LE"), a.type(), true, a, b);
            case GT -> apply(op(a.type(), "LT"), a.type(), true, b, a);
            case GE -> apply(op(a.type(), "LE"), a.type(), true, b, a);
            case EQ -> apply(op(a.type(), "EQ"), a.type(), true, a, b);
            case NE -> not(apply(op(a.type(), "EQ"), a.type(), true, a, b));
        };
    }

    @Override
    public Value select(Value condition, Value whenTrue, Value whenFalse) {
        return apply(op(whenTrue.type(), "SELECT"), whenTrue.type(), false, condition, whenTrue, whenFalse);
    }

    @Override
    public Value and(Value a, Value b) {
        return apply(TruthOp.AND, a.type(), true, a, b);
    }

    @Override
    public Value or(Value a, Value b) {
        return apply(TruthOp.OR, a.type(), true, a, b);
    }

    @Override
    public Value xor(Value a, Value b) {
        return apply(TruthOp.XOR, a.type(), true, a, b);
    }

    @Override
    public Value not(Value mask) {
        return apply(TruthOp.NOT, mask.type(), true, mask);
    }

    @Override
    public void when(Value condition, Runnable then) {
        int at = steps.size();
        depth++;
        then.run();
        depth--;
        steps.add(at, BlockStep.of(Kind.SKIP, condition.slot(), steps.size() - at, BlockStep.NONE, isPerRow(condition.form())));
    }

    @Override
    public Value convert(Value x, ElementType to) {
        if (x.type() == to) {
            return x;
        }
        return apply(op(to, "OF_" + x.type()), to, false, x);
    }

    @Override
    public Value reinterpret(Value x, ElementType to) {
        return apply(op(to, "OF_BITS"), to, false, x);
    }

    @Override
    public Value call(Class<?> owner, String method, Value... operands) {
        boolean perRow = Arrays.stream(operands).allMatch(operand -> isPerRow(operand.form()));
        int first = (perRow ? operands[0] : perElement(operands[0])).slot();
        int second = operands.length < 2 ? BlockStep.NONE : (perRow ? operands[1] : perElement(operands[1])).slot();
        Value result = register(perRow ? Form.SCALAR : Form.LANES, operands[0].type());
        steps.add(new BlockStep(Kind.CALL, null, handle(owner, method, operands.length), first, second, BlockStep.NONE, result.slot(),
                perRow));
        return result;
    }

    private static MethodHandle handle(Class<?> owner, String method, int operands) {
        try {
            MethodType type = operands == 1 ? MethodType.methodType(double.class, double.class)
                    : MethodType.methodType(double.class, double.class, double.class);
            return MethodHandles.lookup().findStatic(owner, method, type);
        } catch (ReflectiveOperationException e) {
            throw new IllegalArgumentException("expected a function of " + operands + " numbers, received " + owner + "." + method, e);
        }
    }

    @Override
    public Value fromHalf(Value bits, DType dtype) {
        throw new UnsupportedOperationException("no blocks of " + dtype);
    }

    @Override
    public Value toHalf(Value number, DType dtype) {
        throw new UnsupportedOperationException("no blocks of " + dtype);
    }
}
