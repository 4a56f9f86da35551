package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Sequences and optional values. Their structure is known while a program is made; positions have to be. */
final class Sequences {

    private Sequences() {}

    static void register(Registry r) {
        r.op("SequenceConstruct", c -> Call.one(Value.of(c.values())));
        r.op("SequenceEmpty", _ -> Call.one(Value.of(List.of())));
        r.op("SequenceLength", c -> Call.one(Control.number(c.sequence(0).values().size()).with(Knowledge.SHAPES)));
        r.op("SequenceAt", c -> Call.one(c.sequence(0).values().get(position(c, 1, 0))));
        r.op("SequenceInsert", Sequences::insert).op("SequenceErase", Sequences::erase);
        r.op("ConcatFromSequence", Sequences::concat).op("SplitToSequence", Sequences::split);
        r.op("SequenceMap", Sequences::map);
        r.op("Optional", c -> Call.one(Value.of(c.has(0) ? Optional.of(c.value(0)) : Optional.empty())));
        r.op("OptionalHasElement", c -> Call.one(Control.bool(c.has(0) && !isNothing(c.value(0))).with(Knowledge.SHAPES)));
        r.op("OptionalGetElement", Sequences::element);
    }

    private static boolean isNothing(Value value) {
        return value instanceof Value.Maybe maybe && maybe.value().isEmpty();
    }

    private static List<Value> element(Call c) {
        if (isNothing(c.value(0))) {
            throw new dev.gamelan.shape.FormatException("an optional value is not there\n  expected  a value\n  received  nothing");
        }
        return Call.one(c.value(0) instanceof Value.Maybe maybe ? maybe.value().orElseThrow() : c.value(0));
    }

    /** @param spare how many positions there are beyond the elements */
    private static int position(Call c, int input, int spare) {
        int size = c.sequence(0).values().size();
        int position = c.integer(input);
        int at = position < 0 ? position + size : position;
        if (at < 0 || at >= size + spare) {
            throw ShapeException.of("a position outside of the sequence", "from " + -size + " to " + (size - 1 + spare), "" + position);
        }
        return at;
    }

    private static List<Value> insert(Call c) {
        List<Value> values = new ArrayList<>(c.sequence(0).values());
        values.add(c.has(2) ? position(c, 2, 1) : values.size(), c.value(1));
        return Call.one(Value.of(values));
    }

    private static List<Value> erase(Call c) {
        List<Value> values = new ArrayList<>(c.sequence(0).values());
        values.remove(c.has(1) ? position(c, 1, 0) : values.size() - 1);
        return Call.one(Value.of(values));
    }

    private static List<Value> concat(Call c) {
        boolean stack = c.flag("new_axis", false);
        int axis = c.attribute("axis", 0);
        return Moves.all(c.sequence(0).values(), parts -> List.of(stack ? Tensors.stack(axis, parts) : Tensors.concat(axis, parts)));
    }

    private static List<Value> split(Call c) {
        Shape shape = Layouts.shapeOf(c.value(0));
        int axis = shape.axis(c.attribute("axis", 0));
        int extent = shape.dim(axis);
        int[] extents;
        if (!c.has(1)) {
            extents = Parts.equalParts(extent, extent);
        } else if (c.tensor(1).rank() == 0) {
            int each = c.integer(1);
            extents = new int[Math.ceilDiv(extent, each)];
            for (int i = 0; i < extents.length; i++) {
                extents[i] = Math.min(each, extent - i * each);
            }
        } else {
            extents = c.ints(1);
        }
        boolean squeeze = !c.has(1) && !c.flag("keepdims", true);
        return Call.one(Value.of(Moves.all(List.of(c.value(0)), parts -> parts.getFirst().split(axis, extents).stream()
                .map(part -> squeeze ? part.squeeze(axis) : part).toList())));
    }

    /** A body for each element of the first sequence; other sequences give theirs, tensors are the same each time. */
    private static List<Value> map(Call c) {
        Body body = c.body("body");
        int length = c.sequence(0).values().size();
        List<List<Value>> results = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            List<Value> inputs = new ArrayList<>();
            for (Value value : c.values()) {
                inputs.add(value instanceof Value.Sequence sequence ? sequence.values().get(i) : value);
            }
            results.add(body.apply(inputs));
        }
        List<Value> sequences = new ArrayList<>();
        for (int k = 0; k < c.outputs(); k++) {
            int output = k;
            sequences.add(Value.of(results.stream().map(each -> each.get(output)).toList()));
        }
        return sequences;
    }
}
