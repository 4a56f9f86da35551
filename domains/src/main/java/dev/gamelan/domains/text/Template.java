package dev.gamelan.domains.text;

import java.util.ArrayList;
import java.util.List;

/** What a text, or a pair of them, looks like with special tokens around. */
record Template(List<Part> single, List<Part> pair) {

    /** Without special tokens; a pair is one text after the other. */
    static final Template PLAIN = new Template(List.of(new Part.Text(false, 0)), List.of(new Part.Text(false, 0), new Part.Text(true, 1)));

    sealed interface Part {

        record Special(List<Integer> ids, int segment) implements Part {}

        /** @param second whether it is the second text of a pair */
        record Text(boolean second, int segment) implements Part {}
    }

    /** How many special tokens there are. */
    static int specials(List<Part> parts) {
        return parts.stream().mapToInt(part -> part instanceof Part.Special special ? special.ids.size() : 0).sum();
    }

    static Encoding fill(List<Part> parts, List<Integer> first, List<Integer> second) {
        List<Integer> ids = new ArrayList<>();
        List<Integer> segments = new ArrayList<>();
        for (Part part : parts) {
            int segment = switch (part) {
                case Part.Special special -> {
                    ids.addAll(special.ids);
                    yield special.segment;
                }
                case Part.Text text -> {
                    ids.addAll(text.second ? second : first);
                    yield text.segment;
                }
            };
            while (segments.size() < ids.size()) {
                segments.add(segment);
            }
        }
        return new Encoding(ids, segments);
    }
}
