package dev.gamelan.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.shape.DType;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ScalarsTest {

    @Test
    void everyHalfNumberSurvives() {
        for (DType dtype : new DType[] {DType.FLOAT16, DType.BFLOAT16}) {
            short[] before = new short[1];
            short[] after = new short[1];
            for (int bits = 0; bits < 1 << 16; bits++) {
                before[0] = (short) bits;
                double value = Scalars.getDouble(dtype, before, 0);
                Scalars.setDouble(dtype, after, 0, value);
                if (Double.isNaN(value)) {
                    assertTrue(Double.isNaN(Scalars.getDouble(dtype, after, 0)));
                } else {
                    assertEquals(before[0], after[0]);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FLOAT16", "BFLOAT16"})
    void roundsToTheNearestEven(DType dtype) {
        Random random = new Random(1);
        short[] cell = new short[1];
        for (int i = 0; i < 1 << 15; i++) {
            checkMiddle(dtype, (short) i);
            float value = Float.intBitsToFloat(random.nextInt());
            if (Math.abs(value) < 60_000) {
                Scalars.setDouble(dtype, cell, 0, value);
                short rounded = cell[0];
                double error = Math.abs(value - Scalars.getDouble(dtype, cell, 0));
                for (int step : new int[] {-1, 1}) {
                    cell[0] = (short) (rounded + step);
                    double other = Math.abs(value - Scalars.getDouble(dtype, cell, 0));
                    assertTrue(Double.isNaN(other) || error <= other, dtype + " of " + value);
                }
            }
        }
    }

    /** The number in the middle between two neighbors goes to the one whose last bit is 0. */
    private static void checkMiddle(DType dtype, short bits) {
        double low = Scalars.getDouble(dtype, new short[] {bits}, 0);
        double high = Scalars.getDouble(dtype, new short[] {(short) (bits + 1)}, 0);
        float middle = (float) ((low + high) / 2);
        if (!Double.isFinite(high) || (low + high) / 2 != middle) {
            return;
        }
        short[] cell = new short[1];
        Scalars.setDouble(dtype, cell, 0, middle);
        assertEquals((bits & 1) == 0 ? bits : (short) (bits + 1), cell[0], dtype + " of " + middle);
    }

    @Test
    void largeNumbersBecomeInfiniteAndNanStays() {
        assertEquals(Float.POSITIVE_INFINITY, Scalars.bfloat16ToFloat(Scalars.floatToBfloat16(Float.MAX_VALUE)));
        assertEquals(Float.NEGATIVE_INFINITY, Scalars.bfloat16ToFloat(Scalars.floatToBfloat16(-Float.MAX_VALUE)));
        for (int payload : new int[] {0x7F800001, 0xFF800001, 0x7FC00000, 0x7FFFFFFF, 0xFFFFFFFF}) {
            assertTrue(Float.isNaN(Scalars.bfloat16ToFloat(Scalars.floatToBfloat16(Float.intBitsToFloat(payload)))));
        }
    }

    @ParameterizedTest
    @CsvSource({"INT8,300.7,44", "INT8,-129,127", "INT8,1e20,-1", "UINT8,-1,255", "UINT8,255.9,255", "UINT8,256,0", "INT32,1e20,2147483647",
            "INT32,-1e20,-2147483648", "INT32,-2.9,-2", "INT32,NaN,0", "INT64,1e30,9223372036854775807", "INT64,-1.5,-1", "BOOL,0.1,1",
            "BOOL,-0.0,0", "BOOL,NaN,1"})
    void fractionsBecomeIntegersByTheRulesOfJava(DType dtype, double value, long expected) {
        Object array = dtype.newArray(1);
        Scalars.setDouble(dtype, array, 0, value);
        assertEquals(expected, Scalars.getLong(dtype, array, 0));
    }

    @ParameterizedTest
    @CsvSource({"INT8,200,-56", "UINT8,-1,255", "UINT8,511,255", "INT32,4294967295,-1", "INT64,-9223372036854775808,-9223372036854775808",
            "BOOL,256,1", "FLOAT32,16777217,16777216", "FLOAT16,2049,2048", "BFLOAT16,257,256"})
    void integersWrapAroundOrRound(DType dtype, long value, long expected) {
        Object array = dtype.newArray(1);
        Scalars.setLong(dtype, array, 0, value);
        assertEquals(expected, Scalars.getLong(dtype, array, 0));
    }
}
