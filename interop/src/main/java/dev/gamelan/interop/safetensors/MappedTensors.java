package dev.gamelan.interop.safetensors;

import dev.gamelan.ir.Data;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.NameException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The tensors of a safetensors file, or of all files of an index, mapped into memory: opening reads the headers alone and
 * costs the same for any size; the disk is read where a tensor's values are asked for. There is nothing to close: a file is
 * mapped as long as this or one of its tensors is in use.
 *
 * <p>A mapped file may be deleted or replaced by another (not on Windows, which refuses that), but not be cut short or
 * written into: what is then read is undefined, at best an error. To overwrite a file that was read, use
 * {@link SafeTensors#read}.
 */
public final class MappedTensors {

    private final Map<String, StoredTensor> tensors;
    private final Map<String, String> metadata;

    private MappedTensors(Map<String, StoredTensor> tensors, Map<String, String> metadata) {
        this.tensors = Collections.unmodifiableMap(tensors);
        this.metadata = Collections.unmodifiableMap(metadata);
    }

    /**
     * Opens a file, an index that ends in {@code .json}, or a folder with {@code model.safetensors.index.json} or
     * {@code model.safetensors} in it. An index and its files must agree: each tensor is in the one file where the index
     * says it is, and all are in the index.
     *
     * @throws FormatException      if a file is damaged or is something else, a file of the index is missing, or they disagree
     * @throws UncheckedIOException if a file cannot be read
     */
    public static MappedTensors open(Path file) {
        return ShardIndex.isOne(file) ? sharded(ShardIndex.read(file)) : single(file);
    }

    private static MappedTensors single(Path file) {
        return SafeTensors.open(file, channel -> {
            Header header = Header.read(file, channel);
            // Not one mapping per tensor: the number of mappings of a process is limited.
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            Map<String, StoredTensor> tensors = new LinkedHashMap<>();
            for (Header.Entry entry : header.entries()) {
                MemorySegment bytes = all.asSlice(header.dataStart() + entry.begin(), entry.end() - entry.begin());
                tensors.put(entry.name(), new StoredTensor(file, entry, bytes));
            }
            return new MappedTensors(tensors, header.metadata());
        });
    }

    private static MappedTensors sharded(ShardIndex index) {
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        Map<String, String> metadata = new TreeMap<>();
        for (String shard : index.shards()) {
            MappedTensors part = single(index.path(shard));
            for (StoredTensor tensor : part.tensors.values()) {
                index.check(tensor.name(), shard);
                tensors.put(tensor.name(), tensor);
            }
            part.metadata.forEach(metadata::putIfAbsent);
        }
        index.checkAll(tensors.keySet());
        return new MappedTensors(tensors, metadata);
    }

    /** In the order of the file, or of the files of an index. */
    public Set<String> names() {
        return tensors.keySet();
    }

    public List<StoredTensor> tensors() {
        return new ArrayList<>(tensors.values());
    }

    /** The text of the file; of an index, that of its files, where they differ that of the first. */
    public Map<String, String> metadata() {
        return metadata;
    }

    public boolean contains(String name) {
        return tensors.containsKey(name);
    }

    /** @throws NameException if there is no such tensor */
    public StoredTensor get(String name) {
        StoredTensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new NameException("there is no tensor '" + name + "' among the " + tensors.size() + " of the file");
        }
        return tensor;
    }

    /** Reads everything. */
    public SafeTensors read() {
        Map<String, Data> values = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> values.put(name, tensor.data()));
        return new SafeTensors(values, metadata);
    }

    @Override
    public String toString() {
        return "MappedTensors" + tensors.values();
    }
}
