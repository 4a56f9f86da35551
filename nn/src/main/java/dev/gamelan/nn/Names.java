package dev.gamelan.nn;

import dev.gamelan.shape.NameException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/** The rules of names and paths. */
final class Names {

    private Names() {}

    /** @throws NameException unless the name can be one step of a path */
    static String check(String name) {
        if (name.isEmpty() || name.indexOf('.') >= 0 || name.indexOf('*') >= 0) {
            throw new NameException("'" + name + "' cannot be the name of a block: names are not empty and have no dots or stars,"
                    + " since dots join them to paths and stars match them");
        }
        return name;
    }

    static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** The path without its last step. */
    static String parent(String path) {
        return path.substring(0, Math.max(0, path.lastIndexOf('.')));
    }

    /** {@code MaxPool2d} is {@code max_pool2d}; a class without a name (a lambda) is {@code lambda}. */
    static String kind(Class<?> type) {
        String name = type.getSimpleName();
        if (name.isEmpty() || type.isHidden() || type.isSynthetic()) {
            return "lambda";
        }
        return snake(name);
    }

    static String snake(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").replaceAll("([A-Z])([A-Z][a-z])", "$1_$2").toLowerCase(Locale.ROOT);
    }

    /** The names of blocks in a sequence: pinned ones as they are, the others numbered by kind from 1 on. */
    static List<String> number(List<? extends Block<?, ?>> blocks) {
        Map<String, Integer> counts = new HashMap<>();
        List<String> names = new ArrayList<>(blocks.size());
        for (Block<?, ?> block : blocks) {
            names.add(block instanceof Layer.Named named ? named.name()
                    : block.kind() + "_" + counts.merge(block.kind(), 1, Integer::sum));
        }
        return names;
    }

    /** A pattern of paths as {@link dev.gamelan.tensor.TensorMap#select} has them: {@code *} is anything without a dot, {@code **} anything. */
    static Pattern glob(String glob) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            if (glob.startsWith("**", i)) {
                regex.append(".*");
                i++;
            } else {
                regex.append(c == '*' ? "[^.]*" : c == '?' ? "[^.]" : Pattern.quote(String.valueOf(c)));
            }
        }
        return Pattern.compile(regex.toString());
    }

    /** Up to three of the candidates that are most like a name, for messages. */
    static List<String> nearest(String name, Collection<String> candidates) {
        return candidates.stream().filter(other -> distance(name, other) <= Math.max(3, name.length() / 2))
                .sorted(Comparator.comparingInt(other -> distance(name, other))).limit(3).toList();
    }

    /** Levenshtein's edit distance. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
