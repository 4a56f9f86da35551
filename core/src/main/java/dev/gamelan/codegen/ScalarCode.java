package dev.gamelan.codegen;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.ConvertInstruction;
import java.lang.classfile.instruction.OperatorInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.Arrays;

/** Emits operations on single elements. Operands are on the JVM's operand stack, first operand lowest. */
final class ScalarCode {
    private static final ClassDesc MATH = ClassDesc.of("java.lang.Math");

    private ScalarCode() {
    }

    static void unary(CodeBuilder code, Unary op, ElementType type) {
        switch (op) {
            case NEG -> operator(code, type, "NEG");
            case ABS -> math(code, "abs", type, 1);
            case SQRT -> sqrt(code, type);
        }
    }

    static void binary(CodeBuilder code, Binary op, ElementType type) {
        switch (op) {
            case ADD, SUB, MUL, DIV, AND, OR, XOR -> operator(code, type, op.name());
            case MIN -> math(code, "min", type, 2);
            case MAX -> math(code, "max", type, 2);
            case SHL, SHR, USHR -> {
                if (type == ElementType.LONG) {
                    code.l2i();
                }
                operator(code, type, op.name());
            }
        }
    }

    static void fma(CodeBuilder code, ElementType type) {
        math(code, "fma", type, 3);
    }

    /** Leaves 1 or 0. */
    static void compare(CodeBuilder code, Comparison op, ElementType type) {
        Label yes = code.newLabel();
        Label end = code.newLabel();
        code.branch(compareToBranch(code, op, type), yes);
        code.iconst_0().goto_(end).labelBinding(yes).iconst_1().labelBinding(end);
    }

    static void convert(CodeBuilder code, ElementType from, ElementType to) {
        if (from != to) {
            code.with(ConvertInstruction.of(from.kind(), to.kind()));
        }
    }

    static void reinterpret(CodeBuilder code, ElementType from, ElementType to) {
        ClassDesc owner = ClassDesc.of("java.lang", from.bits() == 32 ? "Float" : "Double");
        String name = switch (to) {
            case FLOAT -> "intBitsToFloat";
            case DOUBLE -> "longBitsToDouble";
            case INT -> "floatToRawIntBits";
            case LONG -> "doubleToRawLongBits";
        };
        code.invokestatic(owner, name, MethodTypeDesc.of(to.scalarClass(), from.scalarClass()));
    }

    static void constant(CodeBuilder code, ElementType type, double value) {
        switch (type) {
            case FLOAT -> code.loadConstant((float) value);
            case DOUBLE -> code.loadConstant(value);
            case INT -> code.loadConstant((int) value);
            case LONG -> code.loadConstant((long) value);
        }
    }

    /** Reduces the compared operands to one int where needed, and names the branch taken where {@code op} holds. */
    static Opcode compareToBranch(CodeBuilder code, Comparison op, ElementType type) {
        if (type == ElementType.INT) {
            return Opcode.valueOf("IF_ICMP" + op);
        }
        if (type == ElementType.LONG) {
            code.lcmp();
        } else {
            // The variant whose result for NaN makes the branch not taken (NE: taken).
            boolean greaterOnNan = op == Comparison.LT || op == Comparison.LE;
            code.with(OperatorInstruction.of(Opcode.valueOf(type.letter() + (greaterOnNan ? "CMPG" : "CMPL"))));
        }
        return Opcode.valueOf("IF" + op);
    }

    private static void operator(CodeBuilder code, ElementType type, String name) {
        code.with(OperatorInstruction.of(Opcode.valueOf(type.letter() + name)));
    }

    private static void sqrt(CodeBuilder code, ElementType type) {
        convert(code, type, ElementType.DOUBLE);
        math(code, "sqrt", ElementType.DOUBLE, 1);
        convert(code, ElementType.DOUBLE, type);
    }

    private static void math(CodeBuilder code, String name, ElementType type, int arity) {
        ClassDesc[] parameters = new ClassDesc[arity];
        Arrays.fill(parameters, type.scalarClass());
        code.invokestatic(MATH, name, MethodTypeDesc.of(type.scalarClass(), parameters));
    }

    static void select(CodeBuilder code, Runnable pushTrue, Runnable pushFalse) {
        Label otherwise = code.newLabel();
        Label end = code.newLabel();
        code.ifeq(otherwise);
        pushTrue.run();
        code.goto_(end).labelBinding(otherwise);
        pushFalse.run();
        code.labelBinding(end);
    }

    /** Turns 1 into 0 and 0 into 1. */
    static void not(CodeBuilder code) {
        code.iconst_1().ixor();
    }

    static ClassDesc flags() {
        return ConstantDescs.CD_boolean.arrayType();
    }
}
