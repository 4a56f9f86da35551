package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * Orders steps: operands first, otherwise as the graph has them, but what frees memory as soon as it can run, such as the gradient of
 * a weight, without which all activations would be kept to the end; and what replaces a donated input after all that reads it, where
 * that is possible, so that it can be written in its place.
 */
final class Ordering {

    private final Graph graph;
    private final int donated;

    Ordering(Graph graph, int donated) {
        this.graph = graph;
        this.donated = donated;
    }

    /** @param items runs of steps that stay together */
    List<Step> order(List<List<Step>> items) {
        Map<Node, List<Integer>> writers = itemsOf(items, Step::writes);
        Map<Node, List<Integer>> readers = itemsOf(items, Step::reads);
        List<Set<Integer>> after = dependencies(items, writers);
        List<List<Integer>> users = users(after);
        for (int i = 0; i < donated; i++) {
            updateLast(i, readers, writers, after, users);
        }
        return sort(items, after, users, new Liveness(graph, items, writers));
    }

    /** For each buffer the items that use it in a way. */
    private static Map<Node, List<Integer>> itemsOf(List<List<Step>> items, Function<Step, List<Node>> uses) {
        Map<Node, List<Integer>> result = new IdentityHashMap<>();
        for (int i = 0; i < items.size(); i++) {
            for (Step step : items.get(i)) {
                for (Node node : uses.apply(step)) {
                    result.computeIfAbsent(node, _ -> new ArrayList<>()).add(i);
                }
            }
        }
        return result;
    }

    private static List<List<Integer>> users(List<Set<Integer>> after) {
        List<List<Integer>> users = new ArrayList<>();
        after.forEach(_ -> users.add(new ArrayList<>()));
        for (int i = 0; i < after.size(); i++) {
            for (int before : after.get(i)) {
                users.get(before).add(i);
            }
        }
        return users;
    }

    private static List<Set<Integer>> dependencies(List<List<Step>> items, Map<Node, List<Integer>> writers) {
        List<Set<Integer>> after = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            Set<Integer> before = new TreeSet<>();
            for (Step step : items.get(i)) {
                for (Node read : step.reads()) {
                    before.addAll(writers.getOrDefault(read, List.of()));
                }
            }
            before.remove(i);
            after.add(before);
        }
        return after;
    }

    private void updateLast(int position, Map<Node, List<Integer>> readers, Map<Node, List<Integer>> writers, List<Set<Integer>> after,
            List<List<Integer>> users) {
        for (int update : writers.getOrDefault(graph.outputs().get(position), List.of())) {
            BitSet later = allAfter(update, users);
            for (int reader : readers.getOrDefault(graph.inputs().get(position), List.of())) {
                if (!later.get(reader) && after.get(update).add(reader)) {
                    users.get(reader).add(update);
                }
            }
        }
    }

    /** An item and all that come after it in any case. */
    private static BitSet allAfter(int item, List<List<Integer>> users) {
        BitSet seen = new BitSet();
        Deque<Integer> open = new ArrayDeque<>(List.of(item));
        while (!open.isEmpty()) {
            int next = open.pop();
            if (!seen.get(next)) {
                seen.set(next);
                open.addAll(users.get(next));
            }
        }
        return seen;
    }

    private List<Step> sort(List<List<Step>> items, List<Set<Integer>> after, List<List<Integer>> users, Liveness liveness) {
        Map<Node, Integer> places = graph.places();
        int[] missing = after.stream().mapToInt(Set::size).toArray();
        PriorityQueue<Candidate> ready = new PriorityQueue<>();
        for (int i = 0; i < items.size(); i++) {
            if (missing[i] == 0) {
                ready.add(new Candidate(liveness.frees(i), place(items.get(i), places), i));
            }
        }
        List<Step> result = new ArrayList<>();
        BitSet done = new BitSet();
        while (!ready.isEmpty()) {
            int item = ready.poll().item;
            if (done.get(item)) {
                continue;
            }
            result.addAll(items.get(item));
            done.set(item);
            List<Integer> changed = new ArrayList<>(liveness.ran(item));
            changed.removeIf(last -> missing[last] > 0 || !liveness.frees(last));
            for (int user : users.get(item)) {
                if (--missing[user] == 0) {
                    changed.add(user);
                }
            }
            changed.forEach(each -> ready.add(new Candidate(liveness.frees(each), place(items.get(each), places), each)));
        }
        if (done.cardinality() != items.size()) {
            throw new IllegalStateException("the schedule has a cycle in\n" + graph);
        }
        return result;
    }

    /** An item that may run; one that was queued before it was known to free memory is queued a second time. */
    private record Candidate(boolean frees, int place, int item) implements Comparable<Candidate> {

        @Override
        public int compareTo(Candidate other) {
            return frees != other.frees ? frees ? -1 : 1
                    : place != other.place ? Integer.compare(place, other.place) : Integer.compare(item, other.item);
        }
    }

    private static int place(List<Step> item, Map<Node, Integer> places) {
        return item.isEmpty() ? 0 : places.getOrDefault(item.getLast().node(), 0);
    }
}
