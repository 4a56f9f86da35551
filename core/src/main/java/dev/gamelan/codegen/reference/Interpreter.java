package dev.gamelan.codegen.reference;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** From operations to the loops that carry them out. */
final class Interpreter {

    private Interpreter() {}

    static List<Data> run(Graph graph, List<Data> inputs) {
        Map<Node, List<Data>> values = values(graph, inputs);
        return graph.outputs().stream().map(output -> known(values, output).getFirst()).toList();
    }

    static Map<Node, List<Data>> values(Graph graph, List<Data> inputs) {
        Map<Node, List<Data>> values = new IdentityHashMap<>();
        for (int i = 0; i < inputs.size(); i++) {
            values.put(graph.inputs().get(i), List.of(inputs.get(i).inMemory()));
        }
        for (Node node : graph.nodes()) {
            if (!values.containsKey(node)) {
                values.put(node, evaluate(graph, node, values));
            }
        }
        return values;
    }

    /** Operands come first in a graph, so what a node asks for has been computed. */
    private static List<Data> known(Map<Node, List<Data>> values, Node node) {
        return Objects.requireNonNull(values.get(node));
    }

    private static List<Data> evaluate(Graph graph, Node node, Map<Node, List<Data>> values) {
        Op op = graph.op(node);
        if (op instanceof Op.Get get) {
            return List.of(known(values, graph.operands(node).getFirst()).get(get.index()));
        }
        List<Data> in = graph.operands(node).stream().map(operand -> known(values, operand).getFirst()).toList();
        try {
            return evaluate(op, node.types(), in);
        } catch (ArithmeticException e) {
            throw (ArithmeticException) new ArithmeticException(e.getMessage() + at(node)).initCause(e);
        } catch (IndexOutOfBoundsException e) {
            throw (IndexOutOfBoundsException) new IndexOutOfBoundsException(e.getMessage() + at(node)).initCause(e);
        }
    }

    private static String at(Node node) {
        String origin = node.origin().toString();
        return origin.isEmpty() ? "" : "\n  at  " + origin;
    }

    private static List<Data> evaluate(Op op, List<Type> types, List<Data> in) {
        if (op instanceof Op.Scan scan) {
            return Programs.scan(scan, types, in);
        } else if (op instanceof Op.If branch) {
            return run(in.getFirst().getLong(0) != 0 ? branch.then() : branch.otherwise(), in.subList(1, in.size()));
        } else if (op instanceof Op.Call call) {
            return run(call.body(), in);
        }
        return List.of(single(op, types.getFirst(), in));
    }

    private static Data single(Op op, Type type, List<Data> in) {
        return switch (op) {
            case Op.Input o -> throw new IllegalStateException("an input without a value: " + o);
            case Op.Constant o -> o.data().inMemory();
            case Op.Fill o -> Elementwise.fill(o);
            case Op.Iota o -> Elementwise.iota(o);
            case Op.Unary o -> Elementwise.unary(o.kind(), in.getFirst());
            case Op.Binary o -> Elementwise.binary(o.kind(), in.get(0), in.get(1));
            case Op.Compare o -> Elementwise.compare(o.kind(), type, in.get(0), in.get(1));
            case Op.Select _ -> Layout.select(type, in.get(0), in.get(1), in.get(2));
            case Op.Cast _ -> Elementwise.cast(type, in.getFirst());
            case Op.Broadcast _ -> Layout.broadcast(type, in.getFirst());
            case Op.Reshape _ -> new Data(type, in.getFirst().array());
            case Op.Permute o -> Layout.permute(o, type, in.getFirst());
            case Op.Slice o -> Layout.slice(o, type, in.getFirst());
            case Op.Flip o -> Layout.flip(o, in.getFirst());
            case Op.Pad o -> Layout.pad(o, type, in.get(0), in.get(1));
            case Op.Concat o -> Layout.concat(o, type, in);
            case Op.Gather o -> Indexing.gather(o, type, in.get(0), in.get(1));
            case Op.ScatterAdd o -> Indexing.scatterAdd(o, in.get(0), in.get(1), in.get(2));
            case Op.ArgSort o -> Indexing.argSort(o, type, in.getFirst());
            case Op.Reduce o -> Reductions.reduce(o, type, in.getFirst());
            case Op.ArgReduce o -> Reductions.argReduce(o, type, in.getFirst());
            case Op.CumSum o -> Reductions.cumSum(o, in.getFirst());
            case Op.MatMul _ -> Contractions.matmul(type, in.get(0), in.get(1));
            case Op.Conv o -> Contractions.conv(o, type, in.get(0), in.get(1));
            case Op.ConvInputGradient o -> Contractions.inputGradient(o, type, in.get(0), in.get(1));
            case Op.ConvKernelGradient o -> Contractions.kernelGradient(o, type, in.get(0), in.get(1));
            case Op.MaxPool o -> Pooling.max(o, type, in.getFirst());
            case Op.MaxPoolGradient o -> Pooling.maxGradient(o, in.get(0), in.get(1));
            case Op.MaxPoolPick o -> Pooling.pick(o, type, in.get(0), in.get(1));
            case Op.SumPool o -> Pooling.sum(o, type, in.getFirst());
            case Op.SumPoolGradient o -> Pooling.sumGradient(o, type, in.getFirst());
            case Op.RandomBits _ -> Threefry.bits(type, in.getFirst());
            case Op.StopGradient _, Op.Barrier _ -> in.getFirst();
            case Op.Scan _, Op.If _, Op.Call _, Op.Get _ -> throw new IllegalArgumentException(op + " has several results");
        };
    }
}
