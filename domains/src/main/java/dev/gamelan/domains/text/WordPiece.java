package dev.gamelan.domains.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Splits a word into the longest pieces that a vocabulary has, from left to right (Wu et al., 2016; Devlin et al., 2018).
 *
 * @param ids        by piece; pieces that go on with a word start with {@code prefix}
 * @param unknown    stands for a word that cannot be split
 * @param longest    code points of the longest word that is split at all
 * @param widest     chars of the longest piece: no piece is looked for beyond it, so that a word takes linear time
 */
record WordPiece(Map<String, Integer> ids, String unknown, String prefix, int longest, int widest) {

    WordPiece(Map<String, Integer> ids, String unknown, String prefix, int longest) {
        this(Map.copyOf(ids), unknown, prefix, longest, ids.keySet().stream().mapToInt(String::length).max().orElse(0));
    }

    List<Integer> split(String word) {
        List<Integer> result = new ArrayList<>();
        if (word.codePointCount(0, word.length()) > longest) {
            return List.of(id(unknown));
        }
        for (int start = 0; start < word.length();) {
            int end = Math.min(word.length(), start + widest);
            Integer found = null;
            for (; end > start; end--) {
                found = ids.get(start == 0 ? word.substring(start, end) : prefix + word.substring(start, end));
                if (found != null) {
                    break;
                }
            }
            if (found == null) {
                return List.of(id(unknown));
            }
            result.add(found);
            start = end;
        }
        return result;
    }

    private int id(String token) {
        return java.util.Objects.requireNonNull(ids.get(token));
    }
}
