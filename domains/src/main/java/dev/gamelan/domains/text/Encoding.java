package dev.gamelan.domains.text;

import java.util.List;

/**
 * A text as tokens.
 *
 * @param ids      of the tokens, special ones too
 * @param segments which text each token belongs to: 0, and 1 for the second of a pair; as the tokenizer's file has it
 */
public record Encoding(List<Integer> ids, List<Integer> segments) {

    public Encoding {
        ids = List.copyOf(ids);
        segments = List.copyOf(segments);
        if (ids.size() != segments.size()) {
            throw new IllegalArgumentException(
                    "expected a segment for each token; received " + ids.size() + " tokens and " + segments.size());
        }
    }

    public int size() {
        return ids.size();
    }
}
