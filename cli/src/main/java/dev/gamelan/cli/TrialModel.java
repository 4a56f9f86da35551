package dev.gamelan.cli;

import com.google.protobuf.ByteString;
import dev.gamelan.interop.onnx.proto.AttributeProto;
import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.OperatorSetIdProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.proto.TensorShapeProto;
import dev.gamelan.interop.onnx.proto.TypeProto;
import dev.gamelan.interop.onnx.proto.ValueInfoProto;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** ONNX models of the operators that exporters write most, in the forms in which they write them. */
enum TrialModel {
    /** As networks for pictures are. */
    PICTURES("image", List.of(1, 3, 32, 32), List.of("stem 8 3 3 3", "onnx::Conv_1 8 1 3 3", "point 16 8 1 1", "scale 16", "shift 16",
            "mean 16", "variance 16", "up 16 8 2 2", "slope 8 1 1", "dense 10 8", "bias 10", "b0 8"), """
            low = Constant() value_float=0
            high = Constant() value_float=6
            a = Conv(image,stem,b0) pads=1,1,1,1 strides=2,2 kernel_shape=3,3
            b = Clip(a,low,high)
            c = Conv(b,onnx::Conv_1) group=8 pads=1,1,1,1 kernel_shape=3,3
            d = HardSwish(c)
            e = Conv(d,point) kernel_shape=1,1
            f = BatchNormalization(e,scale,shift,mean,variance)
            g = Relu(f)
            h = GlobalAveragePool(g)
            i = HardSigmoid(h)
            j = Mul(g,i)
            k = Add(j,g)
            l = MaxPool(k) kernel_shape=2,2 strides=2,2
            m = AveragePool(k) kernel_shape=2,2 strides=2,2
            n = Concat(l,m) axis=1
            o1,o2 = Split(n) axis=1
            p = ConvTranspose(o1,up) strides=2,2 kernel_shape=2,2
            q = PRelu(p,slope)
            none = Constant() value_floats=
            twice = Constant() value_floats=1,1,2,2
            r = Resize(q,none,twice) mode=nearest coordinate_transformation_mode=asymmetric nearest_mode=floor
            s = Resize(q,none,twice) mode=linear
            t = Sub(r,s)
            around = Constant() value_ints=0,0,1,1,0,0,1,1
            u = Pad(t,around)
            v = LeakyRelu(u)
            w = Sigmoid(v)
            first = Constant() value_ints=0
            last = Constant() value_ints=16
            axis = Constant() value_ints=2
            x = Slice(w,first,last,axis)
            y = ReduceMean(x) axes=2,3 keepdims=0
            z = Gemm(y,dense,bias) transB=1
            out = Softmax(z) axis=1
            rows = Transpose(x) perm=0,2,3,1
            shape = Constant() value_ints=1,-1,8
            boxes = Reshape(rows,shape)
            """),
    /** As networks for texts are. */
    TEXTS("ids", List.of(1, 8), List.of("table 32 16", "onnx::MatMul_2 16 16", "key.weight 16 16", "gain 16", "offset 16",
            "W 1 32 16", "R 1 32 8", "B 1 64", "half 1", "query.bias 16"), """
            size = Shape(ids)
            zero = Constant() value_int=0
            one = Constant() value_int=1
            axis0 = Constant() value_ints=0
            axis1 = Constant() value_ints=1
            batch = Gather(size,zero) axis=0
            length = Gather(size,one) axis=0
            b1 = Unsqueeze(batch,axis0)
            l1 = Unsqueeze(length,axis0)
            heads = Constant() value_ints=2
            width = Constant() value_ints=8
            shape = Concat(b1,l1,heads,width) axis=0
            a = Gather(table,ids)
            c = ReduceMean(a) axes=-1
            d = Sub(a,c)
            two = Constant() value_float=2
            e = Pow(d,two)
            f = ReduceMean(e) axes=-1
            small = Constant() value_float=1e-5
            g = Add(f,small)
            h = Sqrt(g)
            i = Div(d,h)
            j = Mul(i,gain)
            k = Add(j,offset)
            q0 = MatMul(k,onnx::MatMul_2) name=/encoder/layer.0/query/MatMul
            q1 = Add(q0,query.bias)
            q2 = Reshape(q1,shape)
            q = Transpose(q2) perm=0,2,1,3
            k0 = MatMul(k,key.weight)
            k1 = Reshape(k0,shape)
            keys = Transpose(k1) perm=0,2,3,1
            v = Transpose(k1) perm=0,2,1,3
            s = MatMul(q,keys)
            scale = Constant() value_float=2.8
            t = Div(s,scale)
            pad = Equal(ids,one)
            m0 = Unsqueeze(pad,axis1)
            m1 = Unsqueeze(m0,axis1)
            m2 = Cast(m1) to=1
            least = Constant() value_float=-1e9
            m3 = Mul(m2,least)
            m4 = Expand(m3,l1)
            u = Add(t,m4)
            w = Softmax(u) axis=-1
            x = MatMul(w,v)
            y0 = Transpose(x) perm=0,2,1,3
            flat = Constant() value_ints=0,0,-1
            y = Reshape(y0,flat)
            z0 = Div(y,two)
            z1 = Erf(z0)
            z2 = Mul(z1,half)
            n = LayerNormalization(z2,gain,offset)
            chosen = Where(pad,zero,ids)
            steps = Transpose(n) perm=1,0,2
            r,rh,rc = LSTM(steps,W,R,B) hidden_size=8
            r1 = Squeeze(r,axis1)
            places = Range(zero,length,one)
            filled = ConstantOfShape(l1)
            low = Slice(ids,axis0,l1,axis1)
            least1 = ReduceMax(r1) axes=0
            tanh = Tanh(least1)
            best = ArgMax(r1) axis=-1
            neg = Neg(a)
            exp = Exp(neg)
            total = ReduceSum(exp,axis1)
            """);

    private static final int OPERATOR_SET = 17;
    private static final int IR_VERSION = 8;

    private final String input;
    private final List<Integer> extents;
    private final List<String> weights;
    private final String nodes;

    /**
     * @param weights each its name and extents
     * @param nodes   each {@code RESULTS = Operator(OPERANDS) ATTRIBUTE=VALUE}
     */
    TrialModel(String input, List<Integer> extents, List<String> weights, String nodes) {
        this.input = input;
        this.extents = extents;
        this.weights = weights;
        this.nodes = nodes;
    }

    String input() {
        return input;
    }

    /** Zeros of the input's type. */
    Data example() {
        return Tensor.zeros(this == TEXTS ? DType.INT64 : DType.FLOAT32, Shape.of(extents.stream().mapToInt(Integer::intValue).toArray()))
                .data();
    }

    private int inputType() {
        return this == TEXTS ? TensorProto.DataType.INT64_VALUE : TensorProto.DataType.FLOAT_VALUE;
    }

    /** Writes the model; every value that nothing reads is an output. */
    void write(Path file) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName("trial").addInput(info(input, inputType(), extents));
        weights.forEach(weight -> graph.addInitializer(weight(weight.split(" "))));
        nodes.lines().map(line -> node(line.split(" "))).forEach(graph::addNode);
        Stream<String> made = graph.getNodeList().stream().flatMap(node -> node.getOutputList().stream());
        List<String> read = graph.getNodeList().stream().flatMap(node -> node.getInputList().stream()).toList();
        made.filter(name -> !read.contains(name)).forEach(name -> graph.addOutput(ValueInfoProto.newBuilder().setName(name)));
        ModelProto model = ModelProto.newBuilder().setIrVersion(IR_VERSION)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPERATOR_SET)).setGraph(graph).build();
        try {
            Files.write(file, model.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ValueInfoProto info(String name, int type, List<Integer> extents) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        extents.forEach(extent -> shape.addDim(TensorShapeProto.Dimension.newBuilder().setDimValue(extent)));
        return ValueInfoProto.newBuilder().setName(name)
                .setType(TypeProto.newBuilder().setTensorType(TypeProto.Tensor.newBuilder().setElemType(type).setShape(shape))).build();
    }

    private static TensorProto weight(String[] words) {
        TensorProto.Builder tensor = TensorProto.newBuilder().setName(words[0]).setDataType(TensorProto.DataType.FLOAT_VALUE);
        int size = 1;
        for (String extent : Arrays.asList(words).subList(1, words.length)) {
            tensor.addDims(Integer.parseInt(extent));
            size *= Integer.parseInt(extent);
        }
        for (int i = 0; i < size; i++) {
            tensor.addFloatData(0.1f + i % 7 / 10f);
        }
        return tensor.build();
    }

    private static NodeProto node(String[] words) {
        String call = words[2];
        NodeProto.Builder node = NodeProto.newBuilder().addAllOutput(List.of(words[0].split(",")))
                .setOpType(call.substring(0, call.indexOf('(')));
        String operands = call.substring(call.indexOf('(') + 1, call.length() - 1);
        if (!operands.isEmpty()) {
            node.addAllInput(List.of(operands.split(",")));
        }
        for (String setting : Arrays.asList(words).subList(3, words.length)) {
            String[] parts = setting.split("=", 2);
            if (parts[0].equals("name")) {
                node.setName(parts[1]);
            } else {
                node.addAttribute(attribute(parts[0], parts[1]));
            }
        }
        return node.build();
    }

    private static AttributeProto attribute(String name, String value) {
        AttributeProto.Builder attribute = AttributeProto.newBuilder().setName(name);
        List<String> parts = value.isEmpty() ? List.of() : List.of(value.split(","));
        switch (name) {
            case "value_float" -> attribute.setType(AttributeProto.AttributeType.FLOAT).setF(Float.parseFloat(value));
            case "value_floats" -> attribute.setType(AttributeProto.AttributeType.FLOATS)
                    .addAllFloats(parts.stream().map(Float::valueOf).toList());
            case "value_int", "axis", "group", "keepdims", "to", "transB", "hidden_size" ->
                    attribute.setType(AttributeProto.AttributeType.INT).setI(Long.parseLong(value));
            case "mode", "coordinate_transformation_mode", "nearest_mode" ->
                    attribute.setType(AttributeProto.AttributeType.STRING).setS(ByteString.copyFromUtf8(value));
            default -> attribute.setType(AttributeProto.AttributeType.INTS).addAllInts(parts.stream().map(Long::valueOf).toList());
        }
        return attribute.build();
    }
}
