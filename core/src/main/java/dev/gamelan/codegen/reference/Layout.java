package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.Shape;
import java.util.List;

/** Moving elements without looking at them: every bit stays as it is. */
final class Layout {

    private Layout() {}

    /** Reads from {@code start} on, {@code steps} apart along each axis of the result. */
    private static Data take(Type type, Data x, int start, int[] steps) {
        Object array = type.dtype().newArray(type.shape().length());
        if (type.shape().length() > 0) {
            take(x.array(), start, array, 0, type.shape(), type.shape().strides(), steps, 0);
        }
        return new Data(type, array);
    }

    private static void take(Object from, int source, Object to, int target, Shape shape, int[] strides, int[] steps, int axis) {
        if (axis >= steps.length - 1) {
            line(from, source, steps.length == 0 ? 0 : steps[axis], to, target, steps.length == 0 ? 1 : shape.dim(axis));
            return;
        }
        int extent = shape.dim(axis);
        for (int i = 0; i < extent; i++) {
            take(from, source + i * steps[axis], to, target + i * strides[axis], shape, strides, steps, axis + 1);
        }
    }

    private static void line(Object from, int source, int step, Object to, int target, int length) {
        if (step == 1) {
            System.arraycopy(from, source, to, target, length);
        } else if (from instanceof float[] read && to instanceof float[] written) {
            for (int i = 0; i < length; i++) {
                written[target + i] = read[source + i * step];
            }
        } else {
            for (int i = 0; i < length; i++) {
                System.arraycopy(from, source + i * step, to, target + i, 1);
            }
        }
    }

    static Data select(Type type, Data condition, Data a, Data b) {
        Object array = type.dtype().newArray(type.shape().length());
        boolean[] holds = (boolean[]) condition.array();
        for (int i = 0; i < holds.length; i++) {
            System.arraycopy(holds[i] ? a.array() : b.array(), i, array, i, 1);
        }
        return new Data(type, array);
    }

    static Data broadcast(Type type, Data x) {
        int[] strides = x.shape().strides();
        int extra = type.shape().rank() - x.shape().rank();
        int[] steps = new int[type.shape().rank()];
        for (int axis = 0; axis < strides.length; axis++) {
            steps[axis + extra] = x.shape().dim(axis) == 1 ? 0 : strides[axis];
        }
        return take(type, x, 0, steps);
    }

    static Data permute(Op.Permute op, Type type, Data x) {
        int[] strides = x.shape().strides();
        return take(type, x, 0, op.order().stream().mapToInt(axis -> strides[axis]).toArray());
    }

    static Data slice(Op.Slice op, Type type, Data x) {
        int[] strides = x.shape().strides();
        int[] steps = new int[strides.length];
        int start = 0;
        for (int axis = 0; axis < strides.length; axis++) {
            start += op.start().get(axis) * strides[axis];
            steps[axis] = op.step().get(axis) * strides[axis];
        }
        return take(type, x, start, steps);
    }

    static Data flip(Op.Flip op, Data x) {
        int[] steps = x.shape().strides();
        int start = 0;
        for (int axis : op.axes()) {
            start += (x.shape().dim(axis) - 1) * steps[axis];
            steps[axis] = -steps[axis];
        }
        return take(x.type(), x, start, steps);
    }

    static Data pad(Op.Pad op, Type type, Data x, Data value) {
        Object array = type.dtype().newArray(type.shape().length());
        for (int i = 0; i < type.shape().length(); i++) {
            System.arraycopy(value.array(), 0, array, i, 1);
        }
        int[] strides = type.shape().strides();
        Grid.forEach(x.shape(), (index, position) -> {
            int target = 0;
            for (int axis = 0; axis < index.length; axis++) {
                target += (op.low().get(axis) + index[axis] * (op.inner().get(axis) + 1)) * strides[axis];
            }
            System.arraycopy(x.array(), position, array, target, 1);
        });
        return new Data(type, array);
    }

    static Data concat(Op.Concat op, Type type, List<Data> parts) {
        Object array = type.dtype().newArray(type.shape().length());
        int[] strides = type.shape().strides();
        int offset = 0;
        for (Data part : parts) {
            int start = offset * strides[op.axis()];
            Grid.forEach(part.shape(),
                    (index, position) -> System.arraycopy(part.array(), position, array, start + Grid.position(index, strides), 1));
            offset += part.shape().dim(op.axis());
        }
        return new Data(type, array);
    }
}
