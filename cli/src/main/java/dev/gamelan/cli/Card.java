package dev.gamelan.cli;

import dev.gamelan.domains.tabular.EncoderJson;
import dev.gamelan.domains.vision.ImageFormat;
import dev.gamelan.nn.Model;
import dev.gamelan.shape.FormatException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a model file says besides weights and architecture: what the model was made from, what it takes and what its
 * outputs mean.
 *
 * @param model the name of its kind, such as {@code cnn}
 * @param seed  which divided the data
 */
record Card(DataSource source, String model, long seed, ModelInput input) {

    private static final String KEY = "card";
    private static final JsonMapper JSON = JsonMapper.shared();

    /** For {@link Model#save(Path, Map)}. */
    Map<String, String> notes() {
        ObjectNode node = JSON.createObjectNode();
        node.set("data", SourceJson.write(source));
        node.put("model", model).put("seed", seed);
        switch (input) {
            case ModelInput.Pictures pictures -> {
                node.putObject("pictures").put("height", pictures.format().height()).put("width", pictures.format().width())
                        .put("channels", pictures.format().channels());
                pictures.names().forEach(node.putArray("labels")::add);
            }
            case ModelInput.Rows rows -> node.put("table", EncoderJson.write(rows.encoder()));
        }
        return Map.of(KEY, node.toString());
    }

    /**
     * @throws FormatException if the file is damaged, or was not made by {@code gamelan train}
     */
    static Card read(Path file) {
        String text = Model.notes(file).get(KEY);
        if (text == null) {
            throw new FormatException(file + " does not say what its inputs and outputs mean; use a model that 'gamelan train' made");
        }
        try {
            JsonNode node = JSON.readTree(text);
            return new Card(SourceJson.read(node.required("data")), node.required("model").stringValue(),
                    node.required("seed").longValue(), input(node));
        } catch (JacksonException | IllegalArgumentException e) {
            throw new FormatException(file + ": the description of the model is damaged: " + Failures.cause(e), e);
        }
    }

    private static ModelInput input(JsonNode node) {
        if (node.has("table")) {
            return new ModelInput.Rows(EncoderJson.read(node.get("table").stringValue()));
        }
        JsonNode pictures = node.required("pictures");
        ImageFormat format = new ImageFormat(pictures.required("height").intValue(), pictures.required("width").intValue(),
                pictures.required("channels").intValue());
        List<String> labels = new ArrayList<>();
        node.required("labels").forEach(label -> labels.add(label.stringValue()));
        return new ModelInput.Pictures(format, List.copyOf(labels));
    }
}
