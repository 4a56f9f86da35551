package dev.gamelan.codegen;

import dev.gamelan.codegen.Assembler.Partial;
import dev.gamelan.codegen.Value.Form;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Emits loads and stores. In the tail of {@link Assembler#forLanes} those of lanes touch the lanes in use only; loads
 * give 0 (or false) in the others.
 */
public final class MemoryCode {
    private static final ClassDesc FLAGS = Flags.class.describeConstable().orElseThrow();

    private final Assembler asm;

    MemoryCode(Assembler asm) {
        this.asm = asm;
    }

    /** Element {@code index} of an array of arrays (or of objects), as an array of {@code type}. */
    public Value array(Value arrays, int index, ElementType type) {
        pushObject(arrays, index);
        code().checkcast(type.arrayClass());
        return asm.pop(Form.ARRAY, type);
    }

    /** An object parameter, as an array of {@code type}. */
    public Value array(Value object, ElementType type) {
        asm.push(object);
        code().checkcast(type.arrayClass());
        return asm.pop(Form.ARRAY, type);
    }

    /** Element {@code index} of an array of objects, as a {@code boolean[]}. */
    public Value flags(Value arrays, int index) {
        pushObject(arrays, index);
        code().checkcast(ScalarCode.flags());
        return asm.pop(Form.FLAGS, ElementType.INT);
    }

    /** An object parameter, as a {@code byte[]}. */
    public Value bytes(Value object) {
        asm.push(object);
        code().checkcast(ConstantDescs.CD_byte.arrayType());
        return asm.pop(Form.BYTES, ElementType.INT);
    }

    /** Consecutive bytes from {@code index}, as FLOAT lanes; see {@link Lanes#widensBytes}. */
    public Value loadBytes(Value bytes, Value index) {
        VectorCode.byteSpecies(code(), asm.lanes());
        asm.push(bytes);
        asm.push(index);
        VectorCode.loadBytes(code(), asm.lanes());
        return asm.pop(Form.LANES, ElementType.FLOAT);
    }

    private void pushObject(Value arrays, int index) {
        asm.push(arrays);
        code().loadConstant(index);
        code().aaload();
    }

    /** One element of an array. */
    public Value loadScalar(Value array, Value index) {
        asm.push(array);
        asm.push(index);
        code().arrayLoad(array.type().kind());
        return asm.pop(Form.SCALAR, array.type());
    }

    /** One element of an array of FLOAT or DOUBLE, which HotSpot loads where the program does: {@link OrderedLoads}. */
    public Value loadInOrder(Value array, Value index) {
        asm.push(array);
        asm.push(index);
        code().invokestatic(OrderedLoads.initialized(), "at",
                MethodTypeDesc.of(array.type().scalarClass(), array.type().arrayClass(), ConstantDescs.CD_int));
        return asm.pop(Form.SCALAR, array.type());
    }

    /** One element of an array at a constant index. */
    public Value loadScalar(Value array, int index) {
        return loadScalar(array, asm.constant(index));
    }

    /** Consecutive elements of an array, from {@code index}. */
    public Value load(Value array, Value index) {
        ElementType type = array.type();
        if (!asm.lanes().isVector()) {
            return lanes(loadScalar(array, index));
        }
        @Nullable Partial partial = asm.partial();
        if (partial != null && !asm.lanes().maskedMemory()) {
            Value result = asm.variable(asm.lanesOf(type, 0));
            eachLaneInUse(partial, l -> asm.assignLane(result, l, loadScalar(array, asm.add(index, l))));
            return result;
        }
        VectorCode.species(code(), type, asm.lanes());
        asm.push(array);
        asm.push(index);
        pushPartial(partial, type);
        VectorCode.load(code(), type, partial != null);
        return asm.pop(Form.LANES, type);
    }

    /** Elements {@code stride} apart, from {@code index}. Moves element by element. */
    public Value loadStrided(Value array, Value index, Value stride) {
        return gather(array, l -> asm.add(index, asm.mul(stride, l)));
    }

    /** Elements at the indices that INT lanes hold. Moves element by element. */
    public Value loadIndexed(Value array, Value indices) {
        return gather(array, l -> asm.lane(indices, l));
    }

    private Value gather(Value array, IntFunction<Value> index) {
        @Nullable Partial partial = asm.partial();
        if (partial == null) {
            return asm.eachLane(array.type(), l -> loadScalar(array, index.apply(l)));
        }
        Value result = asm.variable(asm.lanesOf(array.type(), 0));
        eachLaneInUse(partial, l -> asm.assignLane(result, l, loadScalar(array, index.apply(l))));
        return result;
    }

    /** Stores lanes to consecutive elements from {@code index}, or a scalar to one element. */
    public void store(Value array, Value index, Value value) {
        ElementType type = array.type();
        @Nullable Partial partial = asm.partial();
        if (!asm.isVector(value)) {
            asm.push(array);
            asm.push(index);
            asm.push(value);
            code().arrayStore(type.kind());
        } else if (partial != null && !asm.lanes().maskedMemory()) {
            eachLaneInUse(partial, l -> store(array, asm.add(index, l), asm.lane(value, l)));
        } else {
            asm.push(value);
            asm.push(array);
            asm.push(index);
            pushPartial(partial, type);
            VectorCode.store(code(), type, partial != null);
        }
    }

    /** Consecutive truth values as a mask for lanes of {@code type}. */
    public Value loadMask(Value flags, Value index, ElementType type) {
        if (!asm.lanes().isVector()) {
            pushFlag(flags, index);
            return asm.pop(Form.MASK, type);
        }
        @Nullable Partial partial = asm.partial();
        if (partial != null) {
            Value count = asm.min(partial.count(), asm.constant(asm.lanes().count()));
            asm.push(flags);
            asm.push(index);
            asm.push(count);
            code().invokestatic(FLAGS, "bits", MethodTypeDesc.of(ConstantDescs.CD_long, ScalarCode.flags(), ConstantDescs.CD_int,
                    ConstantDescs.CD_int));
            Value bits = asm.pop(Form.SCALAR, ElementType.LONG);
            VectorCode.species(code(), type, asm.lanes());
            asm.push(bits);
            VectorCode.maskFromLong(code());
        } else {
            VectorCode.species(code(), type, asm.lanes());
            asm.push(flags);
            asm.push(index);
            VectorCode.loadMask(code());
        }
        return asm.pop(Form.MASK, type);
    }

    /** One truth value as a condition. */
    public Value loadFlag(Value flags, Value index) {
        pushFlag(flags, index);
        return asm.pop(Form.CONDITION, ElementType.INT);
    }

    /** Stores a mask to consecutive truth values, or a condition to one. */
    public void storeMask(Value flags, Value index, Value mask) {
        @Nullable Partial partial = asm.partial();
        if (!asm.isVector(mask)) {
            storeFlag(flags, index, () -> asm.push(mask));
        } else if (partial != null) {
            asm.push(mask);
            VectorCode.mask(code(), "toLong", ElementType.LONG.scalarClass());
            Value bits = asm.pop(Form.SCALAR, ElementType.LONG);
            asm.push(bits);
            Value count = asm.min(partial.count(), asm.constant(asm.lanes().count()));
            asm.push(flags);
            asm.push(index);
            asm.push(count);
            code().invokestatic(FLAGS, "store", MethodTypeDesc.of(ConstantDescs.CD_void, ConstantDescs.CD_long, ScalarCode.flags(),
                    ConstantDescs.CD_int, ConstantDescs.CD_int));
        } else {
            asm.push(mask);
            asm.push(flags);
            asm.push(index);
            VectorCode.storeMask(code());
        }
    }

    /** Comes before any {@link #bring}: what it asks need not be asked again. */
    void mayBring(ElementType type) {
        Label none = code().newLabel();
        asm.pushConstant(VectorSupport.noLanes(type), VectorCode.MASK);
        VectorCode.mask(code(), "allTrue", ConstantDescs.CD_boolean);
        code().ifeq(none).return_().labelBinding(none);
    }

    /**
     * Begins to bring the cache line of an element that will be needed later, and does not wait for it: what a store needs first is the line,
     * and one under a mask of no lanes changes nothing. Other than a load, it does not hold up what is behind it. Nothing happens beyond the
     * array's end; asked here as the Vector API asks it, so that HotSpot leaves out what that does there, a call, before which it would
     * save all vectors of a loop.
     */
    void bring(Value array, Value index) {
        ElementType type = array.type();
        Label end = code().newLabel();
        asm.push(index);
        code().i2l().lconst_0().lcmp().iflt(end);
        asm.push(index);
        code().i2l();
        asm.push(array);
        code().arraylength().i2l().loadConstant((long) VectorSupport.SHORTEST_BITS / type.bits()).lsub().lcmp().ifgt(end);
        asm.pushConstant(VectorSupport.shortestVector(type), type.vectorClass());
        asm.push(array);
        asm.push(index);
        asm.pushConstant(VectorSupport.noLanes(type), VectorCode.MASK);
        VectorCode.store(code(), type, true);
        code().labelBinding(end);
    }

    private void pushFlag(Value flags, Value index) {
        asm.push(flags);
        asm.push(index);
        code().baload();
    }

    private void storeFlag(Value flags, Value index, Runnable pushFlag) {
        asm.push(flags);
        asm.push(index);
        pushFlag.run();
        code().bastore();
    }

    /** Number of elements of an array. */
    public Value length(Value array) {
        asm.push(array);
        code().arraylength();
        return asm.pop(Form.SCALAR, ElementType.INT);
    }

    private void eachLaneInUse(Partial partial, IntConsumer body) {
        for (int l = 0; l < asm.lanes().count(); l++) {
            int lane = l;
            asm.when(asm.compare(Comparison.GT, partial.count(), asm.constant(l)), () -> body.accept(lane));
        }
    }

    private void pushPartial(@Nullable Partial partial, ElementType type) {
        if (partial != null) {
            asm.pushMask(partial.mask(), type);
        }
    }

    private Value lanes(Value scalar) {
        return new Value(Form.LANES, scalar.type(), scalar.slot());
    }

    private CodeBuilder code() {
        return asm.code();
    }
}
