package dev.gamelan.codegen;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Op;
import dev.gamelan.ir.Type;
import dev.gamelan.runtime.Checks;
import dev.gamelan.runtime.Executable;
import dev.gamelan.runtime.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The program that permutes one input. Weights are brought into another order once, which takes less time than compiling a program for it. */
final class Permutation implements Executable {

    private final Type input;
    private final Type output;
    private final TiledCopy copy;
    private final Pool pool;

    private Permutation(Type input, Type output, List<Integer> order, Pool pool) {
        this.input = input;
        this.output = output;
        this.pool = pool;
        int[] from = input.shape().strides();
        int[] to = output.shape().strides();
        List<TiledCopy.Axis> axes = new ArrayList<>();
        for (int i = 0; i < to.length; i++) {
            if (output.shape().dim(i) > 1) {
                axes.add(new TiledCopy.Axis(output.shape().dim(i), from[order.get(i)], to[i]));
            }
        }
        this.copy = new TiledCopy(axes);
    }

    /** Empty if the graph is anything else. */
    static Optional<Permutation> of(Graph graph, Pool pool) {
        Node output = graph.outputs().getFirst();
        return graph.outputs().size() == 1 && graph.inputs().size() == 1 && graph.op(output) instanceof Op.Permute permute
                && graph.operands(output).getFirst() == graph.inputs().getFirst() && output.shape().size() > 0
                        ? Optional.of(new Permutation(graph.inputs().getFirst().type(), output.type(), permute.order(), pool))
                        : Optional.empty();
    }

    @Override
    public List<Data> run(List<Data> inputs) {
        Checks.inputs(List.of(input), inputs);
        Object from = inputs.getFirst().inMemory().array();
        Object to = output.dtype().newArray(output.shape().length());
        pool.run(copy.tasks(), (task, _) -> copy.run(from, 0, to, 0, task));
        return List.of(new Data(output, to));
    }
}
