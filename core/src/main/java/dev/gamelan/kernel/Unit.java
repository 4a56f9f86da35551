package dev.gamelan.kernel;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * What runs in one piece: fused nodes that share a frame, a group with a step of its own, or one other node. The frame's axes are rows, then what is reduced,
 * then columns: {@code (rows..., reduced..., columns...)}.
 *
 * <ul>
 * <li>a map: no reduced axes, everything has the frame's shape;
 * <li>row-wise: no columns behind the reduced axes; values may be one per element or one per row, and results of
 * reductions are used within the row (softmax, layer norm);
 * <li>column-wise: columns behind the reduced axes; results leave the unit.
 * </ul>
 */
final class Unit {

    final int id;
    final List<Node> nodes = new ArrayList<>();
    final BitSet ancestors = new BitSet();
    /** Whether kernels are generated for it; else it is one opaque node, or a group of nodes with a step of its own. */
    final boolean fused;
    /** What computes a group. */
    final Optional<Step> step;
    Shape frame;
    int rowRank;
    int reducedRank;
    int cost;

    private Unit(int id, boolean fused, Shape frame, Optional<Step> step) {
        this.id = id;
        this.fused = fused;
        this.step = step;
        this.frame = frame;
        this.rowRank = frame.rank();
    }

    static Unit opaque(int id, Node node) {
        Unit unit = new Unit(id, false, Shape.SCALAR, Optional.empty());
        unit.nodes.add(node);
        return unit;
    }

    static Unit group(int id, Step step) {
        return new Unit(id, false, Shape.SCALAR, Optional.of(step));
    }

    static Unit map(int id, Shape frame) {
        return new Unit(id, true, frame, Optional.empty());
    }

    boolean isMap() {
        return fused && reducedRank == 0;
    }

    boolean isRowWise() {
        return fused && reducedRank > 0 && rowRank + reducedRank == frame.rank();
    }

    boolean isColumnWise() {
        return fused && reducedRank > 0 && rowRank + reducedRank < frame.rank();
    }

    Shape rows() {
        return frame.slice(0, rowRank);
    }

    /** The shape of this unit's reductions. */
    Shape results() {
        return rows().concat(frame.slice(rowRank + reducedRank, frame.rank()));
    }

    /** Whether reductions over these axes of the frame fit. */
    boolean reduces(Shape operand, Op.Reduce reduce) {
        return fused && operand.equals(frame)
                && (isMap() || rowRank == reduce.axes().getFirst() && reducedRank == reduce.axes().size());
    }

    void become(Op.Reduce reduce) {
        rowRank = reduce.axes().getFirst();
        reducedRank = reduce.axes().size();
    }

    /** Whether a value of this shape is one per element of the frame. */
    boolean isFull(Shape shape) {
        return shape.equals(frame);
    }

    /** Whether a value of this shape is one per row. */
    boolean isRow(Shape shape) {
        return isRowWise() && shape.equals(rows());
    }
}
