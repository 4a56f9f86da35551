package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Tensors as text, in the manner of NumPy. */
final class Printing {

    private static final int SUMMARIZED_ABOVE = 1000;
    private static final int EDGE = 3;
    private static final int LINE = 75;

    private final Data data;
    private final int[] strides;
    private final boolean summarized;
    private final List<String> cells = new ArrayList<>();
    private int width;
    private int next;

    private Printing(Data data) {
        this.data = data;
        this.strides = data.shape().strides();
        this.summarized = data.length() > SUMMARIZED_ABOVE;
    }

    static String print(Tensor x) {
        if (!Evaluator.isKnown(x.node()) && LazyProgram.isTraced(x.node())) {
            return x.node().type().toString();
        }
        return new Printing(x.data()).text();
    }

    private String text() {
        String suffix = data.dtype() == DType.FLOAT32 ? "" : " " + data.dtype();
        if (data.length() == 0) {
            return "[]" + (data.shape().rank() == 1 ? "" : " " + data.shape()) + suffix;
        }
        List<Integer> shown = new ArrayList<>();
        collect(0, 0, shown);
        cells.addAll(format(shown));
        width = cells.stream().mapToInt(String::length).max().orElse(0);
        StringBuilder out = new StringBuilder();
        append(0, out);
        return out + suffix;
    }

    /** The indices along an axis that are shown; -1 stands for those left out. */
    private int[] shown(int axis) {
        int extent = data.shape().dim(axis);
        if (!summarized || extent <= 2 * EDGE) {
            return IntStream.range(0, extent).toArray();
        }
        return IntStream.concat(IntStream.concat(IntStream.range(0, EDGE), IntStream.of(-1)),
                IntStream.range(extent - EDGE, extent)).toArray();
    }

    private void collect(int axis, int offset, List<Integer> places) {
        if (axis == data.shape().rank()) {
            places.add(offset);
            return;
        }
        for (int i : shown(axis)) {
            if (i >= 0) {
                collect(axis + 1, offset + i * strides[axis], places);
            }
        }
    }

    private void append(int axis, StringBuilder out) {
        if (axis == data.shape().rank()) {
            String cell = cells.get(next++);
            out.append(axis == 0 ? cell.strip() : " ".repeat(width - cell.length()) + cell);
        } else if (axis == data.shape().rank() - 1) {
            appendRow(axis, out);
        } else {
            appendBlocks(axis, out);
        }
    }

    private void appendRow(int axis, StringBuilder out) {
        out.append('[');
        int column = axis + 1;
        String separator = "";
        for (int i : shown(axis)) {
            int length = i < 0 ? 3 : width;
            if (column + separator.length() + length > LINE && !separator.isEmpty()) {
                out.append('\n').append(" ".repeat(axis + 1));
                column = axis + 1;
                separator = "";
            }
            out.append(separator);
            column += separator.length() + length;
            if (i < 0) {
                out.append("...");
            } else {
                append(axis + 1, out);
            }
            separator = " ";
        }
        out.append(']');
    }

    private void appendBlocks(int axis, StringBuilder out) {
        String separator = "\n".repeat(data.shape().rank() - 1 - axis) + " ".repeat(axis + 1);
        out.append('[');
        int start = out.length();
        for (int i : shown(axis)) {
            out.append(out.length() == start ? "" : separator);
            if (i < 0) {
                out.append("...");
            } else {
                append(axis + 1, out);
            }
        }
        out.append(']');
    }

    private List<String> format(List<Integer> places) {
        if (data.dtype() == DType.BOOL) {
            return places.stream().map(i -> data.getLong(i) != 0 ? "true" : "false").toList();
        }
        if (data.dtype().isInteger()) {
            return places.stream().map(i -> Long.toString(data.getLong(i))).toList();
        }
        return Decimals.format(places.stream().map(data::getDouble).toList(), data.dtype() == DType.FLOAT64);
    }
}
