package dev.gamelan.interop.safetensors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafeTensorsTest {

    @TempDir
    Path folder;

    @Test
    void bytesAreWhatTheFormatSays() throws IOException {
        Path file = folder.resolve("a.safetensors");
        Map<String, Data> tensors = new LinkedHashMap<>();
        tensors.put("b", Data.of(DType.UINT8, Shape.of(3), new byte[] {1, 2, (byte) 255}));
        tensors.put("a", Data.of(DType.FLOAT32, Shape.of(1, 2), new float[] {1f, -2f}));
        new SafeTensors(tensors, Map.of("k", "v")).write(file);

        String json = "{\"__metadata__\":{\"k\":\"v\"},\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}}";
        byte[] bytes = Files.readAllBytes(file);
        long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
        assertEquals(0, header % 8);
        String text = new String(bytes, 8, (int) header, StandardCharsets.UTF_8);
        assertEquals(json, text.stripTrailing());
        assertTrue(text.substring(json.length()).isBlank() && text.length() - json.length() < 8);
        assertEquals("0000803f000000c00102ff", HexFormat.of().formatHex(bytes, 8 + (int) header, bytes.length));
    }

    @ParameterizedTest
    @EnumSource(DType.class)
    void everyTypeKeepsEveryBit(DType dtype) {
        for (int[] dims : new int[][] {{}, {0}, {3, 0, 2}, {1}, {7, 13}, {300_007}}) {
            Data data = random(dtype, Shape.of(dims), new Random(dims.length));
            Path file = folder.resolve("x.safetensors");
            new SafeTensors(Map.of("x", data), Map.of()).write(file);
            Data back = SafeTensors.read(file).tensors().get("x");
            assertEquals(data.type(), back.type());
            assertSameBits(data, back);
        }
    }

    @Test
    void equalContentsMakeEqualBytes() throws IOException {
        Data a = random(DType.FLOAT32, Shape.of(5), new Random(1));
        Data b = random(DType.INT64, Shape.of(2), new Random(2));
        Map<String, Data> one = new LinkedHashMap<>();
        one.put("a", a);
        one.put("b", b);
        Map<String, Data> two = new LinkedHashMap<>();
        two.put("b", b);
        two.put("a", a);
        new SafeTensors(one, Map.of("x", "1", "y", "2")).write(folder.resolve("one"));
        new SafeTensors(two, Map.of("y", "2", "x", "1")).write(folder.resolve("two"));
        assertEquals(-1, Files.mismatch(folder.resolve("one"), folder.resolve("two")));
    }

    @Test
    void metadataKeepsAnyText() {
        Path file = folder.resolve("m");
        Map<String, String> text = Map.of("ключ", "значение \u0000 \"\\\n", "empty", "", "emoji", "🎶");
        new SafeTensors(Map.of(), text).write(file);
        assertEquals(text, SafeTensors.readMetadata(file));
        assertEquals(text, SafeTensors.read(file).metadata());
    }

    @Test
    void writingReplacesAndLeavesNothingElse() throws IOException {
        Path file = folder.resolve("new/deep/x.safetensors");
        new SafeTensors(Map.of(), Map.of("v", "1")).write(file);
        new SafeTensors(Map.of(), Map.of("v", "2")).write(file);
        assertEquals("2", SafeTensors.readMetadata(file).get("v"));
        try (var files = Files.list(file.getParent())) {
            assertEquals(List.of(file), files.toList());
        }
    }

    @Test
    void writingIntoAFileIsRefusedInOneLine() throws IOException {
        Path notAFolder = Files.writeString(folder.resolve("plain"), "x");
        var e = assertThrows(UncheckedIOException.class,
                () -> new SafeTensors(Map.of(), Map.of()).write(notAFolder.resolve("x.safetensors")));
        assertFalse(e.getMessage().contains("\n"));
        assertTrue(e.getMessage().startsWith("cannot write "), e.getMessage());
        assertEquals("x", Files.readString(notAFolder));
    }

    @Test
    void anAbsentFileIsAnError() {
        var e = assertThrows(UncheckedIOException.class, () -> SafeTensors.read(folder.resolve("none")));
        assertTrue(e.getMessage().contains("there is no such file"), e.getMessage());
        assertThrows(FormatException.class, () -> SafeTensors.read(folder));
    }

    @Test
    void everyTruncationIsFound() throws IOException {
        Path file = folder.resolve("t");
        new SafeTensors(Map.of("x", random(DType.FLOAT32, Shape.of(5), new Random(3))), Map.of("k", "v")).write(file);
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            refused(Arrays.copyOf(whole, length));
        }
        refused(Arrays.copyOf(whole, whole.length + 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "[]", "{", "nonsense", "  {}", "{}{}", "{\"a\":1}", "{\"__metadata__\":[]}", "{\"__metadata__\":{\"a\":1}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-8,0]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[65536,65536,65536],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9223372036854775807]}}",
            "{\"a\":{\"dtype\":\"I17\",\"shape\":[4],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"C64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"F4\",\"shape\":[16],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"F6_E2M3\",\"shape\":[10],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"BOOL\",\"shape\":[8],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"shape\":[2],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
    })
    void hostileHeadersAreRefusedInOneLine(String json) throws IOException {
        byte[] values = {7, 0, 0, 0, 0, 0, 0, 0};
        refused(file(json, values));
    }

    @Test
    void aHugeHeaderLengthAllocatesNothing() throws IOException {
        for (long length : new long[] {-1, Long.MIN_VALUE, 0, 1, 100_000_001, 99_999_999}) {
            refused(ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN).putLong(length).put((byte) '{').array());
        }
    }

    @Test
    void deepNestingIsRefused() throws IOException {
        refused(file("{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}", new byte[0]));
    }

    @Test
    void theMessageSaysWhichTypesThereAre() throws IOException {
        String message = refused(file("{\"w\":{\"dtype\":\"I17\",\"shape\":[4],\"data_offsets\":[0,8]}}", new byte[8]));
        assertTrue(message.contains("tensor 'w'") && message.contains("I17") && message.contains("BF16"), message);
    }

    @Test
    void paddingAndTensorsWithoutElementsAreAllowed() throws IOException {
        Path file = Files.write(folder.resolve("ok"), file("{\"b\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                + "\"e\":{\"dtype\":\"F32\",\"shape\":[0,9],\"data_offsets\":[4,4]},"
                + "\"a\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[4,8]}}     ", new byte[] {5, 0, 0, 0, 6, 0, 0, 0}));
        Map<String, Data> tensors = SafeTensors.read(file).tensors();
        assertEquals(List.of("b", "e", "a"), List.copyOf(tensors.keySet()));
        assertEquals(6, tensors.get("a").getLong(0));
        assertEquals(Shape.of(0, 9), tensors.get("e").shape());
    }

    @Test
    void aU64ThatFitsIsRead() throws IOException {
        String json = "{\"a\":{\"dtype\":\"U64\",\"shape\":[],\"data_offsets\":[0,8]}}";
        Path file = Files.write(folder.resolve("ok"), file(json, new byte[] {7, 0, 0, 0, 0, 0, 0, 0x7F}));
        assertEquals(0x7F00000000000007L, SafeTensors.read(file).tensors().get("a").getLong(0));
        refused(file(json, new byte[] {7, 0, 0, 0, 0, 0, 0, -1}));
    }

    @Test
    void theNameOfTheMetadataIsKept() {
        Data x = random(DType.BOOL, Shape.of(1), new Random(0));
        assertThrows(IllegalArgumentException.class,
                () -> new SafeTensors(Map.of("__metadata__", x), Map.of()).write(folder.resolve("x")));
    }

    private String refused(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("bad.safetensors"), bytes);
        var e = assertThrows(FormatException.class, () -> SafeTensors.read(file), () -> "accepted " + Arrays.toString(bytes));
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        assertTrue(e.getMessage().contains("bad.safetensors"), e.getMessage());
        return e.getMessage();
    }

    private static byte[] file(String json, byte[] values) {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + header.length + values.length).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length).put(header).put(values).array();
    }

    /** Random bits, NaNs with payloads among them. */
    private static Data random(DType dtype, Shape shape, Random random) {
        int n = shape.length();
        Object array = dtype.newArray(n);
        for (int i = 0; i < n; i++) {
            switch (array) {
                case float[] a -> a[i] = Float.intBitsToFloat(random.nextInt());
                case double[] a -> a[i] = Double.longBitsToDouble(random.nextLong());
                case short[] a -> a[i] = (short) random.nextInt();
                case byte[] a -> a[i] = (byte) random.nextInt();
                case int[] a -> a[i] = random.nextInt();
                case long[] a -> a[i] = random.nextLong();
                case boolean[] a -> a[i] = random.nextBoolean();
                default -> throw new AssertionError();
            }
        }
        return Data.of(dtype, shape, array);
    }

    private static void assertSameBits(Data a, Data b) {
        switch (a.array()) {
            case float[] x -> {
                float[] y = (float[]) b.array();
                for (int i = 0; i < x.length; i++) {
                    assertEquals(Float.floatToRawIntBits(x[i]), Float.floatToRawIntBits(y[i]));
                }
            }
            case double[] x -> {
                double[] y = (double[]) b.array();
                for (int i = 0; i < x.length; i++) {
                    assertEquals(Double.doubleToRawLongBits(x[i]), Double.doubleToRawLongBits(y[i]));
                }
            }
            case short[] x -> assertArrayEquals(x, (short[]) b.array());
            case byte[] x -> assertArrayEquals(x, (byte[]) b.array());
            case int[] x -> assertArrayEquals(x, (int[]) b.array());
            case long[] x -> assertArrayEquals(x, (long[]) b.array());
            case boolean[] x -> assertArrayEquals(x, (boolean[]) b.array());
            default -> throw new AssertionError();
        }
    }
}
