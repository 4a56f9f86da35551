package dev.gamelan.interop.onnx.export;

import dev.gamelan.interop.onnx.proto.GraphProto;
import dev.gamelan.interop.onnx.proto.ModelProto;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;

/**
 * Writes a function for any extents of some axes. Its program is traced and written for several, and what differs between
 * these graphs is then computed from the extents: so nothing in the tensor language needs to know of open shapes.
 */
public final class OpenExport {

    private OpenExport() {}

    /**
     * An axis that is open.
     *
     * @param name    of its extent
     * @param input   that tells the extent
     * @param axis    of this input
     * @param example an extent that the function takes
     */
    public record Open(String name, String input, int axis, int example) {}

    /**
     * @param open        one for each name
     * @param programs    gives the function's program for the extent of each name
     * @param inputs      names of its inputs, in order
     * @param outputs     names of its outputs, in order
     * @param initializers values of inputs that are a part of the model
     * @throws dev.gamelan.shape.FormatException if the function does other things for other extents, or ONNX has nothing for
     *                                           an operation
     */
    public static ModelProto model(List<Open> open, Function<List<Integer>, Graph> programs, List<String> inputs, List<String> outputs,
            Map<String, Data> initializers) {
        Extents extents = Extents.of(open.stream().map(Open::name).toList(), open.stream().map(Open::example).toList());
        Names names = new Names();
        Merge merge = new Merge(extents,
                new Prelude(names, open.stream().map(axis -> new Prelude.Source(axis.input, axis.axis)).toList()));
        List<Graph> graphs = extents.points().stream().map(programs).toList();
        Set<Node> varying = varying(graphs, merge);
        List<GraphProto> written = new ArrayList<>();
        for (Graph graph : graphs) {
            written.add(GraphExport.graph(graph, varying, written.isEmpty() ? names : new Names(), inputs, outputs,
                    initializers.keySet()));
        }
        return GraphExport.model(merge.apply(written), inputs, initializers);
    }

    /** The nodes that are not the same for all extents, and what is made of them. */
    private static Set<Node> varying(List<Graph> graphs, Merge merge) {
        Set<Node> varying = Collections.newSetFromMap(new IdentityHashMap<>());
        Graph first = graphs.getFirst();
        for (Graph other : graphs) {
            if (other.nodes().size() != first.nodes().size()) {
                throw merge.differs("programs of " + first.nodes().size() + " and " + other.nodes().size() + " operations");
            }
        }
        for (int i = 0; i < first.nodes().size(); i++) {
            boolean spreads = false;
            Node one = first.nodes().get(i);
            for (Graph graph : graphs) {
                Node node = graph.nodes().get(i);
                spreads |= !node.types().equals(one.types()) || !alike(first.op(one), graph.op(node))
                        || graph.operands(node).stream().anyMatch(varying::contains);
            }
            if (spreads) {
                int place = i;
                graphs.forEach(graph -> varying.add(graph.nodes().get(place)));
            }
        }
        return varying;
    }

    /** Weights are the same objects in all programs; numbers that shapes give may be equal. */
    private static boolean alike(Op a, Op b) {
        return a.equals(b) || a instanceof Op.Constant x && b instanceof Op.Constant y
                && Objects.deepEquals(x.data().array(), y.data().array());
    }
}
