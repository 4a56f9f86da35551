package dev.gamelan.codegen;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/** Emits calls of the Vector API. Operands are on the JVM's operand stack, first operand lowest. */
final class VectorCode {
    static final ClassDesc MASK = vectorApi("VectorMask");
    static final ClassDesc SHUFFLE = vectorApi("VectorShuffle");
    private static final ClassDesc BYTES = vectorApi("ByteVector");
    private static final ClassDesc VECTOR = vectorApi("Vector");
    private static final ClassDesc SPECIES = vectorApi("VectorSpecies");
    private static final ClassDesc OPERATORS = vectorApi("VectorOperators");
    private static final ClassDesc FLAGS = ConstantDescs.CD_boolean.arrayType();

    private VectorCode() {
    }

    static void species(CodeBuilder code, ElementType type, Lanes lanes) {
        code.getstatic(type.vectorClass(), lanes.species(type), SPECIES);
    }

    static void operator(CodeBuilder code, String kind, String name) {
        code.getstatic(OPERATORS, name, OPERATORS.nested(kind));
    }

    static void unary(CodeBuilder code, Unary op, ElementType type) {
        operator(code, "Unary", op.name());
        call(code, type, "lanewise", type.vectorClass(), OPERATORS.nested("Unary"));
    }

    /** Expects {@code a}, then pushes the operator, then lets the caller push {@code b}. */
    static void binary(CodeBuilder code, Binary op, ElementType type, Runnable pushSecond) {
        operator(code, isAssociative(op) ? "Associative" : "Binary", operatorName(op));
        pushSecond.run();
        call(code, type, "lanewise", type.vectorClass(), OPERATORS.nested("Binary"), VECTOR);
    }

    static void shift(CodeBuilder code, Binary op, ElementType type, int distance) {
        operator(code, "Binary", operatorName(op));
        code.loadConstant(distance);
        if (type == ElementType.LONG) {
            code.i2l();
        }
        call(code, type, "lanewise", type.vectorClass(), OPERATORS.nested("Binary"), type.scalarClass());
    }

    static void fma(CodeBuilder code, ElementType type) {
        call(code, type, "fma", type.vectorClass(), VECTOR, VECTOR);
    }

    static void compare(CodeBuilder code, Comparison op, ElementType type, Runnable pushSecond) {
        operator(code, "Comparison", op.name());
        pushSecond.run();
        call(code, type, "compare", MASK, OPERATORS.nested("Comparison"), VECTOR);
    }

    /** Expects the value for false, the value for true, the mask. */
    static void blend(CodeBuilder code, ElementType type) {
        call(code, type, "blend", type.vectorClass(), VECTOR, MASK);
    }

    static void convert(CodeBuilder code, ElementType from, ElementType to, Lanes lanes) {
        operator(code, "Conversion", from.letter() + "2" + to.letter());
        species(code, to, lanes);
        code.iconst_0();
        call(code, from, "convertShape", VECTOR, OPERATORS.nested("Conversion"), SPECIES, CD_int);
        code.checkcast(to.vectorClass());
    }

    static void byteSpecies(CodeBuilder code, Lanes lanes) {
        code.getstatic(BYTES, "SPECIES_" + lanes.count() * Byte.SIZE, SPECIES);
    }

    /** Expects the species of bytes, the array, the index; pushes as many floats. */
    static void loadBytes(CodeBuilder code, Lanes lanes) {
        code.invokestatic(BYTES, "fromArray", MethodTypeDesc.of(BYTES, SPECIES, ConstantDescs.CD_byte.arrayType(), CD_int));
        operator(code, "Conversion", "B2F");
        species(code, ElementType.FLOAT, lanes);
        code.iconst_0();
        code.invokevirtual(BYTES, "convertShape", MethodTypeDesc.of(VECTOR, OPERATORS.nested("Conversion"), SPECIES, CD_int));
        code.checkcast(ElementType.FLOAT.vectorClass());
    }

    static void reinterpret(CodeBuilder code, ElementType from, ElementType to) {
        String name = switch (to) {
            case FLOAT -> "reinterpretAsFloats";
            case DOUBLE -> "reinterpretAsDoubles";
            case INT -> "reinterpretAsInts";
            case LONG -> "reinterpretAsLongs";
        };
        call(code, from, name, to.vectorClass());
    }

    /** Expects the species, then the element. */
    static void broadcast(CodeBuilder code, ElementType type) {
        code.invokestatic(type.vectorClass(), "broadcast",
                MethodTypeDesc.of(type.vectorClass(), SPECIES, type.scalarClass()));
    }

    /** Expects the species, the array, the index and, where {@code masked}, the mask. */
    static void load(CodeBuilder code, ElementType type, boolean masked) {
        ClassDesc array = type.arrayClass();
        code.invokestatic(type.vectorClass(), "fromArray", masked
                ? MethodTypeDesc.of(type.vectorClass(), SPECIES, array, CD_int, MASK)
                : MethodTypeDesc.of(type.vectorClass(), SPECIES, array, CD_int));
    }

    /** Expects the vector, the array, the index and, where {@code masked}, the mask. */
    static void store(CodeBuilder code, ElementType type, boolean masked) {
        ClassDesc array = type.arrayClass();
        if (masked) {
            call(code, type, "intoArray", CD_void, array, CD_int, MASK);
        } else {
            call(code, type, "intoArray", CD_void, array, CD_int);
        }
    }

    static void lane(CodeBuilder code, ElementType type, int lane) {
        code.loadConstant(lane);
        call(code, type, "lane", type.scalarClass(), CD_int);
    }

    /** Expects the vector; lets the caller push the element between lane number and call. */
    static void withLane(CodeBuilder code, ElementType type, int lane, Runnable pushElement) {
        code.loadConstant(lane);
        pushElement.run();
        call(code, type, "withLane", type.vectorClass(), CD_int, type.scalarClass());
    }

    /** Expects the vector and the shuffle. */
    static void rearrange(CodeBuilder code, ElementType type) {
        call(code, type, "rearrange", type.vectorClass(), SHUFFLE);
    }

    static void reduce(CodeBuilder code, Binary op, ElementType type) {
        operator(code, "Associative", operatorName(op));
        call(code, type, "reduceLanes", type.scalarClass(), OPERATORS.nested("Associative"));
    }

    static void mask(CodeBuilder code, String method, ClassDesc result, ClassDesc... parameters) {
        code.invokevirtual(MASK, method, MethodTypeDesc.of(result, parameters));
    }

    static void castMask(CodeBuilder code, ElementType to, Lanes lanes) {
        species(code, to, lanes);
        mask(code, "cast", MASK, SPECIES);
    }

    /** Expects the species, the flags and the index. */
    static void loadMask(CodeBuilder code) {
        code.invokestatic(MASK, "fromArray", MethodTypeDesc.of(MASK, SPECIES, FLAGS, CD_int));
    }

    /** Expects the species and the bits of the mask as a long, lowest lane in the lowest bit. */
    static void maskFromLong(CodeBuilder code) {
        code.invokestatic(MASK, "fromLong", MethodTypeDesc.of(MASK, SPECIES, ConstantDescs.CD_long));
    }

    /** Expects the mask, the flags and the index. */
    static void storeMask(CodeBuilder code) {
        mask(code, "intoArray", CD_void, FLAGS, CD_int);
    }

    static void call(CodeBuilder code, ElementType type, String method, ClassDesc result, ClassDesc... parameters) {
        code.invokevirtual(type.vectorClass(), method, MethodTypeDesc.of(result, parameters));
    }

    static String operatorName(Binary op) {
        return switch (op) {
            case ADD, SUB, MUL, DIV, MIN, MAX, AND, OR, XOR -> op.name();
            case SHL -> "LSHL";
            case SHR -> "ASHR";
            case USHR -> "LSHR";
        };
    }

    static boolean isAssociative(Binary op) {
        return switch (op) {
            case ADD, MUL, MIN, MAX, AND, OR, XOR -> true;
            case SUB, DIV, SHL, SHR, USHR -> false;
        };
    }

    private static ClassDesc vectorApi(String name) {
        return ClassDesc.of("jdk.incubator.vector", name);
    }
}
