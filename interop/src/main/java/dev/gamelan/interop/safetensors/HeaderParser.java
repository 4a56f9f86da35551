package dev.gamelan.interop.safetensors;

import dev.gamelan.interop.files.FileKind;
import dev.gamelan.shape.FormatException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Reads the JSON of a header that nobody vouches for: every number is checked before anything is allocated for it.
 *
 * @param file      for messages
 * @param dataBytes how many bytes of values the file has
 */
record HeaderParser(Path file, long dataBytes) {

    Header parse(byte[] json, long dataStart) {
        JsonNode root = tree(json);
        List<Header.Entry> entries = new ArrayList<>();
        Map<String, String> metadata = new TreeMap<>();
        for (Map.Entry<String, JsonNode> field : root.properties()) {
            if (field.getKey().equals(Header.METADATA)) {
                metadata = metadata(field.getValue());
            } else {
                entries.add(entry(field.getKey(), field.getValue()));
            }
        }
        entries.sort((a, b) -> a.begin() == b.begin() ? Long.compare(a.end(), b.end()) : Long.compare(a.begin(), b.begin()));
        checkGaps(entries);
        return new Header(List.copyOf(entries), metadata, dataStart);
    }

    private JsonNode tree(byte[] json) {
        if (json[0] != '{') {
            throw new FormatException(
                    file + " is not a safetensors file: the header does not start with '{'; received " + FileKind.of(file));
        }
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json)).toString();
            return StrictJson.read(text);
        } catch (CharacterCodingException e) {
            throw new FormatException(file + ": the header is not UTF-8", e);
        } catch (JacksonException e) {
            throw new FormatException(file + ": the header is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    private Map<String, String> metadata(JsonNode node) {
        Map<String, String> result = new TreeMap<>();
        if (!node.isObject()) {
            throw new FormatException(file + ": " + Header.METADATA + " is not a map of text");
        }
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (!field.getValue().isString()) {
                throw new FormatException(file + ": the metadata '" + field.getKey() + "' is not text");
            }
            result.put(field.getKey(), field.getValue().stringValue());
        }
        return result;
    }

    private Header.Entry entry(String name, JsonNode node) {
        JsonNode dtype = node.path("dtype");
        JsonNode shape = node.path("shape");
        JsonNode offsets = node.path("data_offsets");
        if (!node.isObject() || !dtype.isString() || !shape.isArray() || !offsets.isArray() || offsets.size() != 2) {
            throw bad(name, "expected dtype (text), shape (a list) and data_offsets (two numbers)");
        }
        StoredType type = StoredType.parse(dtype.stringValue()).orElseThrow(
                () -> bad(name,
                        "the element type " + dtype.stringValue() + " is unknown; known are " + Arrays.asList(StoredType.values())));
        List<Long> dims = new ArrayList<>();
        shape.forEach(dim -> dims.add(number(name, dim)));
        long begin = number(name, offsets.get(0));
        long end = number(name, offsets.get(1));
        if (begin > end || end > dataBytes) {
            throw bad(name, "its values are said to be at bytes " + begin + " to " + end + " of " + dataBytes
                    + "; the file is truncated or damaged");
        }
        long bytes = bytes(name, type, dims);
        if (bytes != end - begin) {
            throw bad(name, type + " " + dims + " needs " + bytes + " bytes, but " + (end - begin) + " are given");
        }
        return new Header.Entry(name, type, List.copyOf(dims), begin, end);
    }

    private long bytes(String name, StoredType type, List<Long> dims) {
        try {
            long bits = type.bits();
            for (long dim : dims) {
                bits = Math.multiplyExact(bits, dim);
            }
            if (bits % 8 == 0) {
                return bits / 8;
            }
        } catch (ArithmeticException e) {
            throw bad(name, "a shape of " + dims + " is too large for any file");
        }
        throw bad(name, "a shape of " + dims + " does not fill whole bytes with elements of " + type.bits() + " bits");
    }

    private long number(String name, JsonNode node) {
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0) {
            throw bad(name, "expected a whole number that is not negative, received " + node);
        }
        return node.longValue();
    }

    /** The format allows neither overlaps nor bytes that no tensor names. */
    private void checkGaps(List<Header.Entry> entries) {
        long expected = 0;
        for (Header.Entry entry : entries) {
            if (entry.begin() != expected) {
                throw bad(entry.name(), "its values start at byte " + entry.begin() + ", but those before it end at byte "
                        + expected + (entry.begin() < expected ? ": they overlap" : ": there is a gap"));
            }
            expected = entry.end();
        }
        if (expected != dataBytes) {
            throw new FormatException(file + ": the tensors take " + expected + " bytes, but the file has " + dataBytes
                    + "; it is damaged or something was appended");
        }
    }

    private FormatException bad(String name, String what) {
        return new FormatException(file + ": tensor '" + name + "': " + what);
    }
}
