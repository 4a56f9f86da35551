package dev.gamelan.codegen;

import dev.gamelan.codegen.Value.Form;
import dev.gamelan.shape.DType;
import java.lang.classfile.TypeKind;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** An emitted copy of a small grid of elements, any distance apart in both arrays; one by one, in a form that HotSpot unrolls. */
interface TileCopy {

    /** Element (i, j) is {@code outerFrom * i + innerFrom * j} after {@code from}, and goes to the like place after {@code to}. */
    void run(Object source, int from, int outerFrom, int innerFrom, Object target, int to, int outerTo, int innerTo, int outer, int inner);

    /** The copy of elements of a type. */
    static TileCopy of(DType dtype) {
        return Emitted.of(kind(dtype));
    }

    private static TypeKind kind(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> TypeKind.FLOAT;
            case FLOAT64 -> TypeKind.DOUBLE;
            case INT32 -> TypeKind.INT;
            case INT64 -> TypeKind.LONG;
            case FLOAT16, BFLOAT16 -> TypeKind.SHORT;
            case INT8, UINT8 -> TypeKind.BYTE;
            case BOOL -> TypeKind.BOOLEAN;
        };
    }

    /** The classes of the process. */
    final class Emitted {
        private static final Map<TypeKind, TileCopy> CLASSES = new ConcurrentHashMap<>();

        private Emitted() {}

        static TileCopy of(TypeKind kind) {
            return CLASSES.computeIfAbsent(kind,
                    k -> KernelClass.define(TileCopy.class, "TileCopy" + k, Lanes.SCALAR, asm -> emit(asm, k)));
        }

        private static void emit(Assembler k, TypeKind kind) {
            Value source = array(k, k.parameter(0, Form.OBJECTS, ElementType.INT), kind);
            Value target = array(k, k.parameter(4, Form.OBJECTS, ElementType.INT), kind);
            Value from = k.variable(k.intParameter(1));
            Value to = k.variable(k.intParameter(5));
            k.forRange(k.intParameter(8), _ -> {
                k.forRange(k.intParameter(9), i -> {
                    Value read = k.add(from, k.mul(i, k.intParameter(3)));
                    Value written = k.add(to, k.mul(i, k.intParameter(7)));
                    k.push(target);
                    k.push(written);
                    k.push(source);
                    k.push(read);
                    k.code().arrayLoad(kind).arrayStore(kind);
                });
                k.assign(from, k.add(from, k.intParameter(2)));
                k.assign(to, k.add(to, k.intParameter(6)));
            });
        }

        private static Value array(Assembler k, Value object, TypeKind kind) {
            k.push(object);
            k.code().checkcast(kind.upperBound().arrayType());
            return k.pop(Form.ARRAY, ElementType.INT);
        }
    }
}
