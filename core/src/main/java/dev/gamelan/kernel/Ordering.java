package dev.gamelan.kernel;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TreeSet;

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
        Map<Node, Integer> writer = new IdentityHashMap<>();
        for (int i = 0; i < items.size(); i++) {
            for (Step step : items.get(i)) {
                for (Node node : step.writes()) {
                    writer.put(node, i);
                }
            }
        }
        List<Set<Integer>> after = dependencies(items, writer);
        for (int i = 0; i < donated; i++) {
            updateLast(i, items, writer, after);
        }
        return sort(items, after, new Liveness(graph, items, writer));
    }

    private static List<Set<Integer>> dependencies(List<List<Step>> items, Map<Node, Integer> writer) {
        List<Set<Integer>> after = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            Set<Integer> before = new TreeSet<>();
            for (Step step : items.get(i)) {
                for (Node read : step.reads()) {
                    Integer source = writer.get(read);
                    if (source != null && source != i) {
                        before.add(source);
                    }
                }
            }
            after.add(before);
        }
        return after;
    }

    private void updateLast(int position, List<List<Step>> items, Map<Node, Integer> writer, List<Set<Integer>> after) {
        Node input = graph.inputs().get(position);
        Integer update = writer.get(graph.outputs().get(position));
        if (update == null) {
            return;
        }
        for (int i = 0; i < items.size(); i++) {
            boolean reads = i != update && items.get(i).stream().anyMatch(step -> step.reads().contains(input));
            if (reads && !after.get(update).contains(i) && !reaches(after, i, update)) {
                after.get(update).add(i);
            }
        }
    }

    /** Whether {@code item} comes after {@code other} in any case. */
    private static boolean reaches(List<Set<Integer>> after, int item, int other) {
        BitSet seen = new BitSet();
        ArrayDeque<Integer> open = new ArrayDeque<>(List.of(item));
        while (!open.isEmpty()) {
            int next = open.pop();
            if (next == other) {
                return true;
            }
            if (!seen.get(next)) {
                seen.set(next);
                open.addAll(after.get(next));
            }
        }
        return false;
    }

    private List<Step> sort(List<List<Step>> items, List<Set<Integer>> after, Liveness liveness) {
        Map<Node, Integer> places = graph.places();
        List<List<Integer>> users = new ArrayList<>();
        int[] missing = new int[items.size()];
        items.forEach(_ -> users.add(new ArrayList<>()));
        for (int i = 0; i < items.size(); i++) {
            missing[i] = after.get(i).size();
            for (int before : after.get(i)) {
                users.get(before).add(i);
            }
        }
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
