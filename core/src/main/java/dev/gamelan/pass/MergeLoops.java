package dev.gamelan.pass;

import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Ops;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Makes one loop of those that carry the same values, and stacks only outputs that are read. A gradient runs the loop
 * that it differentiates with more outputs; here the two become one.
 */
final class MergeLoops implements Pass {

    /** What loops must share to be one: operands, and how the carried values go on. */
    private record Key(List<Node> operands, Graph carried, int sequences, int length, boolean reverse) {}

    private record Result(Node loop, int index) {}

    /** The merged loop, and for each result that is read of a loop in it, its place among the results of all. */
    private record Merged(Op.Scan op, Map<Result, Integer> places) {

        int place(Node loop, int index) {
            return Objects.requireNonNull(places.get(new Result(loop, index)));
        }
    }

    @Override
    public String name() {
        return "merge loops";
    }

    @Override
    public Graph apply(Graph graph) {
        Map<Key, List<Node>> groups = new LinkedHashMap<>();
        for (Node node : graph.nodes()) {
            if (graph.op(node) instanceof Op.Scan scan) {
                groups.computeIfAbsent(key(scan, graph.operands(node)), _ -> new ArrayList<>()).add(node);
            }
        }
        Map<Node, List<Node>> users = groups.isEmpty() ? Map.of() : graph.users();
        Map<Node, Merged> loops = new IdentityHashMap<>();
        groups.values().forEach(group -> {
            Merged merged = merge(graph, group, users);
            group.forEach(node -> loops.put(node, merged));
        });
        return groups.isEmpty() ? graph : rewrite(graph, loops);
    }

    private static Key key(Op.Scan op, List<Node> operands) {
        Graph carried = Graph.of(op.body().inputs(), op.body().outputs().subList(0, op.carries()));
        return new Key(operands, carried, op.sequences(), op.length(), op.reverse());
    }

    private static Merged merge(Graph graph, List<Node> group, Map<Node, List<Node>> users) {
        Op.Scan first = (Op.Scan) graph.op(group.getFirst());
        List<Node> inputs = first.body().inputs();
        List<Node> outputs = new ArrayList<>(first.body().outputs().subList(0, first.carries()));
        Map<Result, Integer> places = new HashMap<>();
        for (Node node : group) {
            List<Node> own = ((Op.Scan) graph.op(node)).body().inline(inputs);
            for (int output : read(graph, users.getOrDefault(node, List.of()))) {
                places.put(new Result(node, output), output < first.carries() ? output : outputs.size());
                if (output >= first.carries()) {
                    outputs.add(own.get(output));
                }
            }
        }
        return withoutRepetition(first, new CommonSubexpressions().apply(Graph.of(inputs, outputs)), places);
    }

    private static Set<Integer> read(Graph graph, List<Node> users) {
        Set<Integer> results = new LinkedHashSet<>();
        users.forEach(user -> results.add(((Op.Get) graph.op(user)).index()));
        return results;
    }

    private static Merged withoutRepetition(Op.Scan first, Graph body, Map<Result, Integer> places) {
        List<Node> carried = body.outputs().subList(0, first.carries());
        List<Node> all = body.outputs().subList(first.carries(), body.outputs().size());
        List<Node> different = all.stream().distinct().toList();
        places.replaceAll((_, place) -> place < first.carries() ? place
                : first.carries() + different.indexOf(all.get(place - first.carries())));
        Graph merged = Graph.of(body.inputs(), Stream.concat(carried.stream(), different.stream()).toList());
        return new Merged(new Op.Scan(merged, first.carries(), first.sequences(), first.length(), first.reverse()), places);
    }

    private static Graph rewrite(Graph graph, Map<Node, Merged> loops) {
        Map<Merged, Node> made = new IdentityHashMap<>();
        return graph.rewrite((node, operands) -> {
            Merged loop = loops.get(node);
            if (loop != null) {
                return made.computeIfAbsent(loop, _ -> Node.of(loop.op(), operands, node.origin()));
            } else if (graph.op(node) instanceof Op.Get(int index) && loops.get(graph.operands(node).getFirst()) instanceof Merged source) {
                return Ops.get(operands.getFirst(), source.place(graph.operands(node).getFirst(), index));
            }
            return graph.keep(node, operands);
        });
    }
}
