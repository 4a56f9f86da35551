package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Operators that change shapes and the order of axes. */
final class Layouts {

    private Layouts() {}

    static void register(Registry r) {
        r.op("Identity", c -> Call.one(c.value(0)));
        r.op("Shape", Layouts::shape);
        r.op("Size", c -> Call.one(known(Tensor.ofLongs(shapeOf(c.value(0)).size()).reshape(Shape.SCALAR))));
        r.op("Reshape", 1, c -> reshape(c, c.attributeInts("shape").orElse(new int[0])));
        r.op("Reshape", 5, c -> reshape(c, c.ints(1)));
        r.op("Flatten", Layouts::flatten);
        r.op("Transpose", Layouts::transpose);
        r.op("Squeeze", Layouts::squeeze).op("Unsqueeze", Layouts::unsqueeze);
        r.op("Expand", c -> Moves.first(c, x -> x.broadcastTo(Shape.broadcast(x.shape(), c.shape(1)))));
        r.op("Tile", 1, Layouts::tileAxis).op("Tile", 6, c -> Moves.first(c, x -> x.tile(c.ints(1))));
        r.op("DepthToSpace", c -> Moves.first(c, x -> depthToSpace(c, x)));
        r.op("SpaceToDepth", c -> Moves.first(c, x -> spaceToDepth(c, x)));
        r.op("Trilu", c -> Moves.first(c, x -> trilu(c, x)));
        r.op("ReverseSequence", Layouts::reverseSequence);
    }

    /** A value that depends on shapes alone. */
    static Value known(Tensor longs) {
        return Value.of(ElementType.INT64, longs).with(Knowledge.SHAPES);
    }

    static Shape shapeOf(Value value) {
        return switch (value) {
            case Value.Text text -> text.shape();
            case Value.Numbers _, Value.Maybe _, Value.Sequence _, Value.Dictionary _ -> Call.numbers(value).tensor().shape();
        };
    }

    private static List<Value> shape(Call c) {
        Shape shape = shapeOf(c.value(0));
        int rank = shape.rank();
        int start = Math.clamp(c.attribute("start", 0) < 0 ? c.attribute("start", 0) + rank : c.attribute("start", 0), 0, rank);
        int wanted = c.attribute("end", rank);
        int end = Math.clamp(wanted < 0 ? wanted + rank : wanted, start, Math.max(start, rank));
        long[] dims = IntStream.range(start, end).mapToLong(shape::dim).toArray();
        return Call.one(known(Tensor.of(Data.of(DType.INT64, Shape.of(dims.length), dims))));
    }

    private static List<Value> reshape(Call c, int[] wanted) {
        Shape old = shapeOf(c.value(0));
        int[] dims = wanted.clone();
        long known = 1;
        int open = -1;
        for (int i = 0; i < dims.length; i++) {
            if (dims[i] == 0 && !c.flag("allowzero", false)) {
                if (i >= old.rank()) {
                    throw ShapeException.of("reshape: 0 copies an extent that is not there", "at most " + old.rank() + " axes",
                            Arrays.toString(wanted));
                }
                dims[i] = old.dim(i);
            }
            if (dims[i] == -1 && open < 0) {
                open = i;
            } else {
                known *= dims[i];
            }
        }
        if (open >= 0) {
            dims[open] = known == 0 ? 0 : (int) (old.size() / known);
        }
        return Moves.first(c, x -> x.reshape(Shape.of(dims)));
    }

    private static List<Value> flatten(Call c) {
        Shape shape = shapeOf(c.value(0));
        int axis = c.attribute("axis", 1);
        int at = axis < 0 ? axis + shape.rank() : axis;
        if (at < 0 || at > shape.rank()) {
            throw ShapeException.of("there is no such axis", "from " + -shape.rank() + " to " + shape.rank(), "axis " + axis);
        }
        Shape matrix = Shape.of(shape.slice(0, at).length(), shape.slice(at, shape.rank()).length());
        return Moves.first(c, x -> x.reshape(matrix));
    }

    private static List<Value> transpose(Call c) {
        return Moves.first(c, x -> Grid.permute(x, c.attributeInts("perm")
                .orElseGet(() -> IntStream.range(0, x.rank()).map(i -> x.rank() - 1 - i).toArray())));
    }

    private static List<Value> squeeze(Call c) {
        Shape shape = shapeOf(c.value(0));
        int[] axes = c.intsFrom("axes", 1, 13)
                .orElseGet(() -> IntStream.range(0, shape.rank()).filter(i -> shape.dim(i) == 1).toArray());
        boolean[] gone = new boolean[shape.rank()];
        for (int axis : axes) {
            int at = shape.axis(axis);
            if (shape.dim(at) != 1) {
                throw ShapeException.of("squeeze: the axis has more than one element", "an extent of 1", "axis " + axis + " of " + shape);
            }
            gone[at] = true;
        }
        Shape result = Shape.of(IntStream.range(0, shape.rank()).filter(i -> !gone[i]).map(shape::dim).toArray());
        return Moves.first(c, x -> x.reshape(result));
    }

    private static List<Value> unsqueeze(Call c) {
        Shape shape = shapeOf(c.value(0));
        int[] axes = c.intsFrom("axes", 1, 13).orElse(new int[0]);
        int rank = shape.rank() + axes.length;
        boolean[] added = new boolean[rank];
        for (int axis : axes) {
            int at = axis < 0 ? axis + rank : axis;
            if (at < 0 || at >= rank || added[at]) {
                throw ShapeException.of("unsqueeze: wrong axes", "different axes from " + -rank + " to " + (rank - 1),
                        Arrays.toString(axes));
            }
            added[at] = true;
        }
        int[] dims = new int[rank];
        int from = 0;
        for (int i = 0; i < rank; i++) {
            dims[i] = added[i] ? 1 : shape.dim(from++);
        }
        return Moves.first(c, x -> x.reshape(dims));
    }

    private static List<Value> tileAxis(Call c) {
        return Moves.first(c, x -> {
            int[] counts = new int[x.rank()];
            Arrays.fill(counts, 1);
            counts[x.shape().axis(c.integer(2))] = c.integer(1);
            return x.tile(counts);
        });
    }

    /** (N, C, H, W) -> (N, C / b^2, H b, W b). */
    private static Tensor depthToSpace(Call c, Tensor x) {
        int block = c.attribute("blocksize", 1);
        int depth = x.dim(1) / (block * block);
        boolean rowsFirst = c.attribute("mode", "DCR").equals("DCR");
        Tensor apart = rowsFirst ? x.reshape(x.dim(0), block, block, depth, x.dim(2), x.dim(3)).permute(0, 3, 4, 1, 5, 2)
                : x.reshape(x.dim(0), depth, block, block, x.dim(2), x.dim(3)).permute(0, 1, 4, 2, 5, 3);
        return apart.reshape(x.dim(0), depth, x.dim(2) * block, x.dim(3) * block);
    }

    private static Tensor spaceToDepth(Call c, Tensor x) {
        int block = c.attribute("blocksize", 1);
        Tensor apart = x.reshape(x.dim(0), x.dim(1), x.dim(2) / block, block, x.dim(3) / block, block);
        boolean blockFirst = c.attribute("mode", "DCR").equals("DCR");
        apart = blockFirst ? apart.permute(0, 3, 5, 1, 2, 4) : apart.permute(0, 1, 3, 5, 2, 4);
        return apart.reshape(x.dim(0), x.dim(1) * block * block, x.dim(2) / block, x.dim(3) / block);
    }

    private static Tensor trilu(Call c, Tensor x) {
        int most = x.dim(-1) + x.dim(-2);
        int diagonal = c.has(1) ? Math.clamp(c.longs(1)[0], -most, most) : 0;
        Tensor numbers = x.dtype() == DType.BOOL ? x.cast(DType.UINT8) : x;
        return (c.flag("upper", true) ? numbers.triu(diagonal) : numbers.tril(diagonal)).cast(x.dtype());
    }

    /** The first elements of each sequence in reverse order. */
    private static List<Value> reverseSequence(Call c) {
        int time = c.attribute("time_axis", 0);
        int batch = c.attribute("batch_axis", 1);
        return Moves.first(c, x -> {
            Tensor lengths = Grid.along(c.tensor(1).cast(DType.INT32), batch, x.rank());
            Tensor place = Grid.places(x.shape(), time);
            return x.takeAlong(time, lengths.sub(1).sub(place).where(place.less(lengths), place));
        });
    }
}
