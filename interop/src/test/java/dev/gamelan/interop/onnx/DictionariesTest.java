package dev.gamelan.interop.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.OperatorSetIdProto;
import dev.gamelan.interop.onnx.proto.TypeProto;
import dev.gamelan.interop.onnx.proto.ValueInfoProto;
import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Maps as outputs and inputs of models of tables. */
class DictionariesTest {

    private static AttributeProto strings(String name, String... values) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.STRINGS)
                .addAllStrings(Arrays.stream(values).map(ByteString::copyFromUtf8).toList()).build();
    }

    private static AttributeProto longs(String name, long... values) {
        AttributeProto.Builder result = AttributeProto.newBuilder().setName(name).setType(AttributeProto.AttributeType.INTS);
        Arrays.stream(values).forEach(result::addInts);
        return result.build();
    }

    private static ValueInfoProto map(String name, int key) {
        TypeProto value = Graphs.info("", 1).getType();
        return ValueInfoProto.newBuilder().setName(name)
                .setType(TypeProto.newBuilder().setMapType(TypeProto.Map.newBuilder().setKeyType(key).setValueType(value))).build();
    }

    private static Value run(String op, ValueInfoProto input, Value value, AttributeProto... attributes) {
        NodeProto node = NodeProto.newBuilder().setDomain("ai.onnx.ml").setOpType(op).addInput("x").addOutput("y")
                .addAllAttribute(Arrays.asList(attributes)).build();
        GraphProto graph = GraphProto.newBuilder().setName("test").addInput(input).addNode(node)
                .addOutput(ValueInfoProto.newBuilder().setName("y")).build();
        ModelProto model = ModelProto.newBuilder().setIrVersion(8).addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
                .addOpsetImport(OperatorSetIdProto.newBuilder().setDomain("ai.onnx.ml").setVersion(1)).setGraph(graph).build();
        return Objects.requireNonNull(Onnx.read(model.toByteArray()).run(Map.of("x", value)).get("y"));
    }

    private static float[] floats(Value value) {
        return ((Value.Numbers) value).tensor().toFloatArray();
    }

    @Test
    void scoresBecomeOneDictionaryForEachExample() {
        Tensor scores = Tensor.of(0.25, 0.75, 1, 0).reshape(2, 2);
        ValueInfoProto input = Graphs.info("x", 1, 0, 2);
        Value byName = run("ZipMap", input, Value.of(scores), strings("classlabels_strings", "no", "yes"));
        List<Value> rows = ((Value.Sequence) byName).values();
        assertEquals(Map.of("no", 0.25, "yes", 0.75), ((Value.Dictionary) rows.get(0)).entries());
        assertEquals(Map.of("no", 1.0, "yes", 0.0), ((Value.Dictionary) rows.get(1)).entries());
        Value byNumber = run("ZipMap", input, Value.of(scores), longs("classlabels_int64s", 7, -1));
        assertEquals(Map.of(7L, 0.25, -1L, 0.75), ((Value.Dictionary) ((Value.Sequence) byNumber).values().get(0)).entries());
    }

    @Test
    void dictionariesBecomeRows() {
        Value named = Value.of(Value.of(Shape.of(2), List.of("b", "other")), Value.of(Tensor.of(3, 4)));
        Value row = run("DictVectorizer", map("x", ElementType.STRING), named, strings("string_vocabulary", "a", "b", "c"));
        assertArrayEquals(new float[] {0, 3, 0}, floats(row));
        assertEquals("FLOAT(1, 3)", row.toString());
    }

    @Test
    void dictionariesAreCast() {
        Value numbered = Value.of(Value.of(ElementType.INT64, Tensor.ofLongs(3, 1)), Value.of(Tensor.of(5, 6)));
        ValueInfoProto input = map("x", ElementType.INT64.code());
        assertArrayEquals(new float[] {6, 5}, floats(run("CastMap", input, numbered)));
        Value sparse = run("CastMap", input, numbered, Graphs.attribute("map_form", "SPARSE"), Graphs.attribute("max_map", 5));
        assertArrayEquals(new float[] {0, 6, 0, 5, 0}, floats(sparse));
    }
}
