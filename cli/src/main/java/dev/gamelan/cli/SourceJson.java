package dev.gamelan.cli;

import dev.gamelan.domains.tabular.Task;
import dev.gamelan.domains.vision.ImageFormat;
import dev.gamelan.shape.FormatException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A {@link DataSource} as JSON, so that a run or a model can find its data again. */
final class SourceJson {

    private static final JsonMapper JSON = JsonMapper.shared();

    private SourceJson() {}

    static ObjectNode write(DataSource source) {
        ObjectNode node = JSON.createObjectNode();
        switch (source) {
            case DataSource.Known known -> node.put("known", known.text());
            case DataSource.Folder folder -> {
                node.put("folder", folder.path().toString());
                folder.format().ifPresent(format -> node.put("image_size", format.height()));
            }
            case DataSource.TableFile table -> {
                node.put("table", table.path().toString()).put("target", table.target());
                table.task().ifPresent(task -> node.put("task", task.name()));
            }
        }
        return node;
    }

    /** @throws FormatException if the node is not what {@link #write} makes */
    static DataSource read(JsonNode node) {
        if (node.path("known").isString()) {
            String text = node.get("known").stringValue();
            return DataSource.Known.named(text).orElseThrow(() -> new FormatException("unknown data set '" + text + "'"));
        }
        if (node.path("folder").isString()) {
            int size = node.path("image_size").asInt(0);
            return new DataSource.Folder(Path.of(node.get("folder").stringValue()),
                    size == 0 ? Optional.empty() : Optional.of(new ImageFormat(size, size, 3)));
        }
        if (node.path("table").isString() && node.path("target").isString()) {
            Optional<Task> task = Arrays.stream(Task.values()).filter(each -> each.name().equals(node.path("task").asString("")))
                    .findFirst();
            return new DataSource.TableFile(Path.of(node.get("table").stringValue()), node.get("target").stringValue(), task);
        }
        throw new FormatException("the description of the data is damaged: " + node);
    }
}
