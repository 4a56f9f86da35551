package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import dev.gamelan.shape.DType;

/**
 * The operations that mathematical functions are written in: an {@link Assembler} emits them, a {@link BlockRecorder} notes them down as
 * steps over blocks. What is computed is the same to the bit.
 *
 * <p>Where an operation gets {@link Form#LANES} and {@link Form#SCALAR} operands together, the scalars are broadcast.
 */
public interface Arithmetic {

    /** A scalar constant. */
    Value constant(ElementType type, double value);

    /** An INT scalar constant. */
    Value constant(int value);

    /** A constant in every lane. */
    Value lanesOf(ElementType type, double value);

    /** A scalar in every lane. */
    Value broadcast(Value scalar);

    /** A fresh variable, to be changed by {@link #assign}, that starts as a copy of {@code initial}. */
    Value variable(Value initial);

    /** Sets a variable. */
    void assign(Value variable, Value value);

    /** One operation of one operand, scalar or lanes. */
    Value unary(Unary op, Value x);

    /** One operation of two operands of one type. */
    Value binary(Binary op, Value a, Value b);

    /** Shift by a constant number of bits. */
    Value shift(Binary op, Value x, int distance);

    /** a * b + c, rounded once for floating types. */
    Value fma(Value a, Value b, Value c);

    /** Lane by lane (a {@link Form#MASK}), or of two scalars (a {@link Form#CONDITION}). */
    Value compare(Comparison op, Value a, Value b);

    /** {@code whenTrue} where the mask or condition is set, else {@code whenFalse}. */
    Value select(Value condition, Value whenTrue, Value whenFalse);

    /** Both masks set. */
    Value and(Value a, Value b);

    /** Either mask set. */
    Value or(Value a, Value b);

    /** One of the masks set but not both. */
    Value xor(Value a, Value b);

    /** Mask not set. */
    Value not(Value mask);

    /** Runs {@code then} where the condition holds, or where any lane of the mask is set. */
    void when(Value condition, Runnable then);

    /** As a Java cast, lane by lane or of a scalar. */
    Value convert(Value x, ElementType to);

    /** The bits of x as another type of the same width. */
    Value reinterpret(Value x, ElementType to);

    /**
     * A static method of {@code double -> double} (or {@code (double, double) -> double}), applied to floating lanes
     * one by one or to scalars, with conversion to double and back.
     */
    Value call(Class<?> owner, String method, Value... operands);

    /** The FLOAT that 16 bits stand for. Only in the scalar form. */
    Value fromHalf(Value bits, DType dtype);

    /** The 16 bits nearest to a FLOAT. Only in the scalar form. */
    Value toHalf(Value number, DType dtype);

    /** a + b. */
    default Value add(Value a, Value b) {
        return binary(Binary.ADD, a, b);
    }

    /** a - b. */
    default Value sub(Value a, Value b) {
        return binary(Binary.SUB, a, b);
    }

    /** a * b. */
    default Value mul(Value a, Value b) {
        return binary(Binary.MUL, a, b);
    }

    /** a / b. */
    default Value div(Value a, Value b) {
        return binary(Binary.DIV, a, b);
    }

    /** The smaller; NaN wins. */
    default Value min(Value a, Value b) {
        return binary(Binary.MIN, a, b);
    }

    /** The larger; NaN wins. */
    default Value max(Value a, Value b) {
        return binary(Binary.MAX, a, b);
    }
}
