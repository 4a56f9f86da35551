package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import dev.gamelan.kernel.LoopKernel;
import dev.gamelan.kernel.LoopKernel.Stride;
import dev.gamelan.shape.DType;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.util.ArrayList;
import java.util.List;

/** Emits the loads and stores of a loop kernel's operands, converting types that are stored otherwise than they are computed. */
final class LoopOperands {

    private final Assembler asm;
    private final LoopKernel kernel;
    private final List<Value> arrays = new ArrayList<>();
    private final Value shape;

    LoopOperands(Assembler asm, LoopKernel kernel, Value objects, Value shape) {
        this.asm = asm;
        this.kernel = kernel;
        this.shape = shape;
        for (int i = 0; i < kernel.operands().size(); i++) {
            arrays.add(array(objects, i, kernel.operands().get(i).dtype()));
        }
    }

    private Value array(Value objects, int i, DType dtype) {
        return switch (dtype) {
            case FLOAT32, FLOAT64, INT32, INT64 -> asm.memory().array(objects, i, LoopTypes.of(dtype));
            case BOOL -> asm.memory().flags(objects, i);
            case INT8, UINT8 -> narrow(objects, i, ConstantDescs.CD_byte);
            case FLOAT16, BFLOAT16 -> narrow(objects, i, ConstantDescs.CD_short);
        };
    }

    private Value narrow(Value objects, int i, ClassDesc element) {
        asm.push(objects);
        asm.code().loadConstant(i).aaload().checkcast(element.arrayType());
        return asm.pop(Form.FLAGS, ElementType.INT);
    }

    private DType dtype(int operand) {
        return kernel.operands().get(operand).dtype();
    }

    Stride kind(int operand, int axis) {
        return kernel.operands().get(operand).strides().get(axis);
    }

    Value extent(int axis) {
        return asm.memory().loadScalar(shape, axis);
    }

    private Value stride(int operand, int axis) {
        return asm.memory().loadScalar(shape, kernel.rank() * (operand + 1) + axis);
    }

    /** {@code base + index * stride along the axis}. */
    Value advance(Value base, int operand, int axis, Value index) {
        return switch (kind(operand, axis)) {
            case ZERO -> base;
            case ONE -> asm.add(base, index);
            case OTHER -> asm.add(base, asm.mul(index, stride(operand, axis)));
        };
    }

    /** One element, as a number or condition. */
    Value loadOne(int operand, Value index) {
        Value array = arrays.get(operand);
        return switch (dtype(operand)) {
            case FLOAT32, FLOAT64, INT32, INT64 -> asm.memory().loadScalar(array, index);
            case BOOL -> asm.memory().loadFlag(array, index);
            case INT8 -> loadNarrow(array, index, () -> asm.code().baload());
            case UINT8 -> loadNarrow(array, index, () -> asm.code().baload().loadConstant(0xFF).iand());
            case FLOAT16, BFLOAT16 -> loadNarrow(array, index, () -> asm.code().saload());
        };
    }

    private Value loadNarrow(Value array, Value index, Runnable load) {
        asm.push(array);
        asm.push(index);
        load.run();
        return asm.pop(Form.SCALAR, ElementType.INT);
    }

    /** As many elements as there are lanes, along an axis (or one that does not move, in every lane). */
    Value loadLanes(int operand, Value base, int axis, Value index) {
        Value array = arrays.get(operand);
        Value at = axis < 0 ? asm.add(base, index) : advance(base, operand, axis, index);
        Stride kind = axis < 0 ? Stride.ONE : kind(operand, axis);
        DType dtype = dtype(operand);
        if (!asm.lanes().isVector()) {
            Value one = loadOne(operand, at);
            return dtype == DType.BOOL ? one : asm.broadcast(one);
        }
        if (kind == Stride.ZERO) {
            Value one = loadOne(operand, at);
            return dtype == DType.BOOL ? one : asm.broadcast(one);
        }
        if (dtype == DType.BOOL) {
            return asm.memory().loadMask(array, at, ElementType.FLOAT);
        }
        return kind == Stride.ONE ? asm.memory().load(array, at) : asm.memory().loadStrided(array, at, stride(operand, axis));
    }

    /** Stores lanes along an axis. */
    void storeLanes(int operand, Value base, int axis, Value index, Value value, LoopMath math) {
        Value at = axis < 0 ? asm.add(base, index) : advance(base, operand, axis, index);
        if (!asm.lanes().isVector()) {
            storeOne(operand, at, value);
        } else if (dtype(operand) == DType.BOOL) {
            asm.memory().storeMask(arrays.get(operand), at, math.mask(value));
        } else {
            asm.memory().store(arrays.get(operand), at, asm.broadcast(value));
        }
    }

    /** Stores one number or condition. */
    void storeOne(int operand, Value at, Value value) {
        Value array = arrays.get(operand);
        switch (dtype(operand)) {
            case FLOAT32, FLOAT64, INT32, INT64 -> asm.memory().store(array, at, value);
            case BOOL -> asm.memory().storeMask(array, at, value);
            case INT8, UINT8 -> storeNarrow(array, at, value, () -> asm.code().i2b().bastore());
            case FLOAT16, BFLOAT16 -> storeNarrow(array, at, value, () -> asm.code().sastore());
        }
    }

    private void storeNarrow(Value array, Value at, Value value, Runnable store) {
        asm.push(array);
        asm.push(at);
        asm.push(value);
        store.run();
    }
}
