package dev.gamelan.domains.text;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads Hugging Face's description of a {@code BertModel}. What is not in it has the defaults of its {@code BertConfig}. */
final class BertConfig {

    private BertConfig() {}

    static Bert read(Path file) {
        JsonNode json;
        try {
            json = JsonMapper.shared().readTree(Files.readString(file));
        } catch (JacksonException e) {
            throw new FormatException(file + " is not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
        }
        text(file, json, "model_type", "bert");
        text(file, json, "hidden_act", "gelu");
        text(file, json, "position_embedding_type", "absolute");
        return new Bert(number(file, json, "vocab_size", 30_522), number(file, json, "max_position_embeddings", 512),
                number(file, json, "type_vocab_size", 2), number(file, json, "hidden_size", 768),
                number(file, json, "num_hidden_layers", 12),
                number(file, json, "num_attention_heads", 12), number(file, json, "intermediate_size", 3072),
                fraction(file, json, "layer_norm_eps", 1e-12), fraction(file, json, "hidden_dropout_prob", 0.1));
    }

    private static void text(Path file, JsonNode json, String key, String only) {
        if (json.has(key) && !json.get(key).isNull() && !(json.get(key).isString() && json.get(key).stringValue().equals(only))) {
            throw new FormatException(file + ": " + key + ": expected " + only + ", received " + json.get(key));
        }
    }

    private static int number(Path file, JsonNode json, String key, int otherwise) {
        JsonNode node = json.path(key);
        if (node.isMissingNode()) {
            return otherwise;
        }
        if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 1) {
            throw new FormatException(file + ": " + key + ": expected a positive number, received " + node);
        }
        return node.intValue();
    }

    private static double fraction(Path file, JsonNode json, String key, double otherwise) {
        JsonNode node = json.path(key);
        if (node.isMissingNode()) {
            return otherwise;
        }
        if (!node.isNumber() || node.doubleValue() < 0 || node.doubleValue() >= 1) {
            throw new FormatException(file + ": " + key + ": expected a number from 0 to 1, received " + node);
        }
        return node.doubleValue();
    }
}
