package dev.gamelan.interop.onnx.check;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.gamelan.interop.onnx.proto.ModelProto;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Changes a model as a message: a field gets another value (an extreme number, another name of the model, another message of its type), is
 * dropped, doubled or moved. So nearly all that comes out can still be read, and goes wrong deeper inside than changed bytes do.
 */
final class Mutations {

    private static final long[] NUMBERS = {0, 1, -1, 2, 3, 16, 17, 22, 23, 24, 25, 127, 255, 65536, 46341, Integer.MAX_VALUE,
            Integer.MIN_VALUE, 1L << 31, 1L << 32, 1L << 33 | 1, 3037000500L, 1L << 40, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE};
    private static final float[] FRACTIONS = {0, -0f, 1, -1, 0.5f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e38f,
            1e-38f, 1e9f, -1e9f};

    private final SplittableRandom random;
    private final List<String> names = new ArrayList<>();
    private final Map<String, List<Message>> messages = new HashMap<>();

    private Mutations(SplittableRandom random) {
        this.random = random;
    }

    /** One to three changes. */
    static ModelProto of(ModelProto model, SplittableRandom random) {
        Mutations mutations = new Mutations(random);
        mutations.collect(model);
        ModelProto.Builder result = model.toBuilder();
        for (int i = 0; i <= random.nextInt(3); i++) {
            mutations.change(result);
        }
        return result.build();
    }

    private void collect(Message message) {
        messages.computeIfAbsent(message.getDescriptorForType().getFullName(), _ -> new ArrayList<>()).add(message);
        message.getAllFields().values().forEach(value -> {
            for (Object each : value instanceof List<?> list ? list : List.of(value)) {
                switch (each) {
                    case Message inner -> collect(inner);
                    case String name -> names.add(name);
                    default -> {}
                }
            }
        });
    }

    /** How many fields there are in it and below. */
    private static int weight(Message message) {
        int sum = 0;
        for (Object value : message.getAllFields().values()) {
            sum++;
            for (Object each : value instanceof List<?> list ? list : List.of(value)) {
                sum += each instanceof Message inner ? weight(inner) : 0;
            }
        }
        return sum;
    }

    /** Any field of a message or of those in it, each as likely as another. */
    private void change(Message.Builder message) {
        if (random.nextInt(12) == 0) {
            addField(message);
            return;
        }
        int at = random.nextInt(Math.max(1, weight(message.buildPartial())));
        for (FieldDescriptor field : message.getAllFields().keySet()) {
            if (at-- == 0) {
                changeField(message, field);
                return;
            }
            if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
                continue;
            }
            for (int i = 0; i < (field.isRepeated() ? message.getRepeatedFieldCount(field) : 1); i++) {
                Message inner = (Message) (field.isRepeated() ? message.getRepeatedField(field, i) : message.getField(field));
                int weight = weight(inner);
                if (at < weight) {
                    Message.Builder changed = inner.toBuilder();
                    change(changed);
                    set(message, field, i, changed.build());
                    return;
                }
                at -= weight;
            }
        }
    }

    private static void set(Message.Builder message, FieldDescriptor field, int i, Object value) {
        if (field.isRepeated()) {
            message.setRepeatedField(field, i, value);
        } else {
            message.setField(field, value);
        }
    }

    private void addField(Message.Builder message) {
        List<FieldDescriptor> fields = message.getDescriptorForType().getFields();
        FieldDescriptor field = fields.get(random.nextInt(fields.size()));
        Object value = value(message, field, Optional.empty());
        if (field.isRepeated()) {
            message.addRepeatedField(field, value);
        } else {
            message.setField(field, value);
        }
    }

    private void changeField(Message.Builder message, FieldDescriptor field) {
        if (!field.isRepeated()) {
            if (random.nextInt(5) == 0) {
                message.clearField(field);
            } else {
                message.setField(field, value(message, field, Optional.of(message.getField(field))));
            }
            return;
        }
        int count = message.getRepeatedFieldCount(field);
        int i = random.nextInt(count);
        Object old = message.getRepeatedField(field, i);
        switch (random.nextInt(7)) {
            case 0 -> {
                List<Object> rest = new ArrayList<>((List<?>) message.getField(field));
                rest.remove(i);
                message.setField(field, rest);
            }
            case 1 -> message.addRepeatedField(field, old);
            case 2 -> {
                int other = random.nextInt(count);
                message.setRepeatedField(field, i, message.getRepeatedField(field, other));
                message.setRepeatedField(field, other, old);
            }
            case 3 -> message.addRepeatedField(field, value(message, field, Optional.of(old)));
            default -> message.setRepeatedField(field, i, value(message, field, Optional.of(old)));
        }
    }

    private Object value(Message.Builder owner, FieldDescriptor field, Optional<Object> old) {
        return switch (field.getJavaType()) {
            case INT -> (int) number(old.map(value -> (long) (int) value).orElse(0L));
            case LONG -> number(old.map(value -> (long) value).orElse(0L));
            case FLOAT -> FRACTIONS[random.nextInt(FRACTIONS.length)];
            case DOUBLE -> (double) FRACTIONS[random.nextInt(FRACTIONS.length)];
            case BOOLEAN -> random.nextBoolean();
            case STRING -> names.isEmpty() || random.nextInt(8) == 0 ? "" : names.get(random.nextInt(names.size()));
            case BYTE_STRING -> bytes((ByteString) old.orElse(ByteString.copyFrom(new byte[8])));
            case ENUM -> {
                List<EnumValueDescriptor> all = field.getEnumType().getValues();
                yield all.get(random.nextInt(all.size()));
            }
            case MESSAGE -> {
                List<Message> all = messages.getOrDefault(field.getMessageType().getFullName(), List.of());
                yield all.isEmpty() ? owner.newBuilderForField(field).build() : all.get(random.nextInt(all.size()));
            }
        };
    }

    private long number(long old) {
        return switch (random.nextInt(6)) {
            case 0 -> old + 1;
            case 1 -> old - 1;
            case 2 -> random.nextInt(-3, 12);
            case 3 -> -old;
            default -> NUMBERS[random.nextInt(NUMBERS.length)];
        };
    }

    /** Values as files hold them: shorter, longer, or with another number in them. */
    private ByteString bytes(ByteString old) {
        byte[] bytes = old.toByteArray();
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int kind = random.nextInt(5);
        if (kind == 0 || bytes.length < 8) {
            return ByteString.copyFrom(Arrays.copyOf(bytes, random.nextInt(bytes.length + 16)));
        }
        switch (kind) {
            case 1 -> buffer.putLong(8 * random.nextInt(bytes.length / 8), number(buffer.getLong(0)));
            case 2 -> buffer.putFloat(4 * random.nextInt(bytes.length / 4), FRACTIONS[random.nextInt(FRACTIONS.length)]);
            case 3 -> buffer.putInt(4 * random.nextInt(bytes.length / 4), (int) number(0));
            default -> bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return ByteString.copyFrom(bytes);
    }
}
