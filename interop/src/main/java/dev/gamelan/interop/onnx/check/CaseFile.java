package dev.gamelan.interop.onnx.check;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.gamelan.interop.onnx.proto.OptionalProto;
import dev.gamelan.interop.onnx.proto.SequenceProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.ExternalData;
import dev.gamelan.interop.onnx.value.TensorReader;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the {@code input_N.pb} and {@code output_N.pb} of a test. */
final class CaseFile {

    private static final TensorReader READER = new TensorReader(ExternalData.NONE);

    private CaseFile() {}

    /** @param declared the type, as {@link dev.gamelan.interop.onnx.OnnxModel#declared} writes it */
    static Value read(Path file, String declared) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        try {
            if (declared.startsWith("sequence")) {
                return sequence(SequenceProto.parseFrom(bytes));
            }
            return declared.startsWith("optional") ? optional(OptionalProto.parseFrom(bytes))
                    : READER.read(typed(TensorProto.parseFrom(bytes), declared));
        } catch (InvalidProtocolBufferException e) {
            throw new FormatException(file + " is damaged", e);
        }
    }

    /** Old tests keep BFLOAT16 by its bits in UINT16. */
    private static TensorProto typed(TensorProto proto, String declared) {
        boolean bits = declared.startsWith("BFLOAT16") && proto.getDataType() == ElementType.UINT16.code();
        return bits ? proto.toBuilder().setDataType(ElementType.BFLOAT16.code()).build() : proto;
    }

    private static Value sequence(SequenceProto proto) {
        List<Value> values = new ArrayList<>(READER.read(proto.getTensorValuesList()));
        proto.getSequenceValuesList().forEach(each -> values.add(sequence(each)));
        proto.getOptionalValuesList().forEach(each -> values.add(optional(each)));
        return Value.of(values);
    }

    private static Value optional(OptionalProto proto) {
        Optional<Value> value = proto.hasTensorValue() ? Optional.of(READER.read(proto.getTensorValue()))
                : proto.hasSequenceValue() ? Optional.of(sequence(proto.getSequenceValue()))
                : proto.hasOptionalValue() ? Optional.of(optional(proto.getOptionalValue())) : Optional.empty();
        return Value.of(value);
    }
}
