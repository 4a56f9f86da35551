package dev.gamelan.domains.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class IdxTest {

    @Test
    void bytesAndFloatsAreRead() throws IOException {
        Data bytes = read(ByteBuffer.allocate(18).putInt(0x803).putInt(1).putInt(2).putInt(1).put((byte) 7).put((byte) -1).array());
        assertEquals(Shape.of(1, 2, 1), bytes.shape());
        assertEquals(255, bytes.getLong(1));
        Data floats = read(ByteBuffer.allocate(16).putInt(0xD01).putInt(2).putFloat(1.5f).putFloat(-2).array());
        assertEquals(DType.FLOAT32, floats.dtype());
        assertArrayEquals(new float[] {1.5f, -2}, (float[]) floats.array());
    }

    @Test
    void gzipIsSeenByItself() throws IOException {
        byte[] plain = ByteBuffer.allocate(10).putInt(0x801).putInt(2).put((byte) 3).put((byte) 4).array();
        assertArrayEquals(new byte[] {3, 4}, (byte[]) read(gzip(plain)).array());
    }

    @Test
    void everyTruncationIsFound() throws IOException {
        byte[] plain = ByteBuffer.allocate(10).putInt(0x801).putInt(2).put((byte) 3).put((byte) 4).array();
        byte[] packed = gzip(plain);
        for (int length = 0; length < plain.length; length++) {
            refused(Arrays.copyOf(plain, length));
        }
        for (int length = 0; length < packed.length; length++) {
            refused(Arrays.copyOf(packed, length));
        }
        refused(Arrays.copyOf(plain, plain.length + 1));
    }

    @Test
    void hostileHeadersAllocateNothing() throws IOException {
        refused(ByteBuffer.allocate(8).putInt(0x801).putInt(Integer.MAX_VALUE).array());
        refused(ByteBuffer.allocate(8).putInt(0x801).putInt(2_000_000_000).array());
        refused(ByteBuffer.allocate(8).putInt(0xE01).putInt(1_900_000_000).array());
        refused(ByteBuffer.allocate(8).putInt(0x801).putInt(-1).array());
        refused(ByteBuffer.allocate(8).putInt(0xB01).putInt(0).array());
        refused(ByteBuffer.allocate(8).putInt(0x8FF).putInt(0).array());
        refused("<html>not found</html>".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private static byte[] gzip(byte[] plain) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        }
        return out.toByteArray();
    }

    private static Data read(byte[] bytes) throws IOException {
        return Idx.read(new ByteArrayInputStream(bytes), "some.idx");
    }

    private static void refused(byte[] bytes) {
        var e = assertThrows(FormatException.class, () -> read(bytes), () -> Arrays.toString(bytes));
        assertTrue(e.getMessage().startsWith("some.idx"), e.getMessage());
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
    }
}
