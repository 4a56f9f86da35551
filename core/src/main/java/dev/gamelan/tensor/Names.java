package dev.gamelan.tensor;

import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Patterns of paths, and how far two paths are apart. */
final class Names {

    private Names() {}

    /**
     * {@code *} stands for anything without a dot, {@code **} for anything, {@code ?} for one character but the dot.
     */
    static Predicate<String> glob(String glob) {
        StringBuilder pattern = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            if (c == '*' && i + 1 < glob.length() && glob.charAt(i + 1) == '*') {
                pattern.append(".*");
                i++;
            } else if (c == '*') {
                pattern.append("[^.]*");
            } else {
                pattern.append(c == '?' ? "[^.]" : Pattern.quote(String.valueOf(c)));
            }
        }
        return Pattern.compile(pattern.toString()).asMatchPredicate();
    }

    /** The number of characters to insert, delete or exchange (Levenshtein). */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int exchange = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(exchange, 1 + Math.min(row[j - 1], diagonal));
            }
        }
        return row[b.length()];
    }
}
