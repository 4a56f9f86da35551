package dev.gamelan.interop.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.gamelan.interop.files.FileKind;
import dev.gamelan.interop.files.OpenFile;
import dev.gamelan.interop.onnx.ops.Registry;
import dev.gamelan.interop.onnx.proto.FunctionProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.interop.onnx.proto.NodeProto;
import dev.gamelan.interop.onnx.proto.OperatorSetIdProto;
import dev.gamelan.interop.onnx.proto.SparseTensorProto;
import dev.gamelan.interop.onnx.proto.TensorProto;
import dev.gamelan.interop.onnx.value.ExternalData;
import dev.gamelan.interop.onnx.value.TensorReader;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * A model as its file has it, with its tables.
 *
 * @param name for messages
 * @param versions of the operator sets, by domain
 * @param functions by domain, name and overload
 * @param channelBlock see {@link ChannelBlock}
 * @param limits   of a run
 */
record ModelFile(String name, ModelProto proto, Map<String, Integer> versions, Map<List<String>, FunctionProto> functions,
        TensorReader reader, int channelBlock, OnnxLimits limits) {

    private static final String MODEL = "\n  expected  a whole message ModelProto of the ONNX format\n  received  ";

    /** A file must not change while it is mapped, so that is only while this runs. Large values stay in the file where it can be held open. */
    static ModelFile read(Path file) {
        if (Files.isDirectory(file)) {
            throw new FormatException(file + " is a folder, not an ONNX model");
        }
        try {
            Optional<OpenFile> open = OpenFile.of(file);
            return open.isPresent() ? read(file, open.get()) : readAll(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + dev.gamelan.interop.files.AtomicFile.reason(e), e);
        }
    }

    private static ModelFile read(Path file, OpenFile open) throws IOException {
        boolean used = false;
        try (Arena arena = Arena.ofConfined()) {
            checkSize(file, open.size());
            byte[] outline = Outline.of(open.channel().map(FileChannel.MapMode.READ_ONLY, 0, open.size(), arena).asByteBuffer());
            Optional<OpenFile> own = Optional.of(open).filter(_ -> outline.length < open.size());
            // Nobody else has these bytes, so what is read of them need not be copied.
            CodedInputStream in = UnsafeByteOperations.unsafeWrap(outline).newCodedInput();
            in.enableAliasing(true);
            ModelFile model = parse(file.toString(), () -> FileKind.of(file), in, new ExternalData(folder(file), own));
            used = own.isPresent();
            return model;
        } finally {
            if (!used) {
                open.close();
            }
        }
    }

    private static ModelFile readAll(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            checkSize(file, channel.size());
            ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            return parse(file.toString(), () -> FileKind.of(file), CodedInputStream.newInstance(bytes),
                    new ExternalData(folder(file), Optional.empty()));
        }
    }

    private static void checkSize(Path file, long size) {
        if (size > Integer.MAX_VALUE) {
            throw new FormatException(file + " is larger than 2 GB, which the format does not allow: larger models keep their values in"
                    + " files beside them");
        }
    }

    private static Optional<Path> folder(Path file) {
        return Optional.ofNullable(file.toAbsolutePath().getParent());
    }

    /** Loads the tables of operators and the classes of messages, which otherwise happens at the first use. */
    static void load() {
        var _ = ExternalData.own(0, 0);
        var _ = ModelProto.getDefaultInstance();
        var _ = Registry.standard();
    }

    static ModelFile read(byte[] bytes) {
        return parse("the model", () -> FileKind.of(Arrays.copyOf(bytes, Math.min(bytes.length, 64)), bytes.length),
                CodedInputStream.newInstance(bytes), ExternalData.NONE);
    }

    /** @param kind what the bytes seem to be if they are no model */
    private static ModelFile parse(String name, Supplier<String> kind, CodedInputStream in, ExternalData external) {
        ModelProto proto;
        try {
            proto = ModelProto.parseFrom(in);
        } catch (InvalidProtocolBufferException e) {
            throw new FormatException(name + " is not an ONNX model, or is truncated or damaged" + MODEL + kind.get(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + name, e);
        }
        if (!proto.hasGraph()) {
            throw new FormatException(name + " is not an ONNX model: it has no graph" + MODEL + kind.get());
        }
        checkNames(name, proto.getGraph().getNodeList());
        proto.getFunctionsList().forEach(function -> checkNames(name + ", function " + function.getName(), function.getNodeList()));
        return of(name, Sorted.model(ConstantNodes.asInitializers(proto)), external);
    }

    /** Which of two values of a name is meant would depend on the order of the nodes. */
    private static void checkNames(String place, List<NodeProto> nodes) {
        Set<String> made = new HashSet<>();
        for (NodeProto node : nodes) {
            for (String output : node.getOutputList()) {
                if (!output.isEmpty() && !made.add(output)) {
                    throw new FormatException(place + ": two nodes make the same value\n  expected  outputs with names of their own"
                            + "\n  received  '" + output + "' again, from " + Walker.operator(node) + " '" + node.getName() + "'");
                }
            }
        }
    }

    static ModelFile of(String name, ModelProto proto, ExternalData external) {
        Map<List<String>, FunctionProto> functions = new HashMap<>();
        for (FunctionProto function : proto.getFunctionsList()) {
            functions.put(List.of(Registry.normal(function.getDomain()), function.getName(), function.getOverload()), function);
        }
        return new ModelFile(name, proto, versions(proto.getOpsetImportList()), functions, new TensorReader(external),
                ChannelBlock.of(proto.getGraph()), OnnxLimits.STANDARD);
    }

    ModelFile with(OnnxLimits other) {
        return new ModelFile(name, proto, versions, functions, reader, channelBlock, other);
    }

    /** Files from before operator sets had numbers are of version 1. */
    static Map<String, Integer> versions(List<OperatorSetIdProto> imports) {
        Map<String, Integer> versions = new LinkedHashMap<>();
        versions.put(Registry.ONNX, 1);
        for (OperatorSetIdProto each : imports) {
            versions.put(Registry.normal(each.getDomain()), Math.clamp(each.getVersion(), 1, Integer.MAX_VALUE));
        }
        return versions;
    }

    /** Whether a node is of an operator that is read here, or of a function of the model. */
    boolean isKnown(NodeProto node) {
        String domain = Registry.normal(node.getDomain());
        return functions.containsKey(List.of(domain, node.getOpType(), node.getOverload()))
                || Registry.standard().find(domain, node.getOpType(), versions.getOrDefault(domain, 1)).isPresent();
    }

    Collection<TensorProto> initializers() {
        return proto.getGraph().getInitializerList();
    }

    Collection<SparseTensorProto> sparseInitializers() {
        return proto.getGraph().getSparseInitializerList();
    }

    Value read(TensorProto tensor) {
        return reader.read(tensor);
    }

    /** Text of the metadata, by key. */
    Map<String, String> metadata() {
        Map<String, String> metadata = new LinkedHashMap<>();
        proto.getMetadataPropsList().forEach(entry -> metadata.put(entry.getKey(), entry.getValue()));
        return metadata;
    }

    static String text(ByteString bytes) {
        return bytes.toStringUtf8();
    }
}
