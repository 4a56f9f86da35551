package dev.gamelan.interop.safetensors;

import dev.gamelan.interop.files.FileKind;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The head of a file: where each tensor's values are, relative to {@code dataStart}. Entries are in order of offset. */
record Header(List<Entry> entries, Map<String, String> metadata, long dataStart) {

    /** The reference implementation's bound on the length of a header. */
    static final long MAX_LENGTH = 100_000_000;
    static final String METADATA = "__metadata__";

    /** One tensor; offsets in bytes from the start of the values, {@code end} exclusive. */
    record Entry(String name, StoredType type, List<Long> dims, long begin, long end) {

        /** The type of the values in memory. */
        Type valueType(Path file) {
            DType dtype = type.dtype().orElseThrow(() -> bad(file, "the element type " + type + " has no counterpart here, only its"
                    + " bytes can be had (StoredTensor.bytes); read as numbers are " + StoredType.readable()));
            try {
                return new Type(dtype, Shape.of(dims.stream().mapToInt(Math::toIntExact).toArray()));
            } catch (ShapeException | ArithmeticException e) {
                throw bad(file, "a shape of " + dims + " is too large for one Java array; StoredTensor.rows reads a part");
            }
        }

        FormatException bad(Path file, String what) {
            return new FormatException(file + ": tensor '" + name + "': " + what);
        }
    }

    /** Lays tensors out without gaps, as the reference implementation does: wider types first, which aligns every one, then by name. */
    static Header of(Map<String, Data> tensors, Map<String, String> metadata) {
        if (tensors.containsKey(METADATA)) {
            throw new IllegalArgumentException("a tensor cannot be named " + METADATA + ": the format keeps that name for text");
        }
        List<Map.Entry<String, Data>> layout = new ArrayList<>(tensors.entrySet());
        layout.sort(Comparator.comparing((Map.Entry<String, Data> tensor) -> StoredType.of(tensor.getValue().dtype())).reversed()
                .thenComparing(Map.Entry.comparingByKey()));
        List<Entry> entries = new ArrayList<>();
        long offset = 0;
        for (Map.Entry<String, Data> tensor : layout) {
            Type type = tensor.getValue().type();
            long end = offset + type.shape().size() * type.dtype().bytes();
            List<Long> dims = Arrays.stream(type.shape().dims()).asLongStream().boxed().toList();
            entries.add(new Entry(tensor.getKey(), StoredType.of(type.dtype()), dims, offset, end));
            offset = end;
        }
        return new Header(List.copyOf(entries), new TreeMap<>(metadata), 0);
    }

    /** The length, then the JSON, padded with spaces so that the values start at a multiple of 8. */
    ByteBuffer bytes() {
        ObjectNode root = JsonMapper.shared().createObjectNode();
        if (!metadata.isEmpty()) {
            ObjectNode text = root.putObject(METADATA);
            metadata.forEach(text::put);
        }
        for (Entry entry : entries) {
            ObjectNode node = root.putObject(entry.name());
            node.put("dtype", entry.type().name());
            ArrayNode shape = node.putArray("shape");
            entry.dims().forEach(shape::add);
            node.putArray("data_offsets").add(entry.begin()).add(entry.end());
        }
        byte[] json = JsonMapper.shared().writeValueAsString(root).getBytes(StandardCharsets.UTF_8);
        int padded = Math.ceilDiv(json.length, 8) * 8;
        if (padded > MAX_LENGTH) {
            throw new IllegalArgumentException("the names and the metadata take " + padded
                    + " bytes; a safetensors header holds at most " + MAX_LENGTH);
        }
        ByteBuffer bytes = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(json);
        while (bytes.hasRemaining()) {
            bytes.put((byte) ' ');
        }
        return bytes.flip();
    }

    static Header read(Path file, FileChannel channel) throws IOException {
        long size = channel.size();
        if (size < 8) {
            throw new FormatException(file + " is not a safetensors file: received " + FileKind.of(file));
        }
        long length = Values.readFully(file, channel, 0, ByteBuffer.allocate(8)).getLong();
        if (length < 2 || length > MAX_LENGTH) {
            throw new FormatException(file + " is not a safetensors file: its first 8 bytes give a header of "
                    + Long.toUnsignedString(length) + " bytes; expected 2 to " + MAX_LENGTH + ", received " + FileKind.of(file));
        }
        if (length > size - 8) {
            throw new FormatException(file + " is truncated or not a safetensors file: it has " + size
                    + " bytes, and a header of " + length + " bytes does not fit; copy or download it again");
        }
        byte[] json = Values.readFully(file, channel, 8, ByteBuffer.allocate((int) length)).array();
        return new HeaderParser(file, size - 8 - length).parse(json, 8 + length);
    }
}
