package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.ops.Pictures.Pixels;
import dev.gamelan.shape.FormatException;

/** Netpbm's gray and color pictures (PGM and PPM), as text and in bytes. */
final class Netpbm {

    private final byte[] file;
    private int at = 2;

    private Netpbm(byte[] file) {
        this.file = file;
    }

    static boolean is(byte[] file) {
        return file.length > 2 && file[0] == 'P' && "2356".indexOf(file[1]) >= 0 && Character.isWhitespace(file[2]);
    }

    static Pixels read(Call c, byte[] file) {
        return new Netpbm(file).read(c);
    }

    private Pixels read(Call c) {
        int bands = file[1] == '2' || file[1] == '5' ? 1 : 3;
        boolean text = file[1] <= '3';
        int width = number();
        int height = number();
        int most = number();
        if (most < 1 || most > 65535) {
            throw damaged("a largest value of " + most);
        }
        Pictures.room(c, height, width);
        at++;
        int bytes = most > 255 ? 2 : 1;
        long left = file.length - (long) at;
        long values = (long) height * width * bands;
        if (text ? left < 2 * values - 1 : left < values * bytes) {
            throw damaged(left + " bytes for " + height + " x " + width + " pixels");
        }
        int[] colors = new int[height * width];
        for (int i = 0; i < colors.length; i++) {
            int color = 0;
            for (int k = 0; k < bands; k++) {
                color = color << 8 | Math.min(255, (text ? number() : sample(bytes)) * 255 / most);
            }
            colors[i] = bands == 1 ? 0x010101 * color : color;
        }
        return new Pixels(height, width, colors);
    }

    private int sample(int bytes) {
        int value = file[at++] & 0xFF;
        return bytes == 1 ? value : value << 8 | file[at++] & 0xFF;
    }

    /** The next number of the header or text, after spaces and comments. */
    private int number() {
        while (at < file.length && (Character.isWhitespace(file[at]) || file[at] == '#')) {
            boolean comment = file[at] == '#';
            at++;
            while (comment && at < file.length && file[at] != '\n') {
                at++;
            }
        }
        int start = at;
        int value = 0;
        while (at < file.length && file[at] >= '0' && file[at] <= '9' && at - start < 8) {
            value = 10 * value + file[at++] - '0';
        }
        if (at == start || at - start == 8) {
            throw damaged("no number at byte " + start);
        }
        return value;
    }

    private static FormatException damaged(String received) {
        return new FormatException("the picture is damaged\n  expected  a PGM or PPM file\n  received  " + received);
    }
}
