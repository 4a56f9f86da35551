package dev.gamelan.interop.onnx.value;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Scalars;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;

/** Elements as bits. */
public final class TensorBits {

    private TensorBits() {}

    /** The bits of each element, the lowest ones of a long. */
    public static long[] bits(ElementType type, Data data) {
        long[] bits = new long[data.length()];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = switch (type) {
                case FLOAT -> Float.floatToRawIntBits(((float[]) data.array())[i]);
                case DOUBLE -> Double.doubleToRawLongBits(((double[]) data.array())[i]);
                case FLOAT16 -> Float.floatToFloat16((float) data.getDouble(i));
                case BFLOAT16 -> Scalars.floatToBfloat16((float) data.getDouble(i));
                case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT4E2M1, FLOAT6E2M3, FLOAT6E3M2, FLOAT8E8M0 ->
                        SmallFloats.encode(type, (float) data.getDouble(i));
                case UINT8, INT8, UINT16, INT16, INT32, INT64, BOOL, UINT32, UINT64, UINT4, INT4, UINT2, INT2 -> data.getLong(i);
            };
        }
        return bits;
    }

    /** Elements of a type from their bits. */
    public static Value.Numbers read(ElementType type, Shape shape, long[] bits) {
        Object array = type.carrier().newArray(bits.length);
        for (int i = 0; i < bits.length; i++) {
            set(type, array, i, bits[i]);
        }
        return Value.of(type, Tensor.of(Data.of(type.carrier(), shape, array)));
    }

    static void set(ElementType type, Object array, int i, long bits) {
        switch (type) {
            case FLOAT -> ((float[]) array)[i] = Float.intBitsToFloat((int) bits);
            case DOUBLE -> ((double[]) array)[i] = Double.longBitsToDouble(bits);
            case FLOAT16 -> ((float[]) array)[i] = Float.float16ToFloat((short) bits);
            case BFLOAT16 -> ((float[]) array)[i] = Scalars.bfloat16ToFloat((short) bits);
            case FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT4E2M1, FLOAT6E2M3, FLOAT6E3M2, FLOAT8E8M0 ->
                    ((float[]) array)[i] = SmallFloats.decode(type, (int) bits & (1 << type.bits()) - 1);
            case BOOL -> ((boolean[]) array)[i] = (bits & 0xFF) != 0;
            case UINT8, INT8, UINT16, INT16, INT32, INT64, UINT32, UINT64, UINT4, INT4, UINT2, INT2 -> {
                int spare = 64 - type.bits();
                long high = bits << spare;
                Scalars.setLong(type.carrier(), array, i, type.isUnsigned() ? high >>> spare : high >> spare);
            }
        }
    }
}
