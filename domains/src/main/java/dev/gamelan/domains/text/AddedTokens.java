package dev.gamelan.domains.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Finds tokens that are taken out of a text as they are, before it is split into words: the first, and there the longest. */
final class AddedTokens {

    /**
     * @param whole  whether it counts only where no letter or digit is beside it
     * @param before whether it takes the white space before it with it
     * @param after  whether it takes the white space after it with it
     */
    record Added(String content, int id, boolean whole, boolean before, boolean after) {}

    /** A piece of a text: a token, or what has to be split. */
    sealed interface Part {

        record Token(int id) implements Part {}

        record Text(String text) implements Part {}
    }

    private static final class Node {
        private final Map<Character, Node> next = new HashMap<>();
        private @Nullable Added end;
    }

    private final Node root = new Node();

    AddedTokens(List<Added> tokens) {
        for (Added token : tokens) {
            Node node = root;
            for (char c : token.content.toCharArray()) {
                node = node.next.computeIfAbsent(c, _ -> new Node());
            }
            node.end = token;
        }
    }

    List<Part> split(String text) {
        List<Part> parts = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < text.length();) {
            Added found = at(text, i);
            if (found == null) {
                i++;
                continue;
            }
            int from = i;
            int to = i + found.content.length();
            while (found.before && from > start && Normalization.isWhiteSpace(text.codePointBefore(from))) {
                from--;
            }
            while (found.after && to < text.length() && Normalization.isWhiteSpace(text.codePointAt(to))) {
                to++;
            }
            addText(parts, text.substring(start, from));
            parts.add(new Part.Token(found.id));
            start = to;
            i = to;
        }
        addText(parts, text.substring(start));
        return parts;
    }

    private static void addText(List<Part> parts, String text) {
        if (!text.isEmpty()) {
            parts.add(new Part.Text(text));
        }
    }

    /** The longest token that starts here; if that one must be a whole word and is not, there is none, as others have it. */
    private @Nullable Added at(String text, int start) {
        Added longest = null;
        Node node = root;
        for (int i = start; i < text.length(); i++) {
            node = node.next.get(text.charAt(i));
            if (node == null) {
                break;
            }
            longest = node.end == null ? longest : node.end;
        }
        return longest == null || longest.whole && !isWhole(text, start, start + longest.content.length()) ? null : longest;
    }

    private static boolean isWhole(String text, int from, int to) {
        return !(from > 0 && isWord(text.codePointBefore(from))) && !(to < text.length() && isWord(text.codePointAt(to)));
    }

    private static boolean isWord(int c) {
        return Character.isLetterOrDigit(c) || Character.getType(c) == Character.NON_SPACING_MARK
                || Character.getType(c) == Character.CONNECTOR_PUNCTUATION;
    }
}
