package dev.gamelan.interop.npy;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text in NumPy's {@code .npy} arrays, of the types U (characters) and S (bytes, taken as UTF-8), each string of one length in the file.
 *
 * @param strings in row-major order, without the zeros that fill them up
 */
public record NpyStrings(Shape shape, List<String> strings) {

    private static final Pattern CODE = Pattern.compile("([<>|=])([US])([0-9]{1,9})");

    public NpyStrings {
        strings = List.copyOf(strings);
    }

    /**
     * @throws FormatException      if it is not such a file, is truncated, or holds something else than text
     * @throws UncheckedIOException if it cannot be read
     */
    public static NpyStrings read(Path file) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            NpyHeader header = NpyHeader.read(in, file.toString());
            Matcher code = CODE.matcher(header.code());
            if (!code.matches()) {
                throw new FormatException(file + ": expected strings (U or S), received the element type '" + header.code()
                        + "': convert with array.astype('U')");
            }
            boolean isUnicode = code.group(2).equals("U");
            long width = Long.parseLong(code.group(3)) * (isUnicode ? Integer.BYTES : 1);
            long expected = width * header.shape().length();
            byte[] bytes = in.readNBytes((int) Math.min(expected, Integer.MAX_VALUE));
            if (bytes.length != expected || in.read() >= 0) {
                throw new FormatException(file + " is truncated or longer than it says: expected " + expected + " bytes of text, received "
                        + (bytes.length == expected ? "more" : bytes.length) + "; copy or save it again");
            }
            ByteOrder order = header.bigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
            String[] strings = new String[header.shape().length()];
            for (int i = 0; i < strings.length; i++) {
                ByteBuffer piece = ByteBuffer.wrap(bytes, (int) (i * width), (int) width).slice().order(order);
                strings[i] = isUnicode ? characters(piece, file) : StandardCharsets.UTF_8.decode(piece.slice(0, filled(piece))).toString();
            }
            return new NpyStrings(header.shape(), Arrays.asList(header.fortran()
                    ? (String[]) FortranOrder.toRows(header.shape(), strings, new String[strings.length]) : strings));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
        }
    }

    private static int filled(ByteBuffer piece) {
        int length = piece.limit();
        while (length > 0 && piece.get(length - 1) == 0) {
            length--;
        }
        return length;
    }

    private static String characters(ByteBuffer piece, Path file) {
        StringBuilder text = new StringBuilder();
        int length = piece.limit() / Integer.BYTES;
        while (length > 0 && piece.getInt((length - 1) * Integer.BYTES) == 0) {
            length--;
        }
        for (int i = 0; i < length; i++) {
            int character = piece.getInt(i * Integer.BYTES);
            if (!Character.isValidCodePoint(character)) {
                throw new FormatException(file + ": " + Integer.toUnsignedString(character) + " is not a character of Unicode");
            }
            text.appendCodePoint(character);
        }
        return text.toString();
    }
}
