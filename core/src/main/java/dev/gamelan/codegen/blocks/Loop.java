package dev.gamelan.codegen.blocks;

import dev.gamelan.ir.Op;
import java.util.Optional;

/** One operation on a block of elements. */
@FunctionalInterface
interface Loop {

    /**
     * @param a, b, c arrays of the operands, from their start; those that the operation lacks are not looked at
     * @param n elements
     */
    void run(Object a, Object b, Object c, Object out, int n);

    /** An operation of FLOAT32, or of a condition and FLOAT32; nothing for those that have no loop. */
    static Optional<Loop> ofFloats(Op op) {
        return Optional.ofNullable(switch (op) {
            case Op.Unary(Op.UnaryKind kind) -> switch (kind) {
                case NEG -> (a, b, c, out, n) -> FloatLoops.negate((float[]) a, (float[]) out, n);
                case ABS -> (a, b, c, out, n) -> FloatLoops.absolute((float[]) a, (float[]) out, n);
                case SQRT -> (a, b, c, out, n) -> FloatLoops.squareRoot((float[]) a, (float[]) out, n);
                case LOG -> (a, b, c, out, n) -> FloatLoops.logarithm((float[]) a, (float[]) out, n);
                default -> null;
            };
            case Op.Binary(Op.BinaryKind kind) -> switch (kind) {
                case ADD -> (a, b, c, out, n) -> FloatLoops.add((float[]) a, (float[]) b, (float[]) out, n);
                case SUB -> (a, b, c, out, n) -> FloatLoops.subtract((float[]) a, (float[]) b, (float[]) out, n);
                case MUL -> (a, b, c, out, n) -> FloatLoops.multiply((float[]) a, (float[]) b, (float[]) out, n);
                case DIV -> (a, b, c, out, n) -> FloatLoops.divide((float[]) a, (float[]) b, (float[]) out, n);
                case MAX -> (a, b, c, out, n) -> FloatLoops.maximum((float[]) a, (float[]) b, (float[]) out, n);
                case MIN -> (a, b, c, out, n) -> FloatLoops.minimum((float[]) a, (float[]) b, (float[]) out, n);
                default -> null;
            };
            case Op.Compare(Op.CompareKind kind) -> switch (kind) {
                case LT -> (a, b, c, out, n) -> FloatLoops.less((float[]) a, (float[]) b, (boolean[]) out, n);
                case GT -> (a, b, c, out, n) -> FloatLoops.less((float[]) b, (float[]) a, (boolean[]) out, n);
                case LE -> (a, b, c, out, n) -> FloatLoops.lessOrEqual((float[]) a, (float[]) b, (boolean[]) out, n);
                case GE -> (a, b, c, out, n) -> FloatLoops.lessOrEqual((float[]) b, (float[]) a, (boolean[]) out, n);
                case EQ -> (a, b, c, out, n) -> FloatLoops.equal((float[]) a, (float[]) b, (boolean[]) out, n);
                case NE -> null;
            };
            case Op.Select() -> (a, b, c, out, n) -> FloatLoops.select((boolean[]) a, (float[]) b, (float[]) c, (float[]) out, n);
            default -> null;
        });
    }

    /** As {@link #ofFloats}, where the second operand is one number. */
    static Optional<Loop> ofFloatsAndNumber(Op op) {
        return Optional.ofNullable(switch (op) {
            case Op.Binary(Op.BinaryKind kind) -> switch (kind) {
                case ADD -> (a, b, c, out, n) -> FloatLoops.add((float[]) a, ((float[]) b)[0], (float[]) out, n);
                case MUL -> (a, b, c, out, n) -> FloatLoops.multiply((float[]) a, ((float[]) b)[0], (float[]) out, n);
                default -> null;
            };
            default -> null;
        });
    }

    /** As {@link #ofFloats}, where the first operand is one number. */
    static Optional<Loop> ofNumberAndFloats(Op op) {
        return Optional.ofNullable(switch (op) {
            case Op.Binary(Op.BinaryKind kind) -> switch (kind) {
                case SUB -> (a, b, c, out, n) -> FloatLoops.subtract(((float[]) a)[0], (float[]) b, (float[]) out, n);
                default -> null;
            };
            default -> null;
        });
    }

    /** An operation of INT32, or of a condition and INT32; nothing for those that have no loop. */
    static Optional<Loop> ofInts(Op op) {
        return Optional.ofNullable(switch (op) {
            case Op.Binary(Op.BinaryKind kind) -> switch (kind) {
                case ADD -> (a, b, c, out, n) -> IntLoops.add((int[]) a, (int[]) b, (int[]) out, n);
                case SUB -> (a, b, c, out, n) -> IntLoops.subtract((int[]) a, (int[]) b, (int[]) out, n);
                case MUL -> (a, b, c, out, n) -> IntLoops.multiply((int[]) a, (int[]) b, (int[]) out, n);
                case AND -> (a, b, c, out, n) -> IntLoops.and((int[]) a, (int[]) b, (int[]) out, n);
                case OR -> (a, b, c, out, n) -> IntLoops.or((int[]) a, (int[]) b, (int[]) out, n);
                case XOR -> (a, b, c, out, n) -> IntLoops.xor((int[]) a, (int[]) b, (int[]) out, n);
                case SHL -> (a, b, c, out, n) -> IntLoops.shiftLeft((int[]) a, (int[]) b, (int[]) out, n);
                case SHR -> (a, b, c, out, n) -> IntLoops.shiftRight((int[]) a, (int[]) b, (int[]) out, n);
                case USHR -> (a, b, c, out, n) -> IntLoops.shiftRightUnsigned((int[]) a, (int[]) b, (int[]) out, n);
                default -> null;
            };
            case Op.Compare(Op.CompareKind kind) -> switch (kind) {
                case LT -> (a, b, c, out, n) -> IntLoops.less((int[]) a, (int[]) b, (boolean[]) out, n);
                case GT -> (a, b, c, out, n) -> IntLoops.less((int[]) b, (int[]) a, (boolean[]) out, n);
                case LE -> (a, b, c, out, n) -> IntLoops.lessOrEqual((int[]) a, (int[]) b, (boolean[]) out, n);
                case GE -> (a, b, c, out, n) -> IntLoops.lessOrEqual((int[]) b, (int[]) a, (boolean[]) out, n);
                case EQ -> (a, b, c, out, n) -> IntLoops.equal((int[]) a, (int[]) b, (boolean[]) out, n);
                case NE -> null;
            };
            case Op.Select() -> (a, b, c, out, n) -> IntLoops.select((boolean[]) a, (int[]) b, (int[]) c, (int[]) out, n);
            default -> null;
        });
    }

    /** INT32 to FLOAT32. */
    static Loop toFloats() {
        return (a, b, c, out, n) -> FloatLoops.fromInts((int[]) a, (float[]) out, n);
    }
}
