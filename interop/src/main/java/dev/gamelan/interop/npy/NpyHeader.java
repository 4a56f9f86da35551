package dev.gamelan.interop.npy;

import dev.gamelan.interop.files.FileKind;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.DTypeException;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What stands before the values: a Python dictionary as text. */
record NpyHeader(String code, Shape shape, boolean fortran, String name) {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int MAX_LENGTH = 1 << 20;
    private static final Pattern DICTIONARY = Pattern.compile("\\{.*}\\s*", Pattern.DOTALL);
    private static final Pattern DESCR = Pattern.compile("'descr'\\s*:\\s*(?:'([^']*)'|(\\[))");
    private static final Pattern FORTRAN = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)");
    private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([0-9,\\sL]*)\\)");

    boolean bigEndian() {
        return code.startsWith(">");
    }

    /** @throws FormatException if its elements are no numbers */
    NpyType type() {
        return NpyType.of(code.isEmpty() ? "" : code.substring(1))
                .orElseThrow(() -> new FormatException(name + ": the element type '" + code
                        + "' is not supported; supported are " + NpyType.codes() + ": convert with array.astype"));
    }

    static NpyHeader read(InputStream in, String name) throws IOException {
        byte[] start = in.readNBytes(8);
        if (start.length < 8 || !Arrays.equals(start, 0, 6, MAGIC, 0, 6)) {
            byte[] more = in.readNBytes(56);
            byte[] head = Arrays.copyOf(start, start.length + more.length);
            System.arraycopy(more, 0, head, start.length, more.length);
            String kind = FileKind.of(head, head.length + (long) in.available());
            throw new FormatException(name + " is not an npy array: expected what numpy.save writes, received " + kind);
        }
        int version = start[6];
        if (version < 1 || version > 3) {
            throw new FormatException(name + ": npy version " + version + " is not known; known are 1, 2 and 3");
        }
        int lengthBytes = version == 1 ? 2 : 4;
        byte[] digits = in.readNBytes(lengthBytes);
        long length = 0;
        for (int i = digits.length - 1; i >= 0; i--) {
            length = length << 8 | digits[i] & 0xFF;
        }
        if (digits.length < lengthBytes || length > MAX_LENGTH) {
            throw new FormatException(name + ": an npy header of " + length + " bytes is too long");
        }
        byte[] text = in.readNBytes((int) length);
        if (text.length < length) {
            throw new EOFException();
        }
        return parse(new String(text, StandardCharsets.UTF_8), name);
    }

    private static NpyHeader parse(String text, String name) {
        Matcher descr = DESCR.matcher(text);
        Matcher fortran = FORTRAN.matcher(text);
        Matcher shape = SHAPE.matcher(text);
        if (!DICTIONARY.matcher(text).matches() || !descr.find() || !fortran.find() || !shape.find()) {
            throw new FormatException(name + ": expected an npy header with descr, fortran_order and shape, received "
                    + text.strip());
        }
        String code = descr.group(2) == null ? descr.group(1) : "of records";
        return new NpyHeader(code, shape(shape.group(1), name), fortran.group(1).equals("True"), name);
    }

    private static Shape shape(String text, String name) {
        try {
            return Shape.of(Arrays.stream(text.replace("L", "").split(",")).map(String::strip).filter(dim -> !dim.isEmpty())
                    .mapToInt(Integer::parseInt).toArray());
        } catch (NumberFormatException | ShapeException e) {
            throw new FormatException(name + ": a shape of (" + text + ") is too large for one Java array", e);
        }
    }

    /** The header in version 1, padded so that the values start at a multiple of 64. */
    static byte[] bytes(Type type) {
        String dims = Arrays.stream(type.shape().dims()).mapToObj(dim -> dim + ",").reduce("", (a, b) -> a.isEmpty() ? b : a + " " + b);
        if (type.shape().rank() > 1) {
            dims = dims.substring(0, dims.length() - 1);
        }
        String text = "{'descr': '" + code(type.dtype()) + "', 'fortran_order': False, 'shape': (" + dims + "), }";
        int padded = Math.ceilDiv(10 + text.length() + 1, 64) * 64 - 10;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(MAGIC);
        out.writeBytes(new byte[] {1, 0, (byte) padded, (byte) (padded >> 8)});
        out.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(" ".repeat(padded - text.length() - 1).getBytes(StandardCharsets.US_ASCII));
        out.write('\n');
        return out.toByteArray();
    }

    private static String code(DType dtype) {
        return switch (dtype) {
            case FLOAT32 -> "<f4";
            case FLOAT64 -> "<f8";
            case FLOAT16 -> "<f2";
            case INT8 -> "|i1";
            case UINT8 -> "|u1";
            case INT32 -> "<i4";
            case INT64 -> "<i8";
            case BOOL -> "|b1";
            case BFLOAT16 -> throw new DTypeException("npy has no BFLOAT16; cast it first: x.cast(DType.FLOAT32)");
        };
    }
}
