package dev.gamelan.interop.onnx.value;

import com.google.protobuf.ByteString;
import dev.gamelan.interop.files.LittleEndian;
import dev.gamelan.interop.onnx.proto.SparseTensorProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the tensors of a model file. */
public final class TensorReader {

    /** A sparse tensor may be much larger than what a file says of it. */
    private static final long MOST_BYTES = Runtime.getRuntime().maxMemory() / 4;

    private final ExternalData external;

    /** @param external where the file keeps what it does not hold itself */
    public TensorReader(ExternalData external) {
        this.external = external;
    }

    /** @throws FormatException if the message is damaged or has more or fewer values than its shape */
    public Value read(TensorProto proto) {
        Shape shape = shape(proto.getDimsList(), proto.getName());
        if (proto.getDataType() == ElementType.STRING) {
            check(shape, proto.getStringDataCount(), proto);
            return Value.of(shape, proto.getStringDataList().stream().map(ByteString::toStringUtf8).toList());
        }
        ElementType type = ElementType.of(proto.getDataType());
        return Value.of(type,
                Tensor.of(stored(proto, type, shape).orElseGet(() -> Data.of(type.carrier(), shape, values(proto, type, shape)))));
    }

    /** Values that stay in their file until somebody asks for them. */
    private Optional<Data> stored(TensorProto proto, ElementType type, Shape shape) {
        boolean plain = type == ElementType.FLOAT || type == ElementType.DOUBLE;
        return plain && isExternal(proto) ? external.stored(proto, new Type(type.carrier(), shape)) : Optional.empty();
    }

    private static boolean isExternal(TensorProto proto) {
        return proto.getDataLocation() == TensorProto.DataLocation.EXTERNAL;
    }

    /** The dense forms of sparse tensors, by name. */
    public Map<String, Value> dense(Collection<SparseTensorProto> protos) {
        Map<String, Value> values = new LinkedHashMap<>();
        long room = 0;
        for (SparseTensorProto proto : protos) {
            Value value = read(proto);
            room += value instanceof Value.Numbers numbers ? numbers.tensor().size() * numbers.tensor().dtype().bytes() : 0;
            if (room > MOST_BYTES) {
                throw damaged(proto.getValues(), "at most " + MOST_BYTES + " bytes in all sparse tensors, a quarter of what Java may use",
                        room + " bytes; start Java with a larger -Xmx");
            }
            values.put(proto.getValues().getName(), value);
        }
        return values;
    }

    /** The dense form of a sparse tensor. */
    public Value read(SparseTensorProto proto) {
        Shape shape = shape(proto.getDimsList(), proto.getValues().getName());
        if (!(read(proto.getValues()) instanceof Value.Numbers values) || !(read(proto.getIndices()) instanceof Value.Numbers indices)) {
            throw new FormatException("a sparse tensor holds no numbers\n  expected  numbers and their places\n  received  strings");
        }
        DType carrier = values.type().carrier();
        long room = (long) shape.length() * carrier.bytes();
        if (room > MOST_BYTES) {
            throw damaged(proto.getValues(), "at most " + MOST_BYTES + " bytes, a quarter of what Java may use",
                    room + " bytes for " + values.type() + shape + "; start Java with a larger -Xmx");
        }
        Object array = carrier.newArray(shape.length());
        Data from = values.tensor().data();
        Data at = indices.tensor().data();
        int rank = at.shape().rank() == 2 ? shape.rank() : 1;
        if (at.length() != (long) from.length() * rank) {
            throw damaged(proto.getValues(), from.length() + " indices", at.shape().toString());
        }
        int[] strides = rank == 1 ? new int[] {1} : shape.strides();
        for (int i = 0; i < from.length(); i++) {
            int place = 0;
            for (int axis = 0; axis < rank; axis++) {
                long index = at.getLong(i * rank + axis);
                if (index < 0 || index >= (rank == 1 ? shape.length() : shape.dim(axis))) {
                    throw damaged(proto.getValues(), "indices inside of " + shape, "index " + index + " of axis " + axis);
                }
                place += (int) index * strides[axis];
            }
            System.arraycopy(from.array(), i, array, place, 1);
        }
        return Value.of(values.type(), Tensor.of(Data.of(carrier, shape, array)));
    }

    /** @throws FormatException if an extent is negative or there are too many elements */
    static Shape shape(List<Long> dims, String name) {
        int[] extents = new int[dims.size()];
        long size = 1;
        for (int i = 0; i < extents.length; i++) {
            long dim = dims.get(i);
            if (dim < 0 || dim > Integer.MAX_VALUE || (size = size * Math.max(1, dim)) > Integer.MAX_VALUE - 8) {
                throw new FormatException("tensor '" + name + "' has an impossible shape\n  expected  extents >= 0 and at most "
                        + (Integer.MAX_VALUE - 8) + " elements\n  received  " + dims);
            }
            extents[i] = (int) dim;
        }
        return Shape.of(extents);
    }

    private Object values(TensorProto proto, ElementType type, Shape shape) {
        boolean isExternal = isExternal(proto);
        if (isExternal || proto.hasRawData()) {
            ByteBuffer bytes = isExternal ? external.read(proto) : proto.getRawData().asReadOnlyByteBuffer();
            return raw(proto, type, shape, bytes.order(ByteOrder.LITTLE_ENDIAN));
        }
        return switch (type) {
            case FLOAT -> floats(proto, shape);
            case DOUBLE -> doubles(proto, shape);
            case INT64 -> longs(proto, shape, proto.getInt64DataList());
            case UINT32, UINT64 -> longs(proto, shape, proto.getUint64DataList());
            default -> small(proto, type, shape, proto.getInt32DataList());
        };
    }

    private static Object floats(TensorProto proto, Shape shape) {
        check(shape, proto.getFloatDataCount(), proto);
        float[] values = new float[shape.length()];
        for (int i = 0; i < values.length; i++) {
            values[i] = proto.getFloatData(i);
        }
        return values;
    }

    private static Object doubles(TensorProto proto, Shape shape) {
        check(shape, proto.getDoubleDataCount(), proto);
        return proto.getDoubleDataList().stream().mapToDouble(Double::doubleValue).toArray();
    }

    private static Object longs(TensorProto proto, Shape shape, List<Long> list) {
        check(shape, list.size(), proto);
        return list.stream().mapToLong(Long::longValue).toArray();
    }

    private static Object small(TensorProto proto, ElementType type, Shape shape, List<Integer> list) {
        int length = shape.length();
        Object array = type.carrier().newArray(length);
        int each = Math.max(1, 8 / type.bits());
        check(shape, each == 1 ? list.size() : Math.min((long) list.size() * each, Math.max(length, (list.size() - 1L) * each + 1)), proto);
        for (int i = 0; i < length; i++) {
            int bits = list.get(i / each) >>> (i % each * type.bits());
            TensorBits.set(type, array, i, bits);
        }
        return array;
    }

    private static Object raw(TensorProto proto, ElementType type, Shape shape, ByteBuffer bytes) {
        int length = shape.length();
        long needed = ((long) length * type.bits() + 7) / 8;
        if (bytes.remaining() != needed) {
            throw damaged(proto, needed + " bytes for " + type + shape, bytes.remaining() + " bytes");
        }
        Object array = type.carrier().newArray(length);
        if (type.bits() == 8 * type.carrier().bytes() && type.carrier() != DType.BOOL) {
            LittleEndian.get(type.carrier(), bytes, array, 0, length);
            return array;
        }
        int start = bytes.position();
        for (int i = 0; i < length; i++) {
            int bits = switch (type.bits()) {
                case 32 -> bytes.getInt(start + 4 * i);
                case 16 -> bytes.getShort(start + 2 * i);
                case 8 -> bytes.get(start + i);
                default -> across(bytes, start, (long) i * type.bits(), type.bits());
            };
            TensorBits.set(type, array, i, bits);
        }
        return array;
    }

    /** Fewer bits than a byte has, which may lie in two. */
    private static int across(ByteBuffer bytes, int start, long first, int count) {
        int at = start + (int) (first / 8);
        int shift = (int) (first % 8);
        int low = (bytes.get(at) & 0xFF) >>> shift;
        return shift + count > 8 ? low | bytes.get(at + 1) << 8 - shift : low;
    }

    private static void check(Shape shape, long count, TensorProto proto) {
        if (count != shape.size()) {
            throw damaged(proto, shape.size() + " values for the shape " + shape, count + " values");
        }
    }

    static FormatException damaged(TensorProto proto, String expected, String received) {
        return new FormatException("tensor '" + proto.getName() + "' is damaged\n  expected  " + expected + "\n  received  " + received);
    }

    /** All of a list. */
    public List<Value> read(List<TensorProto> protos) {
        List<Value> values = new ArrayList<>();
        protos.forEach(proto -> values.add(read(proto)));
        return values;
    }
}
