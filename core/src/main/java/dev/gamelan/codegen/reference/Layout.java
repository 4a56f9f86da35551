package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import java.util.List;

/** Moving elements without looking at them: every bit stays as it is. */
final class Layout {

    private Layout() {}

    private interface Source {
        /** Where an element of the result lies in the operand. */
        int position(int[] index);
    }

    private static Data take(Type type, Data x, Source source) {
        Object array = type.dtype().newArray(type.shape().length());
        Grid.forEach(type.shape(), (index, position) -> System.arraycopy(x.array(), source.position(index), array, position, 1));
        return new Data(type, array);
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
        return take(type, x, index -> {
            int position = 0;
            for (int axis = 0; axis < strides.length; axis++) {
                position += x.shape().dim(axis) == 1 ? 0 : index[axis + extra] * strides[axis];
            }
            return position;
        });
    }

    static Data permute(Op.Permute op, Type type, Data x) {
        int[] strides = x.shape().strides();
        return take(type, x, index -> {
            int position = 0;
            for (int axis = 0; axis < index.length; axis++) {
                position += index[axis] * strides[op.order().get(axis)];
            }
            return position;
        });
    }

    static Data slice(Op.Slice op, Type type, Data x) {
        int[] strides = x.shape().strides();
        return take(type, x, index -> {
            int position = 0;
            for (int axis = 0; axis < index.length; axis++) {
                position += (op.start().get(axis) + index[axis] * op.step().get(axis)) * strides[axis];
            }
            return position;
        });
    }

    static Data flip(Op.Flip op, Data x) {
        int[] strides = x.shape().strides();
        return take(x.type(), x, index -> {
            int position = 0;
            for (int axis = 0; axis < index.length; axis++) {
                position += (op.axes().contains(axis) ? x.shape().dim(axis) - 1 - index[axis] : index[axis]) * strides[axis];
            }
            return position;
        });
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
