package dev.gamelan.codegen;

import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;

/** The types that emitted kernels compute in. Other element types are converted at loads and stores. */
public enum ElementType {
    FLOAT(32, TypeKind.FLOAT, ConstantDescs.CD_float, "Float"),
    DOUBLE(64, TypeKind.DOUBLE, ConstantDescs.CD_double, "Double"),
    INT(32, TypeKind.INT, ConstantDescs.CD_int, "Int"),
    LONG(64, TypeKind.LONG, ConstantDescs.CD_long, "Long");

    private final int bits;
    private final TypeKind kind;
    private final ClassDesc scalar;
    private final ClassDesc vector;

    ElementType(int bits, TypeKind kind, ClassDesc scalar, String vectorPrefix) {
        this.bits = bits;
        this.kind = kind;
        this.scalar = scalar;
        this.vector = ClassDesc.of("jdk.incubator.vector", vectorPrefix + "Vector");
    }

    /** Width of one element in bits. */
    public int bits() {
        return bits;
    }

    /** Whether elements are IEEE 754 numbers. */
    public boolean isFloating() {
        return this == FLOAT || this == DOUBLE;
    }

    /** A new array of zeros. */
    Object newArray(int length) {
        return switch (this) {
            case FLOAT -> new float[length];
            case DOUBLE -> new double[length];
            case INT -> new int[length];
            case LONG -> new long[length];
        };
    }

    TypeKind kind() {
        return kind;
    }

    ClassDesc scalarClass() {
        return scalar;
    }

    ClassDesc arrayClass() {
        return scalar.arrayType();
    }

    /** The vector class of this element type, named without linking to it. */
    ClassDesc vectorClass() {
        return vector;
    }

    /** First letter as in opcodes ({@code FADD}) and conversion names ({@code F2I}). */
    char letter() {
        return name().charAt(0);
    }
}
