package dev.gamelan.domains.text;

import dev.gamelan.domains.text.TokenizerJson.Fields;
import java.text.Normalizer;
import java.util.List;
import java.util.function.UnaryOperator;

/** The part of a {@code tokenizer.json} that says what is done to a text before it is split. */
final class Normalizers {

    private Normalizers() {}

    static UnaryOperator<String> read(Fields node) {
        if (!node.isThere()) {
            return text -> text;
        }
        return switch (node.text("type")) {
            case "BertNormalizer" -> {
                boolean lowercase = node.flag("lowercase", true);
                yield new Normalization.Bert(node.flag("clean_text", true), node.flag("handle_chinese_chars", true),
                        node.flag("strip_accents", lowercase), lowercase)::apply;
            }
            case "Lowercase" -> Normalization::lowercase;
            case "StripAccents" -> Normalization::stripMarks;
            case "NFC" -> form(Normalizer.Form.NFC);
            case "NFD" -> form(Normalizer.Form.NFD);
            case "NFKC" -> form(Normalizer.Form.NFKC);
            case "NFKD" -> form(Normalizer.Form.NFKD);
            case "Sequence" -> {
                List<UnaryOperator<String>> all = node.at("normalizers").list().stream().map(Normalizers::read).toList();
                yield text -> {
                    String result = text;
                    for (UnaryOperator<String> each : all) {
                        result = each.apply(result);
                    }
                    return result;
                };
            }
            default -> throw node.bad("expected BertNormalizer, Lowercase, StripAccents, NFC, NFD, NFKC, NFKD or a Sequence of them,"
                    + " received " + node.text("type"));
        };
    }

    private static UnaryOperator<String> form(Normalizer.Form form) {
        return text -> Normalizer.normalize(text, form);
    }
}
