package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import dev.gamelan.ir.Scalars;
import dev.gamelan.shape.DType;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.DynamicConstantDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Writes the body of one kernel method. Each operation emits its instructions at once and returns a {@link Value}, a
 * local variable with the result; the same calls produce vector code or scalar code, as {@link #lanes()} says, and
 * both compute the same bits. Values made inside a loop or branch are valid only there.
 *
 * <p>Where an operation gets {@link Form#LANES} and {@link Form#SCALAR} operands together, the scalars are broadcast.
 */
public final class Assembler implements Arithmetic {
    private static final ClassDesc LANE_NUMBERS = LaneNumbers.class.describeConstable().orElseThrow();
    private static final ClassDesc METHOD_HANDLES = ClassDesc.of("java.lang.invoke.MethodHandles");

    private final MemoryCode memory = new MemoryCode(this);
    private final Lanes lanes;
    private final List<Object> constants;
    private CodeBuilder code;
    private @Nullable Partial partial;

    /** @param constants collects objects that the class will hold; see {@link #pushConstant} */
    Assembler(CodeBuilder code, Lanes lanes, List<Object> constants) {
        this.code = code;
        this.lanes = lanes;
        this.constants = constants;
    }

    /** The form being emitted. */
    public Lanes lanes() {
        return lanes;
    }

    /** Parameter {@code index} of the kernel method (the receiver does not count). */
    public Value parameter(int index, Form form, ElementType type) {
        return new Value(form, type, code.parameterSlot(index));
    }

    /** An int parameter of the kernel method. */
    public Value intParameter(int index) {
        return parameter(index, Form.SCALAR, ElementType.INT);
    }

    /** Loads, stores, and everything else that touches arrays. */
    public MemoryCode memory() {
        return memory;
    }

    // Constants and variables

    @Override
    public Value constant(ElementType type, double value) {
        ScalarCode.constant(code, type, value);
        return pop(Form.SCALAR, type);
    }

    @Override
    public Value constant(int value) {
        code.loadConstant(value);
        return pop(Form.SCALAR, ElementType.INT);
    }

    @Override
    public Value lanesOf(ElementType type, double value) {
        if (lanes.isVector()) {
            VectorCode.species(code, type, lanes);
            ScalarCode.constant(code, type, value);
            VectorCode.broadcast(code, type);
        } else {
            ScalarCode.constant(code, type, value);
        }
        return pop(Form.LANES, type);
    }

    @Override
    public Value broadcast(Value scalar) {
        if (scalar.form() == Form.LANES) {
            return scalar;
        }
        if (lanes.isVector()) {
            VectorCode.species(code, scalar.type(), lanes);
            push(scalar);
            VectorCode.broadcast(code, scalar.type());
        } else {
            push(scalar);
        }
        return pop(Form.LANES, scalar.type());
    }

    @Override
    public Value variable(Value initial) {
        push(initial);
        return pop(initial.form(), initial.type());
    }

    @Override
    public void assign(Value variable, Value value) {
        if (variable.form() != value.form() || variable.type() != value.type()) {
            throw new IllegalArgumentException("expected " + variable.form() + " of " + variable.type()
                    + ", received " + value.form() + " of " + value.type());
        }
        push(value);
        code.storeLocal(variable.kind(lanes), variable.slot());
    }

    // Arithmetic

    @Override
    public Value unary(Unary op, Value x) {
        push(x);
        if (isVector(x)) {
            VectorCode.unary(code, op, x.type());
        } else {
            ScalarCode.unary(code, op, x.type());
        }
        return pop(x.form(), x.type());
    }

    @Override
    public Value binary(Binary op, Value a, Value b) {
        Form form = commonForm(a, b);
        Value x = widen(a, form);
        Value y = widen(b, form);
        if (lanes.isVector() && form == Form.LANES && op == Binary.DIV && !x.type().isFloating()) {
            return eachLane(x.type(), l -> binary(op, lane(x, l), lane(y, l)));
        }
        push(x);
        if (isVector(x)) {
            VectorCode.binary(code, op, x.type(), () -> push(y));
        } else {
            push(y);
            ScalarCode.binary(code, op, x.type());
        }
        return pop(form, x.type());
    }

    @Override
    public Value shift(Binary op, Value x, int distance) {
        if (!isVector(x)) {
            return binary(op, x, x.form() == Form.LANES
                    ? lanesOf(x.type(), distance) : constant(x.type(), distance));
        }
        push(x);
        VectorCode.shift(code, op, x.type(), distance);
        return pop(x.form(), x.type());
    }

    /** index + constant, for INT scalars. */
    public Value add(Value index, int constant) {
        return constant == 0 ? index : add(index, constant(constant));
    }

    /** index * constant, for INT scalars. */
    public Value mul(Value index, int constant) {
        return mul(index, constant(constant));
    }

    @Override
    public Value fma(Value a, Value b, Value c) {
        if (!a.type().isFloating()) {
            return add(mul(a, b), c);
        }
        Form form = commonForm(a, b) == Form.LANES ? Form.LANES : commonForm(b, c);
        Value x = widen(a, form);
        Value y = widen(b, form);
        Value z = widen(c, form);
        push(x);
        push(y);
        push(z);
        if (isVector(x)) {
            VectorCode.fma(code, x.type());
        } else {
            ScalarCode.fma(code, x.type());
        }
        return pop(form, x.type());
    }

    // Comparisons, masks, branches

    @Override
    public Value compare(Comparison op, Value a, Value b) {
        Form form = commonForm(a, b);
        Value x = widen(a, form);
        Value y = widen(b, form);
        push(x);
        if (isVector(x)) {
            VectorCode.compare(code, op, x.type(), () -> push(y));
        } else {
            push(y);
            ScalarCode.compare(code, op, x.type());
        }
        return pop(form == Form.LANES ? Form.MASK : Form.CONDITION, x.type());
    }

    @Override
    public Value select(Value condition, Value whenTrue, Value whenFalse) {
        Form form = condition.form() == Form.MASK ? Form.LANES : commonForm(whenTrue, whenFalse);
        Value yes = widen(whenTrue, form);
        Value no = widen(whenFalse, form);
        if (isVector(condition)) {
            push(no);
            push(yes);
            pushMask(condition, yes.type());
            VectorCode.blend(code, yes.type());
        } else {
            push(condition);
            ScalarCode.select(code, () -> push(yes), () -> push(no));
        }
        return pop(form, yes.type());
    }

    @Override
    public Value and(Value a, Value b) {
        return combine(a, b, "and", Binary.AND);
    }

    @Override
    public Value or(Value a, Value b) {
        return combine(a, b, "or", Binary.OR);
    }

    @Override
    public Value xor(Value a, Value b) {
        return combine(a, b, "xor", Binary.XOR);
    }

    @Override
    public Value not(Value mask) {
        push(mask);
        if (isVector(mask)) {
            VectorCode.mask(code, "not", VectorCode.MASK);
        } else {
            ScalarCode.not(code);
        }
        return pop(mask.form(), mask.type());
    }

    @Override
    public void when(Value condition, Runnable then) {
        when(condition, then, () -> {});
    }

    /** Runs {@code then} where the condition holds, or where any lane of the mask is set; else {@code otherwise}. */
    public void when(Value condition, Runnable then, Runnable otherwise) {
        push(condition);
        if (isVector(condition)) {
            VectorCode.mask(code, "anyTrue", ConstantDescs.CD_boolean);
        }
        Label no = code.newLabel();
        Label end = code.newLabel();
        code.ifeq(no);
        scoped(then);
        code.goto_(end).labelBinding(no);
        scoped(otherwise);
        code.labelBinding(end);
    }

    // Conversions

    @Override
    public Value convert(Value x, ElementType to) {
        if (x.type() == to) {
            return x;
        }
        if (isVector(x) && x.type().isFloating() != to.isFloating()
                && (x.type() == ElementType.LONG || to == ElementType.LONG)) {
            // AVX2 and NEON have no such conversion between lanes of floating and long type.
            return eachLane(to, l -> convert(lane(x, l), to));
        }
        push(x);
        if (isVector(x)) {
            VectorCode.convert(code, x.type(), to, lanes);
        } else {
            ScalarCode.convert(code, x.type(), to);
        }
        return pop(x.form(), to);
    }

    @Override
    public Value reinterpret(Value x, ElementType to) {
        push(x);
        if (isVector(x)) {
            VectorCode.reinterpret(code, x.type(), to);
        } else {
            ScalarCode.reinterpret(code, x.type(), to);
        }
        return pop(x.form(), to);
    }

    // Lanes

    /** One lane as a scalar. */
    public Value lane(Value x, int lane) {
        push(x);
        if (isVector(x)) {
            VectorCode.lane(code, x.type(), lane);
        }
        return pop(Form.SCALAR, x.type());
    }

    /** Sets one lane of a variable. */
    public void assignLane(Value variable, int lane, Value scalar) {
        if (isVector(variable)) {
            push(variable);
            VectorCode.withLane(code, variable.type(), lane, () -> push(scalar));
        } else {
            push(scalar);
        }
        code.storeLocal(variable.kind(lanes), variable.slot());
    }

    /** Lanes filled one by one: {@code element} gives the scalar for each lane number. */
    public Value eachLane(ElementType type, IntFunction<Value> element) {
        Value result = variable(lanesOf(type, 0));
        for (int l = 0; l < lanes.count(); l++) {
            int lane = l;
            scoped(() -> assignLane(result, lane, element.apply(lane)));
        }
        return result;
    }

    @Override
    public Value call(Class<?> owner, String method, Value... operands) {
        ElementType type = operands[0].type();
        if (operands[0].form() == Form.LANES && lanes.isVector()) {
            return eachLane(type, l -> callScalar(owner, method, type,
                    Arrays.stream(operands).map(x -> lane(x, l)).toArray(Value[]::new)));
        }
        Value result = callScalar(owner, method, type, operands);
        return new Value(operands[0].form(), type, result.slot());
    }

    @Override
    public Value fromHalf(Value bits, DType dtype) {
        push(bits);
        code.i2s().invokestatic(halves(dtype), dtype == DType.FLOAT16 ? "float16ToFloat" : "bfloat16ToFloat",
                MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_short));
        return pop(bits.form(), ElementType.FLOAT);
    }

    @Override
    public Value toHalf(Value number, DType dtype) {
        push(number);
        code.invokestatic(halves(dtype), dtype == DType.FLOAT16 ? "floatToFloat16" : "floatToBfloat16",
                MethodTypeDesc.of(ConstantDescs.CD_short, ConstantDescs.CD_float));
        return pop(number.form(), ElementType.INT);
    }

    private static ClassDesc halves(DType dtype) {
        return (dtype == DType.FLOAT16 ? Float.class : Scalars.class).describeConstable().orElseThrow();
    }

    private Value callScalar(Class<?> owner, String method, ElementType type, Value... operands) {
        ClassDesc[] parameters = new ClassDesc[operands.length];
        Arrays.fill(parameters, ConstantDescs.CD_double);
        for (Value operand : operands) {
            push(operand);
            ScalarCode.convert(code, type, ElementType.DOUBLE);
        }
        code.invokestatic(owner.describeConstable().orElseThrow(), method,
                MethodTypeDesc.of(ConstantDescs.CD_double, parameters));
        ScalarCode.convert(code, ElementType.DOUBLE, type);
        return pop(Form.SCALAR, type);
    }

    /** Lane i gets the element of lane {@code i ^ distance}, for a distance that is a power of two below the count. */
    public Value swapLanes(Value x, int distance) {
        push(x);
        pushConstant(VectorSupport.swap(x.type(), lanes, distance), VectorCode.SHUFFLE);
        VectorCode.rearrange(code, x.type());
        return pop(Form.LANES, x.type());
    }

    /** {@code whenSet} in lanes whose number has {@code bit}, else {@code otherwise}. */
    Value selectByBit(int bit, Value whenSet, Value otherwise) {
        push(otherwise);
        push(whenSet);
        pushConstant(VectorSupport.lanesWithBit(otherwise.type(), lanes, bit), VectorCode.MASK);
        VectorCode.blend(code, otherwise.type());
        return pop(Form.LANES, otherwise.type());
    }

    /**
     * All lanes of all {@code parts} in one scalar, by halving: element i and element i + n/2 are combined, until one
     * is left. The parts form one virtual vector, so n elements give the same bits however many lanes hold them.
     *
     * @param op ADD, MUL, MIN, MAX, AND, OR or XOR
     * @param parts 1, 2, 4 ... values of lanes
     */
    public Value reduce(Binary op, Value... parts) {
        Value[] left = parts.clone();
        for (int n = left.length / 2; n > 0; n /= 2) {
            for (int i = 0; i < n; i++) {
                left[i] = binary(op, left[i], left[i + n]);
            }
        }
        boolean orderMatters = left[0].type().isFloating() && (op == Binary.ADD || op == Binary.MUL);
        if (isVector(left[0]) && !orderMatters) {
            push(left[0]);
            VectorCode.reduce(code, op, left[0].type());
            return pop(Form.SCALAR, left[0].type());
        }
        // Each step leaves the sums of the halves in all lanes, so lane 0 holds the tree of halves.
        Value folded = left[0];
        for (int distance = lanes.count() / 2; distance > 0; distance /= 2) {
            folded = binary(op, folded, swapLanes(folded, distance));
        }
        return lane(folded, 0);
    }

    // Loops

    /** {@code for (int i = from; i < to; i += step)}; {@code step} is positive. */
    public void forRange(Value from, Value to, int step, Consumer<Value> body) {
        scoped(() -> {
            Value i = variable(from);
            whileBelow(i, to, () -> {
                scoped(() -> body.accept(i));
                code.iinc(i.slot(), step);
            });
        });
    }

    /** {@code while (i < to)}; the body changes the variable {@code i}. */
    private void whileBelow(Value i, Value to, Runnable body) {
        Label head = code.newLabel();
        Label end = code.newLabel();
        code.labelBinding(head);
        push(i);
        push(to);
        code.if_icmpge(end);
        body.run();
        code.goto_(head).labelBinding(end);
    }

    /** {@code for (int i = 0; i < to; i++)}. */
    public void forRange(Value to, Consumer<Value> body) {
        forRange(constant(0), to, 1, body);
    }

    /**
     * The indices {@code from} to {@code to}, as many at once as there are lanes. The body is emitted twice in vector
     * form: for full vectors, and for the tail, where {@link #isPartial()} holds and loads and stores confine themselves
     * to the lanes in use (loads give 0 elsewhere).
     */
    public void forLanes(Value from, Value to, Consumer<Value> body) {
        forLanes(from, to, 1, body);
    }

    /**
     * As {@link #forLanes(Value, Value, Consumer)}, with the body repeated {@code unroll} times per step of the main
     * loop.
     */
    public void forLanes(Value from, Value to, int unroll, Consumer<Value> body) {
        scoped(() -> {
            Value i = variable(from);
            fullVectorsOf(i, to, unroll, body);
            if (lanes.isVector()) {
                tail(i, to, body);
            }
        });
    }

    /** As {@link #forLanes(Value, Value, int, Consumer)} where the last vector is full. */
    public void forWholeVectors(Value from, Value to, int unroll, Consumer<Value> body) {
        scoped(() -> fullVectorsOf(variable(from), to, unroll, body));
    }

    /**
     * As {@link #forLanes(Value, Value, Consumer)}, with the body emitted once, under a mask: for bodies so long that HotSpot would not
     * compile two of them well. A loop around runs twice, for the full vectors and for the tail, and makes the mask: made for each vector,
     * it took a third of the time of an exponential.
     */
    public void forMaskedLanes(Value from, Value to, Consumer<Value> body) {
        if (!lanes.isVector() || !lanes.maskedMemory()) {
            forLanes(from, to, body);
            return;
        }
        scoped(() -> {
            Value i = variable(from);
            whileBelow(i, to, () -> scoped(() -> {
                Value count = sub(to, i);
                Value whole = binary(Binary.AND, count, constant(-lanes.count()));
                Value stop = select(compare(Comparison.GT, whole, constant(0)), add(i, whole), to);
                with(firstLanes(count), () -> vectors(i, stop, 1, body));
            }));
        });
    }

    private void fullVectorsOf(Value i, Value to, int unroll, Consumer<Value> body) {
        for (int factor = unroll; factor >= 1; factor = factor == 1 ? 0 : 1) {
            fullVectors(i, to, factor, body);
        }
    }

    private void fullVectors(Value i, Value to, int unroll, Consumer<Value> body) {
        vectors(i, sub(to, constant(unroll * lanes.count() - 1)), unroll, body);
    }

    /** While the variable {@code i} is below {@code last}. */
    private void vectors(Value i, Value last, int unroll, Consumer<Value> body) {
        whileBelow(i, last, () -> {
            for (int u = 0; u < unroll; u++) {
                int offset = u * lanes.count();
                scoped(() -> body.accept(add(i, offset)));
            }
            code.iinc(i.slot(), unroll * lanes.count());
        });
    }

    private void tail(Value i, Value to, Consumer<Value> body) {
        when(compare(Comparison.LT, i, to), () -> with(firstLanes(sub(to, i)), () -> body.accept(i)));
    }

    /** Emits {@code body} with the lanes of {@code use} in use; all where it is null. */
    void with(@Nullable Partial use, Runnable body) {
        @Nullable Partial outer = partial;
        partial = use;
        body.run();
        partial = outer;
    }

    /**
     * The first {@code count} lanes, for {@link #with}. By a comparison: {@code VectorSpecies.indexInRange} has branches, whose profile all
     * kernels share, and after which HotSpot sometimes keeps the mask as an object.
     */
    Partial firstLanes(Value count) {
        VectorCode.species(code, ElementType.FLOAT, lanes);
        code.getstatic(LANE_NUMBERS, "FLOATS", ElementType.FLOAT.arrayClass());
        code.iconst_0();
        VectorCode.load(code, ElementType.FLOAT, false);
        Value numbers = pop(Form.LANES, ElementType.FLOAT);
        return new Partial(compare(Comparison.LT, numbers, broadcast(convert(count, ElementType.FLOAT))), count);
    }

    /** Whether only some lanes are in use: in the masked tail of {@link #forLanes}. */
    public boolean isPartial() {
        return partial != null;
    }

    /** {@code x} in the lanes in use, {@code otherwise} in the others: for values that a reduction collects. */
    public Value inUse(Value x, Value otherwise) {
        return partial == null ? x : select(partial.mask(), x, otherwise);
    }

    /** The lanes in use where {@link #isPartial()}: as a mask, and their count, which may be larger than that of all lanes. */
    record Partial(Value mask, Value count) {
    }

    @Nullable Partial partial() {
        return partial;
    }

    /** Ends the kernel method with a scalar as its result. */
    public void result(Value scalar) {
        push(scalar);
        code.return_(scalar.type().kind());
    }

    // For the other emitters of this package

    CodeBuilder code() {
        return code;
    }

    boolean isVector(Value x) {
        return lanes.isVector() && (x.form() == Form.LANES || x.form() == Form.MASK);
    }

    void push(Value x) {
        code.loadLocal(x.kind(lanes), x.slot());
    }

    void pushMask(Value mask, ElementType type) {
        push(mask);
        if (mask.type() != type) {
            VectorCode.castMask(code, type, lanes);
        }
    }

    /** Pushes an object that lives as long as the class, as a constant of its code. */
    void pushConstant(Object constant, ClassDesc type) {
        constants.add(constant);
        code.loadConstant(DynamicConstantDesc.ofNamed(
                ConstantDescs.ofConstantBootstrap(METHOD_HANDLES, "classDataAt", ConstantDescs.CD_Object, ConstantDescs.CD_int),
                ConstantDescs.DEFAULT_NAME, type, constants.size() - 1));
    }

    Value pop(Form form, ElementType type) {
        Value result = new Value(form, type, 0);
        int slot = code.allocateLocal(result.kind(lanes));
        code.storeLocal(result.kind(lanes), slot);
        return new Value(form, type, slot);
    }

    /** Emits {@code body} so that its locals are free for reuse afterwards. */
    void scoped(Runnable body) {
        CodeBuilder outer = code;
        outer.block(inner -> {
            code = inner;
            body.run();
            code = outer;
        });
    }

    private Form commonForm(Value a, Value b) {
        if (a.type() != b.type()) {
            throw new IllegalArgumentException("expected operands of one type, received " + a + " and " + b);
        }
        return a.form() == Form.LANES ? a.form() : b.form();
    }

    private Value widen(Value x, Form form) {
        return form == Form.LANES ? broadcast(x) : x;
    }

    private Value combine(Value a, Value b, String vectorMethod, Binary scalarOp) {
        push(a);
        if (isVector(a)) {
            pushMask(b, a.type());
            VectorCode.mask(code, vectorMethod, VectorCode.MASK, VectorCode.MASK);
        } else {
            push(b);
            ScalarCode.binary(code, scalarOp, ElementType.INT);
        }
        return pop(a.form(), a.type());
    }
}
