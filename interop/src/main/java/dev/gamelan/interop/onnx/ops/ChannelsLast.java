package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Keeps the channels last from one convolution to the next. A convolution gives a permutation of what it computes; an
 * operator to which the order of axes does not matter works on what lies below the permutation, and permutes its own
 * result instead. So permutations go down the graph until the next convolution undoes them, also past sums that several
 * nodes read.
 */
final class ChannelsLast {

    private ChannelsLast() {}

    /** Whether this is the channels-first view of a tensor with channels last. */
    static boolean isView(Tensor x) {
        return x.rank() > 2 && x.node().op() instanceof Op.Permute permute
                && Arrays.equals(permute.order().stream().mapToInt(Integer::intValue).toArray(), Grid.channelsFirst(x.rank()));
    }

    /** What lies below a view. */
    static Tensor below(Tensor view) {
        return Tensor.of(view.node().operand(0));
    }

    /** Where an axis of a channels-first tensor is in one with channels last. */
    static int axis(int axis, int rank) {
        return axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1;
    }

    /** A function along one axis. */
    static Tensor along(Tensor x, int axis, Along function) {
        if (!isView(x)) {
            return function.apply(x, axis);
        }
        return Grid.toFirst(function.apply(below(x), axis(x.shape().axis(axis), x.rank())));
    }

    /** Gives a tensor of the same rank. */
    interface Along {
        Tensor apply(Tensor x, int axis);
    }

    /** A function that keeps the rank, of a tensor and of axes. */
    static Tensor over(Tensor x, int[] axes, Over function) {
        if (!isView(x)) {
            return function.apply(x, axes);
        }
        return Grid.toFirst(function.apply(below(x), Arrays.stream(axes).map(axis -> axis(x.shape().axis(axis), x.rank())).toArray()));
    }

    /** Gives a tensor of the same rank. */
    interface Over {
        Tensor apply(Tensor x, int[] axes);
    }

    /** A function of single elements. */
    static Tensor pointwise(Tensor x, UnaryOperator<Tensor> function) {
        return isView(x) ? Grid.toFirst(function.apply(below(x))) : function.apply(x);
    }

    /** An operator whose operands broadcast, and whose results have the shape to which they do. */
    static Operator broadcasting(Operator operator) {
        return call -> {
            Optional<Call> turned = turned(call);
            return turned.isEmpty() ? operator.apply(call)
                    : operator.apply(turned.get()).stream().map(ChannelsLast::first).toList();
        };
    }

    private static Value first(Value value) {
        Value.Numbers numbers = Call.numbers(value);
        return numbers.with(Grid.toFirst(numbers.tensor()));
    }

    /** With the channels last, if that is how most of the elements lie. */
    private static Optional<Call> turned(Call call) {
        int rank = 0;
        long last = 0;
        long other = 0;
        for (int i = 0; i < call.inputs(); i++) {
            if (call.has(i) && !(call.value(i) instanceof Value.Numbers)) {
                return Optional.empty();
            }
            rank = call.has(i) ? Math.max(rank, call.tensor(i).rank()) : rank;
        }
        for (int i = 0; i < call.inputs(); i++) {
            if (call.has(i) && call.tensor(i).rank() == rank) {
                boolean view = isView(call.tensor(i));
                last += view ? call.tensor(i).size() : 0;
                other += view ? 0 : call.tensor(i).size();
            }
        }
        return last == 0 || other > last ? Optional.empty() : Optional.of(turned(call, rank));
    }

    private static Call turned(Call call, int rank) {
        List<Optional<Value>> inputs = new ArrayList<>();
        for (int i = 0; i < call.inputs(); i++) {
            inputs.add(call.has(i) ? Optional.of(call.numbers(i).with(turned(call.tensor(i), rank))) : Optional.empty());
        }
        return call.with(inputs);
    }

    private static Tensor turned(Tensor x, int rank) {
        if (x.rank() == 0) {
            return x;
        }
        Tensor full = x;
        if (x.rank() < rank) {
            int[] dims = new int[rank];
            Arrays.fill(dims, 1);
            System.arraycopy(x.shape().dims(), 0, dims, rank - x.rank(), x.rank());
            full = x.reshape(Shape.of(dims));
        }
        return Grid.toLast(full);
    }
}
