package dev.gamelan.domains.text;

import dev.gamelan.interop.files.AtomicFile;
import dev.gamelan.shape.FormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads a {@code tokenizer.json} that nobody vouches for. */
final class TokenizerJson {

    private static final long MAX_LENGTH = 100_000_000;
    /** A word takes time that grows with the square of its length where pieces are as long. */
    private static final int MAX_WORD = 10_000;
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final Fields root;
    private final Map<String, Integer> ids = new LinkedHashMap<>();
    private final Map<Integer, String> tokens = new HashMap<>();
    private final Set<Integer> special = new HashSet<>();

    private TokenizerJson(Fields root) {
        this.root = root;
    }

    static Tokenizer read(Path file) {
        try {
            if (Files.size(file) > MAX_LENGTH) {
                throw new FormatException(file + " is no tokenizer: it has more than " + MAX_LENGTH + " bytes");
            }
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(Files.readAllBytes(file))).toString();
            return new TokenizerJson(new Fields(file.toString(), JSON.readTree(text))).tokenizer();
        } catch (CharacterCodingException e) {
            throw new FormatException(file + " is no tokenizer: it is not UTF-8", e);
        } catch (JacksonException e) {
            throw new FormatException(file + " is no tokenizer: it is not valid JSON: " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file + ": " + AtomicFile.reason(e), e);
        }
    }

    private Tokenizer tokenizer() {
        WordPiece pieces = pieces(root.at("model"));
        UnaryOperator<String> normalize = Normalizers.read(root.at("normalizer"));
        List<AddedTokens.Added> raw = new ArrayList<>();
        List<AddedTokens.Added> normalized = new ArrayList<>();
        root.at("added_tokens").list().forEach(node -> {
            AddedTokens.Added token = added(node);
            if (node.flag("normalized", false)) {
                normalized.add(
                        new AddedTokens.Added(normalize.apply(token.content()), token.id(), token.whole(), token.before(), token.after()));
            } else {
                raw.add(token);
            }
        });
        Fields padding = root.at("padding");
        Fields decoder = root.at("decoder");
        Tokenizer.Parts parts = new Tokenizer.Parts(new AddedTokens(raw), normalize,
                new AddedTokens(normalized.stream().filter(token -> !token.content().isEmpty()).toList()),
                PreTokenizers.read(root.at("pre_tokenizer")), pieces, template(root.at("post_processor")),
                truncation(root.at("truncation")),
                Set.copyOf(special), padding.isThere() ? padding.number("pad_id", 0) : tokenId("[PAD]").orElse(0),
                padding.number("pad_type_id", 0), padding.text("direction", "Right").equals("Left"), decoder.flag("cleanup", true));
        return new Tokenizer(parts, tokens);
    }

    private Optional<Integer> tokenId(String token) {
        return Optional.ofNullable(ids.get(token));
    }

    private WordPiece pieces(Fields model) {
        String type = model.text("type", model.has("continuing_subword_prefix") && !model.has("merges") ? "WordPiece" : "");
        if (!type.equals("WordPiece")) {
            throw model.bad("expected a model of type WordPiece, received " + (type.isEmpty() ? "none" : type));
        }
        model.at("vocab").entries().forEach((token, id) -> put(id, token, id.number()));
        Map<String, Integer> vocabulary = Map.copyOf(ids);
        String unknown = model.text("unk_token", "[UNK]");
        if (!vocabulary.containsKey(unknown)) {
            throw model.bad("the vocabulary lacks the token for unknown words, " + unknown);
        }
        int longest = model.number("max_input_chars_per_word", 100);
        if (longest > MAX_WORD) {
            throw model.bad("max_input_chars_per_word is " + longest + "; at most " + MAX_WORD + " is read");
        }
        return new WordPiece(vocabulary, unknown, model.text("continuing_subword_prefix", "##"), longest);
    }

    private void put(Fields where, String token, int id) {
        String before = tokens.putIfAbsent(id, token);
        Integer other = ids.putIfAbsent(token, id);
        if (before != null && !before.equals(token) || other != null && other != id) {
            throw where.bad("the token '" + token + "' has the id " + id + (other != null && other != id ? " and " + other
                    : ", which '" + before + "' has too"));
        }
    }

    private AddedTokens.Added added(Fields node) {
        String content = node.text("content");
        if (content.isEmpty()) {
            throw node.bad("an added token is empty");
        }
        int id = node.at("id").number();
        put(node, content, id);
        if (node.flag("special", false)) {
            special.add(id);
        }
        return new AddedTokens.Added(content, id, node.flag("single_word", false), node.flag("lstrip", false), node.flag("rstrip", false));
    }

    private static Optional<Truncation> truncation(Fields node) {
        if (!node.isThere()) {
            return Optional.empty();
        }
        Truncation.Strategy strategy = switch (node.text("strategy", "LongestFirst")) {
            case "LongestFirst" -> Truncation.Strategy.LONGEST_FIRST;
            case "OnlyFirst" -> Truncation.Strategy.ONLY_FIRST;
            case "OnlySecond" -> Truncation.Strategy.ONLY_SECOND;
            default -> throw node.bad("expected the strategy LongestFirst, OnlyFirst or OnlySecond, received " + node.text("strategy"));
        };
        return Optional.of(new Truncation(node.at("max_length").number(), strategy, node.text("direction", "Right").equals("Left")));
    }

    private Template template(Fields node) {
        if (!node.isThere()) {
            return Template.PLAIN;
        }
        return switch (node.text("type")) {
            case "TemplateProcessing" -> new Template(node.at("single").list().stream().map(part -> part(node, part)).toList(),
                    node.at("pair").list().stream().map(part -> part(node, part)).toList());
            case "BertProcessing" ->
                    bert(List.of(node.at("cls").list().getLast().number()), List.of(node.at("sep").list().getLast().number()));
            default -> throw node.bad("expected TemplateProcessing or BertProcessing, received " + node.text("type"));
        };
    }

    private static Template bert(List<Integer> start, List<Integer> end) {
        List<Template.Part> single = List.of(new Template.Part.Special(start, 0), new Template.Part.Text(false, 0),
                new Template.Part.Special(end, 0));
        List<Template.Part> pair = new ArrayList<>(single);
        pair.addAll(List.of(new Template.Part.Text(true, 1), new Template.Part.Special(end, 1)));
        return new Template(single, List.copyOf(pair));
    }

    private Template.Part part(Fields processor, Fields part) {
        Fields sequence = part.at("Sequence");
        if (sequence.isThere()) {
            String id = sequence.text("id");
            if (!id.equals("A") && !id.equals("B")) {
                throw sequence.bad("expected the text A or B, received " + id);
            }
            return new Template.Part.Text(id.equals("B"), sequence.number("type_id", 0));
        }
        Fields token = part.at("SpecialToken");
        List<Integer> numbers = processor.at("special_tokens").at(token.text("id")).at("ids").list().stream().map(Fields::number).toList();
        numbers.forEach(id -> {
            if (!tokens.containsKey(id)) {
                throw token.bad("the special token " + token.text("id") + " has the id " + id + ", which no token has");
            }
        });
        return new Template.Part.Special(numbers, token.number("type_id", 0));
    }

    /**
     * A place in the file.
     *
     * @param path for messages
     */
    record Fields(String path, JsonNode node) {

        Fields at(String key) {
            return new Fields(path + ": " + key, node.path(key));
        }

        boolean has(String key) {
            return node.has(key);
        }

        boolean isThere() {
            return !node.isMissingNode() && !node.isNull();
        }

        String text(String key) {
            JsonNode value = node.path(key);
            if (!value.isString()) {
                throw at(key).bad("expected a text, received " + value);
            }
            return value.stringValue();
        }

        String text(String key, String otherwise) {
            return at(key).isThere() ? text(key) : otherwise;
        }

        boolean flag(String key, boolean otherwise) {
            JsonNode value = node.path(key);
            if (at(key).isThere() && !value.isBoolean()) {
                throw at(key).bad("expected true or false, received " + value);
            }
            return at(key).isThere() ? value.booleanValue() : otherwise;
        }

        int number() {
            if (!node.isIntegralNumber() || !node.canConvertToInt() || node.intValue() < 0) {
                throw bad("expected a number from 0 to " + Integer.MAX_VALUE + ", received " + node);
            }
            return node.intValue();
        }

        int number(String key, int otherwise) {
            return at(key).isThere() ? at(key).number() : otherwise;
        }

        List<Fields> list() {
            if (!isThere()) {
                return List.of();
            }
            if (!node.isArray()) {
                throw bad("expected a list, received " + node);
            }
            List<Fields> result = new ArrayList<>();
            node.forEach(element -> result.add(new Fields(path, element)));
            return result;
        }

        Map<String, Fields> entries() {
            if (!node.isObject()) {
                throw bad("expected a map, received " + node.getNodeType());
            }
            Map<String, Fields> result = new LinkedHashMap<>();
            node.properties().forEach(entry -> result.put(entry.getKey(), new Fields(path + ": " + entry.getKey(), entry.getValue())));
            return result;
        }

        FormatException bad(String what) {
            String text = Objects.requireNonNull(what);
            return new FormatException(path + ": " + (text.length() > 300 ? text.substring(0, 300) + " ..." : text));
        }
    }
}
