package dev.gamelan.domains.text;

import dev.gamelan.domains.text.TokenizerJson.Fields;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntPredicate;

/** The part of a {@code tokenizer.json} that says how a text is split into words. */
final class PreTokenizers {

    private PreTokenizers() {}

    static Function<String, List<String>> read(Fields node) {
        if (!node.isThere()) {
            return List::of;
        }
        return switch (node.text("type")) {
            case "BertPreTokenizer" -> text -> split(text, Normalization::isPunctuation);
            case "WhitespaceSplit" -> text -> split(text, _ -> false);
            case "Sequence" -> {
                Function<String, List<String>> words = List::of;
                for (Fields part : node.at("pretokenizers").list()) {
                    Function<String, List<String>> before = words;
                    Function<String, List<String>> next = read(part);
                    words = text -> before.apply(text).stream().flatMap(word -> next.apply(word).stream()).toList();
                }
                yield words;
            }
            default -> throw node.bad("expected BertPreTokenizer, WhitespaceSplit or a Sequence of them, received " + node.text("type"));
        };
    }

    /** White space is left out; some characters are words of their own. */
    private static List<String> split(String text, IntPredicate alone) {
        List<String> words = new ArrayList<>();
        StringBuilder word = new StringBuilder();
        text.codePoints().forEach(c -> {
            boolean ends = Normalization.isWhiteSpace(c) || alone.test(c);
            if (ends && !word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
            }
            if (!ends) {
                word.appendCodePoint(c);
            } else if (!Normalization.isWhiteSpace(c)) {
                words.add(Character.toString(c));
            }
        });
        if (!word.isEmpty()) {
            words.add(word.toString());
        }
        return words;
    }
}
