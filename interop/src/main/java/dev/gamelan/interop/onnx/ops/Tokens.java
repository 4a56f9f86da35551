package dev.gamelan.interop.onnx.ops;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.shape.ShapeException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * {@code Tokenizer}, which scikit-learn's exporter writes for text: the parts of strings that match an expression or lie between
 * those that match separators, along a new last axis.
 *
 * @see <a href="https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.Tokenizer">its
 *     documentation</a>
 */
final class Tokens {

    private static final String START = "\u0002";
    private static final String END = "\u0003";

    private Tokens() {}

    static void register(Registry r) {
        r.op(Registry.MICROSOFT, "Tokenizer", 1, Tokens::tokenize);
    }

    /** (c) or (n, c) -> the same with an axis for the tokens, none of which are empty; shorter rows end in the padding. */
    private static List<Value> tokenize(Call c) {
        Value.Text text = c.text(0);
        if (text.shape().rank() != 1 && text.shape().rank() != 2) {
            throw ShapeException.of("Tokenizer: wrong rank", "(c) or (n, c)", text.shape().toString());
        }
        if (text.strings().isEmpty()) {
            return List.of(text);
        }
        List<List<String>> rows = text.strings().stream().map(string -> tokens(c, string)).toList();
        int longest = rows.stream().mapToInt(List::size).max().orElse(0);
        boolean marked = c.flag("mark", false) && longest > 0;
        int width = marked ? longest + 2 : longest;
        c.room((double) width * rows.size(), Long.BYTES);
        List<String> all = new ArrayList<>();
        for (List<String> row : rows) {
            List<String> filled = new ArrayList<>(row);
            if (marked) {
                filled.addFirst(START);
                filled.addLast(END);
            }
            all.addAll(filled);
            all.addAll(Collections.nCopies(width - filled.size(), c.attribute("pad_value", "")));
        }
        return List.of(Value.of(text.shape().insert(-1, width), all));
    }

    private static List<String> tokens(Call c, String string) {
        List<String> separators = c.attributeTexts("separators");
        int least = Math.max(1, c.attribute("mincharnum", 1));
        if (c.hasAttribute("tokenexp")) {
            return matching(Expressions.compile(c.attribute("tokenexp", "")), string, least);
        } else if (separators.equals(List.of(""))) {
            return string.codePoints().mapToObj(Character::toString).toList();
        }
        List<String> parts = List.of(string);
        for (String separator : separators) {
            Pattern pattern = Expressions.compile(separator);
            parts = parts.stream().flatMap(part -> between(pattern, part, least).stream()).toList();
        }
        return parts;
    }

    private static List<String> matching(Pattern pattern, String string, int least) {
        List<String> tokens = new ArrayList<>();
        Matcher found = pattern.matcher(string);
        int from = 0;
        while (from <= string.length() && found.find(from)) {
            String token = found.group();
            boolean kept = token.codePointCount(0, token.length()) >= least;
            if (kept) {
                tokens.add(token);
            }
            from = kept ? found.end() : after(string, found.start());
        }
        return tokens;
    }

    private static List<String> between(Pattern pattern, String string, int least) {
        List<String> tokens = new ArrayList<>();
        Matcher found = pattern.matcher(string);
        int from = 0;
        while (from <= string.length()) {
            boolean more = found.find(from);
            String token = string.substring(from, more ? found.start() : string.length());
            if (token.codePointCount(0, token.length()) >= least) {
                tokens.add(token);
            }
            if (!more) {
                break;
            }
            from = found.end() > found.start() ? found.end() : after(string, found.start());
        }
        return tokens;
    }

    /** The place behind the character there. */
    private static int after(String string, int place) {
        return place < string.length() ? string.offsetByCodePoints(place, 1) : place + 1;
    }
}
