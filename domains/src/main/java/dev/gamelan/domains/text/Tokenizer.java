package dev.gamelan.domains.text;

import dev.gamelan.domains.text.AddedTokens.Part;
import dev.gamelan.shape.FormatException;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * Turns texts into the tokens of a trained model, as its {@code tokenizer.json} of Hugging Face's says: what is done to the
 * text, how it is split into words, the vocabulary of pieces of words (WordPiece, which BERT and its relatives have), the
 * special tokens around. Characters are classified as the JDK's version of Unicode has them. Immutable.
 *
 * @see <a href="https://huggingface.co/docs/tokenizers">the format's own library</a>
 */
public final class Tokenizer {

    private final Parts parts;
    private final Map<Integer, String> tokens;

    /**
     * @param raw        tokens that are looked for in the text as it is
     * @param normalized tokens that are looked for after {@code normalize}
     * @param special    ids that decoding leaves out
     * @param padding    the id that fills up
     * @param padLeft    whether padding comes before the text
     */
    record Parts(AddedTokens raw, UnaryOperator<String> normalize, AddedTokens normalized, Function<String, List<String>> words,
            WordPiece pieces, Template template, Optional<Truncation> truncation, Set<Integer> special, int padding, int paddingSegment,
            boolean padLeft, boolean cleanup) {}

    Tokenizer(Parts parts, Map<Integer, String> tokens) {
        this.parts = parts;
        this.tokens = Map.copyOf(tokens);
    }

    /**
     * Reads a {@code tokenizer.json}.
     *
     * @throws FormatException                if it is damaged, or needs what is not there: another model than WordPiece, for example
     * @throws java.io.UncheckedIOException if it cannot be read
     */
    public static Tokenizer read(Path file) {
        return TokenizerJson.read(file);
    }

    /** The tokens of a text, with special ones around it, cut to the length that the file allows. */
    public Encoding encode(String text) {
        return encode(parts.template.single(), split(text), List.of());
    }

    /**
     * The tokens of two texts that belong together, such as a question and its answer.
     *
     * @throws IllegalArgumentException if the file says that only one of them may be cut, and that is too short
     */
    public Encoding encode(String first, String second) {
        return encode(parts.template.pair(), split(first), split(second));
    }

    private Encoding encode(List<Template.Part> template, List<Integer> first, List<Integer> second) {
        Truncation.Pair pair = parts.truncation.map(truncation -> truncation.cut(first, second, Template.specials(template)))
                .orElse(new Truncation.Pair(first, second));
        return Template.fill(template, pair.first(), pair.second());
    }

    private List<Integer> split(String text) {
        List<Integer> ids = new ArrayList<>();
        for (Part outer : parts.raw.split(text)) {
            switch (outer) {
                case Part.Token(int id) -> ids.add(id);
                case Part.Text(String part) -> {
                    for (Part inner : parts.normalized.split(parts.normalize.apply(part))) {
                        switch (inner) {
                            case Part.Token(int id) -> ids.add(id);
                            case Part.Text(String rest) -> parts.words.apply(rest).forEach(word -> ids.addAll(parts.pieces.split(word)));
                        }
                    }
                }
            }
        }
        return ids;
    }

    /** Texts as a batch, filled up to the longest. */
    public Bert.Input batch(List<String> texts) {
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("expected at least one text, received none");
        }
        return pad(texts.stream().map(this::encode).toList());
    }

    /** Encodings as a batch, filled up to the longest. */
    public Bert.Input pad(List<Encoding> encodings) {
        int longest = encodings.stream().mapToInt(Encoding::size).max().orElse(0);
        Shape shape = Shape.of(encodings.size(), longest);
        int[] ids = new int[shape.length()];
        int[] segments = new int[shape.length()];
        boolean[] mask = new boolean[shape.length()];
        Arrays.fill(ids, parts.padding);
        Arrays.fill(segments, parts.paddingSegment);
        for (int row = 0; row < encodings.size(); row++) {
            Encoding encoding = encodings.get(row);
            int start = row * longest + (parts.padLeft ? longest - encoding.size() : 0);
            for (int i = 0; i < encoding.size(); i++) {
                ids[start + i] = encoding.ids().get(i);
                segments[start + i] = encoding.segments().get(i);
                mask[start + i] = true;
            }
        }
        return new Bert.Input(Tensor.ofInts(ids).reshape(shape), Tensor.ofInts(segments).reshape(shape),
                Tensor.ofBooleans(mask).reshape(shape));
    }

    /** The text of tokens, without special ones; white space and what the vocabulary has not are lost. */
    public String decode(List<Integer> ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            String token = tokens.get(id);
            if (token == null) {
                throw new IllegalArgumentException("there is no token " + id + " among " + tokens.size());
            }
            if (parts.special.contains(id)) {
                continue;
            }
            String prefix = parts.pieces.prefix();
            String piece = text.isEmpty() ? token
                    : !prefix.isEmpty() && token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
            text.append(parts.cleanup ? clean(piece) : piece);
        }
        return text.toString();
    }

    /** As the format's own library has it, for English. */
    private static String clean(String piece) {
        return piece.replace(" .", ".").replace(" ?", "?").replace(" !", "!").replace(" ,", ",").replace(" ' ", "'").replace(" n't", "n't")
                .replace(" 'm", "'m").replace(" do not", " don't").replace(" 's", "'s").replace(" 've", "'ve").replace(" 're", "'re");
    }

    /** How many ids there are room for: the largest and one. */
    public int vocabulary() {
        return 1 + tokens.keySet().stream().mapToInt(Integer::intValue).max().orElse(-1);
    }

    /** What a token is called. */
    public Optional<String> token(int id) {
        return Optional.ofNullable(tokens.get(id));
    }

    /** The id of a token, by its exact name. */
    public OptionalInt id(String token) {
        return tokens.entrySet().stream().filter(entry -> entry.getValue().equals(token)).mapToInt(Map.Entry::getKey).findFirst();
    }

    @Override
    public String toString() {
        return "Tokenizer[WordPiece, " + tokens.size() + " tokens]";
    }
}
