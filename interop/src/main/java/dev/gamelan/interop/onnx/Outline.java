package dev.gamelan.interop.onnx;

import dev.gamelan.interop.files.OpenFile;
import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.FunctionProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.ExternalData;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * A model's message without its large values, which stay where they are: each tensor that has some becomes one that keeps them in another
 * file, which is the model's own. So of a file that is mapped little more than its graph is read.
 *
 * <p>Whatever is not understood is copied as it is, for the parser to complain about.
 *
 * @see <a href="https://protobuf.dev/programming-guides/encoding/">the encoding</a>
 */
final class Outline {

    private static final int VARINT = 0;
    private static final int EIGHT_BYTES = 1;
    private static final int LENGTH = 2;
    private static final int FOUR_BYTES = 5;
    private static final long LARGEST_TAG = 0xFFFFFFFFL;
    /** Messages inside of each other: the parser takes no more. */
    private static final int DEEPEST = 100;

    /** The messages on the way to a tensor. */
    private enum Kind {
        MODEL, FUNCTION, GRAPH, NODE, ATTRIBUTE, TENSOR;

        /** What a field of it holds, if there may be tensors in it. */
        Optional<Kind> field(int number) {
            return switch (this) {
                case MODEL -> switch (number) {
                    case ModelProto.GRAPH_FIELD_NUMBER -> Optional.of(GRAPH);
                    case ModelProto.FUNCTIONS_FIELD_NUMBER -> Optional.of(FUNCTION);
                    default -> Optional.empty();
                };
                case FUNCTION -> number == FunctionProto.NODE_FIELD_NUMBER ? Optional.of(NODE) : Optional.empty();
                case GRAPH -> switch (number) {
                    case GraphProto.NODE_FIELD_NUMBER -> Optional.of(NODE);
                    case GraphProto.INITIALIZER_FIELD_NUMBER -> Optional.of(TENSOR);
                    default -> Optional.empty();
                };
                case NODE -> number == NodeProto.ATTRIBUTE_FIELD_NUMBER ? Optional.of(ATTRIBUTE) : Optional.empty();
                case ATTRIBUTE -> switch (number) {
                    case AttributeProto.T_FIELD_NUMBER -> Optional.of(TENSOR);
                    case AttributeProto.G_FIELD_NUMBER, AttributeProto.GRAPHS_FIELD_NUMBER -> Optional.of(GRAPH);
                    default -> Optional.empty();
                };
                case TENSOR -> Optional.empty();
            };
        }
    }

    /**
     * Where a field is.
     *
     * @param number 0 for what is no field
     */
    private record Field(int number, int wire, int tag, int start, int end) {

        int length() {
            return wire == LENGTH ? end - start : 0;
        }
    }

    private final ByteBuffer file;
    private long at;

    private Outline(ByteBuffer file) {
        this.file = file;
    }

    /** @param file all of it, from its first byte on */
    static byte[] of(ByteBuffer file) {
        return new Outline(file).message(Kind.MODEL, 0, file.limit(), 0);
    }

    private byte[] message(Kind kind, int from, int to, int depth) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int copied = from;
        for (Field field = field(from, to); field.tag < to; field = field(field.end, to)) {
            Optional<Kind> inner = field.length() < OpenFile.LEAST_BYTES || depth == DEEPEST ? Optional.empty() : kind.field(field.number);
            if (inner.isPresent()) {
                byte[] bytes = inner.get() == Kind.TENSOR ? tensor(field.start, field.end)
                        : message(inner.get(), field.start, field.end, depth + 1);
                copy(copied, field.tag, out);
                write((long) field.number << 3 | LENGTH, out);
                write(bytes.length, out);
                out.writeBytes(bytes);
                copied = field.end;
            }
        }
        copy(copied, to, out);
        return out.toByteArray();
    }

    private byte[] tensor(int from, int to) {
        Optional<Field> raw = Optional.empty();
        boolean plain = true;
        for (Field field = field(from, to); field.tag < to; field = field(field.end, to)) {
            switch (field.number) {
                case TensorProto.RAW_DATA_FIELD_NUMBER -> {
                    plain &= raw.isEmpty();
                    raw = Optional.of(field);
                }
                case 0, TensorProto.EXTERNAL_DATA_FIELD_NUMBER, TensorProto.DATA_LOCATION_FIELD_NUMBER -> plain = false;
                default -> {}
            }
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int copied = from;
        if (plain && raw.isPresent() && raw.get().length() >= OpenFile.LEAST_BYTES) {
            copy(from, raw.get().tag, out);
            out.writeBytes(ExternalData.own(raw.get().start, raw.get().length()).toByteArray());
            copied = raw.get().end;
        }
        copy(copied, to, out);
        return out.toByteArray();
    }

    /** The field that begins here; number 0 and all of the rest if that is none. */
    private Field field(int from, int to) {
        at = from;
        long tag = varint(to);
        int wire = (int) tag & 7;
        long value = wire == VARINT || wire == LENGTH ? varint(to) : 0;
        long start = at;
        long length = switch (wire) {
            case VARINT -> 0;
            case EIGHT_BYTES -> 8;
            case LENGTH -> value;
            case FOUR_BYTES -> 4;
            default -> -1;
        };
        boolean whole = tag > 7 && tag <= LARGEST_TAG && length >= 0 && length <= to - start;
        return whole ? new Field((int) (tag >>> 3), wire, from, (int) start, (int) (start + length))
                : new Field(0, VARINT, from, from, to);
    }

    /** A number from {@link #at} on, which is behind the end afterwards if there is none. */
    private long varint(int to) {
        long value = 0;
        for (int shift = 0; shift < 64 && at < to; shift += 7) {
            byte next = file.get((int) at++);
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        at = to + 1L;
        return 0;
    }

    private static void write(long value, ByteArrayOutputStream out) {
        long rest = value;
        while (rest > 0x7F) {
            out.write((int) rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    private void copy(int from, int to, ByteArrayOutputStream out) {
        byte[] bytes = new byte[to - from];
        file.get(from, bytes);
        out.writeBytes(bytes);
    }
}
