package dev.gamelan.kernel;

import dev.gamelan.ir.Op;
import dev.gamelan.shape.DType;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * What a fused kernel does, without its extents: the key under which compiled code is found again. The axes are {@code (rows..., reduced...,
 * columns...)}. A map has no reduced axes; a row-wise kernel no columns, and computes values per element and per row; a column-wise kernel has both, and keeps one
 * result per row and column.
 *
 * @param form what kind of loop nest it is
 * @param rows how many axes are rows
 * @param reduced how many axes are reduced
 * @param columns how many axes are columns
 * @param operands the buffers that are read or written, in the order in which they are bound
 * @param values what is computed, operands first
 * @param stores which values are written
 */
public record LoopKernel(Form form, int rows, int reduced, int columns, List<Operand> operands, List<Value> values, List<Store> stores) {

    public LoopKernel {
        operands = List.copyOf(operands);
        values = List.copyOf(values);
        stores = List.copyOf(stores);
    }

    /** The three kinds of loop nest. */
    public enum Form {
        MAP, ROW_WISE, COLUMN_WISE
    }

    /** How the position in a buffer changes along an axis: not, by one element, or by a number given at run time. */
    public enum Stride {
        ZERO, ONE, OTHER
    }

    /** A buffer and its pattern, one stride per axis. */
    public record Operand(DType dtype, List<Stride> strides) {
        public Operand {
            strides = List.copyOf(strides);
        }
    }

    /** How often a value is computed. */
    public enum Level {
        /** Once for each row. */
        ROW,
        /** Once for each element. */
        ELEMENT,
        /** Once for each row and column: the result of a column-wise reduction. */
        RESULT
    }

    /** One step of the computation. */
    public record Value(Expr expr, DType dtype, Level level) {}

    /** How a value is computed; numbers are places in {@link #values()}. */
    public sealed interface Expr {

        /** From the operand of this number. */
        record Load(int operand) implements Expr {}

        /**
         * A number given at run time: place in the scalars; an INT64 by its bits.
         *
         * @param comparable whether it is a FLOAT32 or FLOAT64 and neither NaN nor -0: where it is the larger or smaller of two, a comparison tells
         */
        record Number(int place, boolean comparable) implements Expr {}

        /** A unary, binary, compare, select or cast operation, or a copy. */
        record Apply(Op op, List<Integer> arguments) implements Expr {
            public Apply {
                arguments = List.copyOf(arguments);
            }
        }

        /** Combines a value per element along the reduced axes. */
        record Reduction(Op.ReduceKind kind, int argument) implements Expr {}
    }

    /** Writes a value to an operand at the value's level. */
    public record Store(int value, int operand) {}

    /** The operations, such as {@code add relu}. */
    public String summary() {
        return values.stream().map(value -> switch (value.expr()) {
            case Expr.Load _, Expr.Number _ -> "";
            case Expr.Apply apply -> name(apply.op());
            case Expr.Reduction reduction -> "reduce-" + reduction.kind();
        }).filter(name -> !name.isEmpty()).map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.joining(" "));
    }

    private static String name(Op op) {
        if (op instanceof Op.Unary unary) {
            return unary.kind().name();
        } else if (op instanceof Op.Binary binary) {
            return binary.kind().name();
        } else if (op instanceof Op.Compare compare) {
            return compare.kind().name();
        }
        return op instanceof Op.Barrier ? "copy" : op.getClass().getSimpleName();
    }

    /** The number of axes. */
    public int rank() {
        return rows + reduced + columns;
    }
}
