package dev.gamelan.codegen.blocks;

import dev.gamelan.ir.Op;
import java.util.Optional;

/** One operation on a block of elements. */
@FunctionalInterface
public interface Loop {

    /**
     * Computes elements {@code from} to {@code to - 1}.
     *
     * @param a, b, c arrays of the operands; those that the operation lacks may be scratch of the type of the first
     */
    void run(Object a, Object b, Object c, Object out, int from, int to);

    /** An operation of FLOAT32, or of a condition and FLOAT32; nothing for those that have no loop. */
    static Optional<Loop> ofFloats(Op op) {
        return Optional.ofNullable(switch (op) {
            case Op.Unary(Op.UnaryKind kind) -> switch (kind) {
                case NEG -> FloatOp.NEG;
                case ABS -> FloatOp.ABS;
                case SQRT -> FloatOp.SQRT;
                case LOG ->
                        (a, b, c, out, from, to) -> FloatLoops.logarithm((float[]) a, (float[]) b, (float[]) c, (float[]) out, from, to);
                default -> null;
            };
            case Op.Binary(Op.BinaryKind kind) -> switch (kind) {
                case ADD -> FloatOp.ADD;
                case SUB -> FloatOp.SUB;
                case MUL -> FloatOp.MUL;
                case DIV -> FloatOp.DIV;
                case MAX -> FloatOp.MAX;
                case MIN -> FloatOp.MIN;
                default -> null;
            };
            case Op.Compare(Op.CompareKind kind) -> switch (kind) {
                case LT -> FloatOp.LT;
                case GT -> (a, b, c, out, from, to) -> FloatOp.LT.run(b, a, c, out, from, to);
                case LE -> FloatOp.LE;
                case GE -> (a, b, c, out, from, to) -> FloatOp.LE.run(b, a, c, out, from, to);
                case EQ -> FloatOp.EQ;
                case NE -> null;
            };
            case Op.Select() -> FloatOp.SELECT;
            default -> null;
        });
    }

    /** As {@link #ofFloats}, where the second operand is one number. */
    static Optional<Loop> ofFloatsAndNumber(Op op) {
        return Optional.ofNullable(switch (op) {
            case Op.Binary(Op.BinaryKind kind) -> switch (kind) {
                case ADD -> FloatOp.ADD_NUMBER;
                case MUL -> FloatOp.MUL_NUMBER;
                default -> null;
            };
            default -> null;
        });
    }

    /** As {@link #ofFloats}, where the first operand is one number. */
    static Optional<Loop> ofNumberAndFloats(Op op) {
        return Optional.ofNullable(switch (op) {
            case Op.Binary(Op.BinaryKind kind) -> switch (kind) {
                case SUB -> FloatOp.NUMBER_SUB;
                default -> null;
            };
            default -> null;
        });
    }

    /** An operation of INT32, or of a condition and INT32; nothing for those that have no loop. */
    static Optional<Loop> ofInts(Op op) {
        return Optional.ofNullable(switch (op) {
            case Op.Binary(Op.BinaryKind kind) -> switch (kind) {
                case ADD -> IntOp.ADD;
                case SUB -> IntOp.SUB;
                case MUL -> IntOp.MUL;
                case AND -> IntOp.AND;
                case OR -> IntOp.OR;
                case XOR -> IntOp.XOR;
                case SHL -> IntOp.SHL;
                case SHR -> IntOp.SHR;
                case USHR -> IntOp.USHR;
                default -> null;
            };
            case Op.Compare(Op.CompareKind kind) -> switch (kind) {
                case LT -> IntOp.LT;
                case GT -> (a, b, c, out, from, to) -> IntOp.LT.run(b, a, c, out, from, to);
                case LE -> IntOp.LE;
                case GE -> (a, b, c, out, from, to) -> IntOp.LE.run(b, a, c, out, from, to);
                case EQ -> IntOp.EQ;
                case NE -> null;
            };
            case Op.Select() -> IntOp.SELECT;
            default -> null;
        });
    }

    /** INT32 to FLOAT32. */
    static Loop toFloats() {
        return FloatOp.OF_INT;
    }
}
