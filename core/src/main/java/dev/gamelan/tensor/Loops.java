package dev.gamelan.tensor;

import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.ShapeException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Supplier;

/** Loops and branches as operations with programs of their own; what these capture becomes operands. */
final class Loops {

    private Loops() {}

    static <S extends Tree, X extends Tree, Y extends Tree> Stepper.Next<S, Y> scan(S initial, X xs,
            BiFunction<S, X, Stepper.Next<S, Y>> body, boolean reverse) {
        Arguments sequences = Arguments.of(xs);
        return scan(Arguments.of(initial), sequences, length(sequences), reverse, body);
    }

    private static <S extends Tree, X extends Tree, Y extends Tree> Stepper.Next<S, Y> scan(Arguments state,
            Arguments sequences, int length, boolean reverse, BiFunction<S, X, Stepper.Next<S, Y>> body) {
        int carries = state.nodes().size();
        List<Type> types = new ArrayList<>(state.types());
        sequences.types().forEach(type -> types.add(type.with(type.shape().without(0))));
        Traced traced = Traced.of(types, names(state, sequences), leaves -> body.apply(
                Trees.make(state.structure(), leaves.subList(0, carries)),
                Trees.make(sequences.structure(), leaves.subList(carries, leaves.size()))));
        checkState("scan: the state that the body returns", state.structure(), state.types(), traced);
        if (traced.outputs().isEmpty()) {
            return traced.tree(List.of());
        }
        List<Node> captured = traced.captured();
        List<Node> operands = new ArrayList<>(state.nodes());
        operands.addAll(sequences.nodes());
        operands.addAll(captured);
        Op op = new Op.Scan(traced.close(captured), carries, sequences.nodes().size(), length, reverse);
        return traced.tree(Calls.results(Node.of(op, operands.toArray(Node[]::new))));
    }

    private static List<String> names(Arguments state, Arguments sequences) {
        List<String> names = new ArrayList<>(state.names());
        names.addAll(sequences.names());
        return names;
    }

    private static int length(Arguments sequences) {
        List<Type> types = sequences.types();
        boolean agree = !types.isEmpty() && types.stream().allMatch(type -> type.shape().rank() > 0)
                && types.stream().mapToInt(type -> type.shape().dim(0)).distinct().count() == 1;
        if (!agree) {
            throw ShapeException.of("scan: the number of steps is not clear", "sequences with the same first extent",
                    types.toString());
        }
        return types.getFirst().shape().dim(0);
    }

    /** The result is a {@code Next}: its first leaves are the state's. */
    static void checkState(String what, Structure structure, List<Type> types, Traced traced) {
        Structure returned = ((Structure.Composite) traced.result()).parts().getFirst();
        Trees.sameStructure(what, structure, returned);
        List<Type> received = traced.outputs().subList(0, types.size()).stream().map(Node::type).toList();
        if (!received.equals(types)) {
            List<String> paths = new ArrayList<>();
            structure.paths("", paths);
            List<String> wrong = new ArrayList<>();
            for (int i = 0; i < types.size(); i++) {
                if (!types.get(i).equals(received.get(i))) {
                    wrong.add((paths.get(i).isEmpty() ? "" : paths.get(i) + ": ") + received.get(i) + " for "
                            + types.get(i));
                }
            }
            throw ShapeException.of(what + " has other shapes or types", types.toString(), String.join(", ", wrong));
        }
    }

    private record Nothing() implements Tree {}

    static <S extends Tree> S repeat(S initial, int steps, BiFunction<S, Tensor, S> body) {
        return scan(initial, Tensor.arange(steps), (S state, Tensor step) -> new Stepper.Next<>(body.apply(state, step), new Nothing()),
                false).state();
    }

    static <B extends Tree> B cond(Tensor predicate, Supplier<B> then, Supplier<B> otherwise) {
        Node condition = predicate.node();
        if (!condition.type().equals(new Type(DType.BOOL, dev.gamelan.shape.Shape.SCALAR))) {
            throw ShapeException.of("cond: the predicate is not one truth value", "BOOL()",
                    condition.type().toString());
        }
        Traced first = Traced.of(List.of(), List.of(), _ -> then.get());
        Traced second = Traced.of(List.of(), List.of(), _ -> otherwise.get());
        checkBranches(first, second);
        if (first.outputs().isEmpty()) {
            return first.tree(List.of());
        }
        List<Node> captured = Traced.union(first.captured(), second.captured());
        List<Node> operands = new ArrayList<>(Collections.singleton(condition));
        operands.addAll(captured);
        return first.tree(Calls.results(Node.of(new Op.If(first.close(captured), second.close(captured)),
                operands.toArray(Node[]::new))));
    }

    private static void checkBranches(Traced first, Traced second) {
        Trees.sameStructure("cond: the two results", first.result(), second.result());
        List<Type> expected = first.outputs().stream().map(Node::type).toList();
        List<Type> received = second.outputs().stream().map(Node::type).toList();
        if (!expected.equals(received)) {
            throw ShapeException.of("cond: the two results have other shapes or types", expected.toString(),
                    received.toString());
        }
    }
}
