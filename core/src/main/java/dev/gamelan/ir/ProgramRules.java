package dev.gamelan.ir;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.shape.ShapeException;
import java.util.ArrayList;
import java.util.List;

/** Rules of the operations that hold programs. */
final class ProgramRules {

    private ProgramRules() {}

    static List<Type> scan(Op.Scan op, List<Type> in) {
        List<Type> expected = new ArrayList<>();
        for (int i = 0; i < in.size(); i++) {
            boolean sequence = i >= op.carries() && i < op.carries() + op.sequences();
            expected.add(sequence ? step(op, in.get(i)) : in.get(i));
        }
        agree("scan: the body's inputs", expected, op.body().inputs().stream().map(Node::type).toList());
        List<Type> out = op.body().outputs().stream().map(Node::type).toList();
        agree("scan: the carried values that the body returns", in.subList(0, op.carries()),
                out.subList(0, Math.min(op.carries(), out.size())));
        List<Type> results = new ArrayList<>(out.subList(0, op.carries()));
        out.subList(op.carries(), out.size()).forEach(y -> results.add(y.with(y.shape().insert(0, op.length()))));
        return List.copyOf(results);
    }

    private static Type step(Op.Scan op, Type sequence) {
        if (sequence.shape().rank() < 1 || sequence.shape().dim(0) != op.length()) {
            throw ShapeException.of("scan: the sequence has another length", op.length() + " along axis 0", sequence.toString());
        }
        return sequence.with(sequence.shape().without(0));
    }

    static List<Type> branch(Op.If op, List<Type> in) {
        agree("if: the predicate", List.of(new Type(DType.BOOL, Shape.SCALAR)), in.subList(0, 1));
        agree("if: the first program's inputs", in.subList(1, in.size()), op.then().inputs().stream().map(Node::type).toList());
        agree("if: the second program's inputs", in.subList(1, in.size()), op.otherwise().inputs().stream().map(Node::type).toList());
        List<Type> results = op.then().outputs().stream().map(Node::type).toList();
        agree("if: the second program's results", results, op.otherwise().outputs().stream().map(Node::type).toList());
        return results;
    }

    static List<Type> call(Op.Call op, List<Type> in) {
        agree("call: the program's inputs", in, op.body().inputs().stream().map(Node::type).toList());
        return op.body().outputs().stream().map(Node::type).toList();
    }

    private static void agree(String what, List<Type> expected, List<Type> received) {
        if (!expected.equals(received)) {
            throw ShapeException.of(what + " have other types", expected.toString(), received.toString());
        }
    }
}
