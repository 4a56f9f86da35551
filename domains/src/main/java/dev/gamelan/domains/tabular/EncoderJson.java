package dev.gamelan.domains.tabular;

import dev.gamelan.shape.FormatException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A {@link TableEncoder} as JSON, as it is kept beside a model's weights. */
public final class EncoderJson {

    private static final JsonMapper JSON = JsonMapper.shared();

    private EncoderJson() {}

    public static String write(TableEncoder encoder) {
        ObjectNode root = JSON.createObjectNode();
        ArrayNode features = root.putArray("features");
        for (Feature feature : encoder.features()) {
            ObjectNode node = features.addObject().put("name", feature.name());
            switch (feature) {
                case Feature.Numeric numeric -> node.put("mean", numeric.mean()).put("deviation", numeric.deviation())
                        .put("marks_missing", numeric.marksMissing());
                case Feature.Categorical categorical -> categorical.values().forEach(node.putArray("values")::add);
            }
        }
        ObjectNode target = root.putObject("target").put("name", encoder.target().name());
        switch (encoder.target()) {
            case Target.Classes classes -> classes.labels().forEach(target.putArray("labels")::add);
            case Target.Number number -> target.put("mean", number.mean()).put("deviation", number.deviation());
        }
        return root.toString();
    }

    /** @throws FormatException if the text is not what {@link #write} makes */
    public static TableEncoder read(String json) {
        try {
            JsonNode root = JSON.readTree(json);
            List<Feature> features = new ArrayList<>();
            for (JsonNode node : root.required("features")) {
                features.add(feature(node));
            }
            return new TableEncoder(features, target(root.required("target")));
        } catch (JacksonException e) {
            throw new FormatException("the description of the table's columns is damaged: " + e.getOriginalMessage(), e);
        }
    }

    private static Feature feature(JsonNode node) {
        String name = node.required("name").stringValue();
        return node.has("values") ? new Feature.Categorical(name, strings(node.get("values")))
                : new Feature.Numeric(name, node.required("mean").doubleValue(), deviation(node),
                        node.required("marks_missing").booleanValue());
    }

    private static Target target(JsonNode node) {
        String name = node.required("name").stringValue();
        return node.has("labels") ? new Target.Classes(name, strings(node.get("labels")))
                : new Target.Number(name, node.required("mean").doubleValue(), deviation(node));
    }

    private static double deviation(JsonNode node) {
        double deviation = node.required("deviation").doubleValue();
        if (!(deviation > 0)) {
            throw new FormatException("the description of the table's columns is damaged: a deviation of " + deviation);
        }
        return deviation;
    }

    private static List<String> strings(JsonNode node) {
        List<String> result = new ArrayList<>();
        node.forEach(each -> result.add(each.stringValue()));
        return result;
    }
}
