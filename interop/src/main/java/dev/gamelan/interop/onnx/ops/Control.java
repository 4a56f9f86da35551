package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.shape.TraceException;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Branches. One whose condition is known is taken; else both become parts of the program, if they give the same shapes. */
final class Control {

    /** The tensors of a branch's results. */
    record Leaves(List<Tensor> tensors) implements Tree {}

    private Control() {}

    static void register(Registry r) {
        r.op("If", Control::branch);
    }

    private static List<Value> branch(Call c) {
        Body then = c.body("then_branch");
        Body otherwise = c.body("else_branch");
        if (!c.isKnown(0)) {
            Optional<List<Value>> both = both(c.tensor(0), then, otherwise);
            if (both.isPresent()) {
                return both.get();
            }
        }
        boolean condition = c.data(0).getLong(0) != 0;
        return dependent((condition ? then : otherwise).apply(List.of()), c.numbers(0).knowledge());
    }

    /** What a computed condition chose depends on it. */
    private static List<Value> dependent(List<Value> values, Knowledge knowledge) {
        return values.stream().map(value -> value.with(value.knowledge().and(knowledge))).toList();
    }

    /** Nothing if the branches differ in more than their values. */
    private static Optional<List<Value>> both(Tensor condition, Body then, Body otherwise) {
        List<Value> structure = new ArrayList<>();
        try {
            Leaves results = Functions.cond(condition.reshape(Shape.SCALAR), () -> leaves(then, structure),
                    () -> leaves(otherwise, structure));
            List<Value> values = new ArrayList<>();
            for (int i = 0; i < structure.size(); i++) {
                ElementType type = ((Value.Numbers) structure.get(i)).type();
                values.add(Value.of(type, results.tensors().get(i)).with(Knowledge.INPUTS));
            }
            return Optional.of(values);
        } catch (ShapeException | TraceException | NeedsValue | ClassCastException e) {
            return Optional.empty();
        }
    }

    private static Leaves leaves(Body body, List<Value> structure) {
        List<Value> results = body.apply(List.of());
        structure.clear();
        structure.addAll(results);
        return new Leaves(results.stream().map(value -> ((Value.Numbers) value).tensor()).toList());
    }

    /** A BOOL of rank 0. */
    static Value.Numbers bool(boolean value) {
        return Value.of(ElementType.BOOL, Tensor.ofBooleans(value).reshape(Shape.SCALAR));
    }

    /** An INT64 of rank 0. */
    static Value.Numbers number(long value) {
        return Value.of(ElementType.INT64, Tensor.ofLongs(value).reshape(Shape.SCALAR).cast(DType.INT64));
    }
}
