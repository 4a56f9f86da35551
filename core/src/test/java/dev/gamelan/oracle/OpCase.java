package dev.gamelan.oracle;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Ops;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * One use of an operation: a small program and the values that it is tried with.
 *
 * @param builder from a node for each argument to the results
 */
public record OpCase(String name, Exactness exactness, List<Argument> arguments, Function<List<Node>, List<Node>> builder) {

    /** An input of the program. */
    public record Argument(Type type, Domain domain) {

        public static Argument of(DType dtype, Domain domain, int... dims) {
            return new Argument(new Type(dtype, Shape.of(dims)), domain);
        }
    }

    public OpCase {
        arguments = List.copyOf(arguments);
        name = name + " " + arguments.stream().map(a -> a.type().toString()).toList();
    }

    /** A case with one result. */
    static OpCase of(String name, Exactness exactness, Function<List<Node>, Node> builder, Argument... arguments) {
        return new OpCase(name, exactness, List.of(arguments), in -> List.of(builder.apply(in)));
    }

    /** A new copy of the program. */
    public Graph graph() {
        List<Node> inputs = new ArrayList<>();
        for (Argument argument : arguments) {
            inputs.add(Ops.input(argument.type(), "x" + inputs.size()));
        }
        return Graph.of(inputs, builder.apply(inputs));
    }

    /** Values for the inputs; equal for equal seeds. */
    public List<Data> sample(long seed) {
        Random random = new Random(seed);
        return arguments.stream().map(a -> a.domain().sample(a.type(), random)).toList();
    }

    /** The inputs in which every floating result is smooth around the values of {@link #sample}. */
    public List<Integer> differentiable() {
        return IntStream.range(0, arguments.size())
                .filter(i -> arguments.get(i).type().dtype().isFloating() && arguments.get(i).domain().smooth()).boxed().toList();
    }

    /** Whether finite differences can be held against gradients: something to differentiate, all of it in FLOAT64. */
    public boolean isForFiniteDifferences() {
        return !differentiable().isEmpty() && arguments.stream().noneMatch(a -> a.type().dtype() == DType.FLOAT32)
                && graph().outputs().stream().anyMatch(y -> y.dtype() == DType.FLOAT64);
    }

    @Override
    public String toString() {
        return name;
    }
}
