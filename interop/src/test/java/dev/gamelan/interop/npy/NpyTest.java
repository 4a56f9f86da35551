package dev.gamelan.interop.npy;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(value = DType.class, names = "BFLOAT16", mode = EnumSource.Mode.EXCLUDE)
    void everyTypeComesBack(DType dtype) {
        for (int[] dims : new int[][] {{}, {0}, {4, 0}, {5}, {2, 3, 4}}) {
            Shape shape = Shape.of(dims);
            Object array = dtype.newArray(shape.length());
            for (int i = 0; i < shape.length(); i++) {
                dev.gamelan.ir.Scalars.setLong(dtype, array, i, dtype == DType.BOOL ? i % 2 : i - 2);
            }
            Path file = folder.resolve("x.npy");
            Npy.write(file, Data.of(dtype, shape, array));
            Data back = Npy.read(file);
            assertEquals(Data.of(dtype, shape, array).type(), back.type());
            for (int i = 0; i < shape.length(); i++) {
                assertEquals(dev.gamelan.ir.Scalars.getLong(dtype, array, i), back.getLong(i));
            }
        }
    }

    /** numpy.save of numpy.arange(6, dtype='f4').reshape(2, 3): the bytes that NumPy 1.24 writes. */
    @Test
    void bytesAreThoseOfNumPy() throws IOException {
        Path file = folder.resolve("x.npy");
        Npy.write(file, Data.of(DType.FLOAT32, Shape.of(2, 3), new float[] {0, 1, 2, 3, 4, 5}));
        byte[] bytes = Files.readAllBytes(file);
        assertEquals("934e554d505901007600", HexFormat.of().formatHex(bytes, 0, 10));
        assertEquals("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
                new String(bytes, 10, 118, StandardCharsets.US_ASCII).strip());
        assertEquals('\n', bytes[127]);
        assertEquals(128 + 24, bytes.length);
    }

    @Test
    void otherByteAndMemoryOrdersAreRead() throws IOException {
        byte[] values = new byte[24];
        for (int i = 0; i < 6; i++) {
            values[4 * i + 3] = (byte) i;
        }
        Path file = Files.write(folder.resolve("f.npy"),
                npy("{'descr': '>i4', 'fortran_order': True, 'shape': (2, 3)}", values));
        assertArrayEquals(new int[] {0, 2, 4, 1, 3, 5}, (int[]) Npy.read(file).array());
    }

    @Test
    void integersOfOtherSizesAreWidened() throws IOException {
        assertArrayEquals(new int[] {-2, 32767}, (int[]) read("<i2", "feffff7f").array());
        assertArrayEquals(new int[] {65534, 32767}, (int[]) read("<u2", "feffff7f").array());
        assertArrayEquals(new int[] {-2, 256}, (int[]) read(">i2", "fffe0100").array());
        assertArrayEquals(new long[] {4294967295L, 1}, (long[]) read("<u4", "ffffffff01000000").array());
        assertArrayEquals(new long[] {1, Long.MAX_VALUE}, (long[]) read("<u8", "0100000000000000ffffffffffffff7f").array());
        var e = assertThrows(FormatException.class, () -> read("<u8", "0100000000000000ffffffffffffffff"));
        assertTrue(e.getMessage().contains("18446744073709551615"), e.getMessage());
    }

    @Test
    void textIsRead() throws IOException {
        byte[] wide = "a\0\0\0\u00fc\0\0\0b\0\0\0\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);
        Path file = Files.write(folder.resolve("t.npy"), npy("{'descr': '<U2', 'fortran_order': False, 'shape': (2,)}", wide));
        assertEquals(new NpyStrings(Shape.of(2), List.of("a\u00fc", "b")), NpyStrings.read(file));
        byte[] narrow = "ab\0c\u00c3\u00bc".getBytes(StandardCharsets.ISO_8859_1);
        Path other = Files.write(folder.resolve("s.npy"), npy("{'descr': '|S3', 'fortran_order': True, 'shape': (2, 1)}", narrow));
        assertEquals(new NpyStrings(Shape.of(2, 1), List.of("ab", "c\u00fc")), NpyStrings.read(other));
        Path numbers = Files.write(folder.resolve("n.npy"), npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", new byte[4]));
        assertThrows(FormatException.class, () -> NpyStrings.read(numbers));
        Path cut = Files.write(folder.resolve("c.npy"), npy("{'descr': '<U999999999', 'fortran_order': False, 'shape': (2,)}", wide));
        assertThrows(FormatException.class, () -> NpyStrings.read(cut));
    }

    private Data read(String code, String hex) throws IOException {
        byte[] values = HexFormat.of().parseHex(hex);
        return Npy.read(
                Files.write(folder.resolve("w.npy"), npy("{'descr': '" + code + "', 'fortran_order': False, 'shape': (2,)}", values)));
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,)}",
            "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2147483647,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2000000000,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,)}",
            "{'descr': '<f4', 'shape': (2,)}", "", "{",
    })
    void badHeadersAreRefusedInOneLine(String header) throws IOException {
        Path file = Files.write(folder.resolve("bad.npy"), npy(header, new byte[8]));
        var e = assertThrows(FormatException.class, () -> Npy.read(file));
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
        assertTrue(e.getMessage().contains("bad.npy"), e.getMessage());
    }

    @Test
    void everyTruncationIsFound() throws IOException {
        Path file = folder.resolve("x.npy");
        Npy.write(file, Data.of(DType.INT64, Shape.of(2), new long[] {1, 2}));
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertThrows(FormatException.class, () -> Npy.read(file));
        }
    }

    @Test
    void npzKeepsNamesAndOrder() throws IOException {
        Map<String, Data> arrays = new LinkedHashMap<>();
        arrays.put("z", Data.of(DType.UINT8, Shape.of(2), new byte[] {1, 2}));
        arrays.put("a/b", Data.of(DType.FLOAT64, Shape.SCALAR, new double[] {Math.PI}));
        Path file = folder.resolve("x.npz");
        Npz.write(file, arrays);
        Map<String, Data> back = Npz.read(file);
        assertEquals(List.of("z", "a/b"), List.copyOf(back.keySet()));
        assertEquals(Math.PI, back.get("a/b").getDouble(0));
        Path again = folder.resolve("y.npz");
        Npz.write(again, arrays);
        assertEquals(-1, Files.mismatch(file, again));
    }

    @Test
    void badNpzIsRefused() throws IOException {
        Path text = Files.writeString(folder.resolve("x.npz"), "hello");
        assertThrows(FormatException.class, () -> Npz.read(text));
        assertThrows(UncheckedIOException.class, () -> Npz.read(folder.resolve("none.npz")));
    }

    @Test
    void bfloat16IsRefusedAndNothingIsWritten() {
        Path file = folder.resolve("b.npy");
        Data data = Data.of(DType.BFLOAT16, Shape.of(1), new short[1]);
        assertThrows(DTypeException.class, () -> Npy.write(file, data));
        assertFalse(Files.exists(file));
    }

    private static byte[] npy(String header, byte[] values) {
        byte[] text = header.getBytes(StandardCharsets.US_ASCII);
        byte[] result = new byte[10 + text.length + values.length];
        System.arraycopy(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (byte) text.length, 0}, 0, result, 0, 10);
        System.arraycopy(text, 0, result, 10, text.length);
        System.arraycopy(values, 0, result, 10 + text.length, values.length);
        return result;
    }
}
