package dev.gamelan.interop.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What a file that is not the expected one seems to be, for messages that say what to do. */
public final class FileKind {

    private static final int HEAD = 64;

    private FileKind() {}

    /** Of a file that is there. */
    public static String of(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return of(in.readNBytes(HEAD), Files.size(file));
        } catch (IOException e) {
            return "a file that cannot be read again";
        }
    }

    /** @param head the first bytes, at most of as many as there are */
    public static String of(byte[] head, long size) {
        String text = new String(head, StandardCharsets.ISO_8859_1);
        String start = text.stripLeading().toLowerCase(Locale.ROOT);
        if (size == 0) {
            return "an empty file; was it copied or downloaded to the end?";
        }
        if (text.startsWith("version https://git-lfs")) {
            return "a pointer of Git LFS; fetch the file itself with 'git lfs pull'";
        }
        if (start.startsWith("<!doctype") || start.startsWith("<html")) {
            return "a web page; download the file itself";
        }
        return size + " bytes" + named(text, start);
    }

    private static String named(String text, String start) {
        if (text.startsWith("PK\3\4")) {
            return " of a zip archive, such as NumPy's npz or PyTorch's checkpoints; take out or export what is in it";
        }
        if (text.startsWith("\u0093NUMPY")) {
            return " of an npy array";
        }
        if (text.startsWith("ORTM", 4)) {
            return " of ONNX Runtime's own format (.ort); use the .onnx file that it was made from";
        }
        if (text.startsWith("TFL3", 4)) {
            return " of a TensorFlow Lite model; convert it with tf2onnx";
        }
        if (text.startsWith("\u0089HDF")) {
            return " of an HDF5 file, such as Keras's; export it from there";
        }
        if (text.length() > 8 && text.charAt(8) == '{') {
            return " of a safetensors file";
        }
        if (text.startsWith("\u0080") && text.length() > 1 && text.charAt(1) <= 5) {
            return " of a Python pickle; export it from there";
        }
        return start.startsWith("{") ? " of JSON" : isText(text) ? " of text" : "";
    }

    private static boolean isText(String text) {
        return text.chars().allMatch(c -> c >= ' ' && c < 127 || c == '\n' || c == '\r' || c == '\t');
    }
}
