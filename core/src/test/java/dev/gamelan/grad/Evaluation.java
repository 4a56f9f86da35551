package dev.gamelan.grad;

import dev.gamelan.codegen.reference.Reference;
import dev.gamelan.ir.Data;
import dev.gamelan.ir.Graph;
import dev.gamelan.ir.Node;
import dev.gamelan.ir.Type;
import dev.gamelan.ir.Verifier;
import dev.gamelan.shape.DType;
import java.util.List;
import java.util.Random;

/** Computing programs in tests. */
final class Evaluation {

    private Evaluation() {}

    static List<Data> run(List<Node> inputs, List<Node> outputs, List<Data> values) {
        return new Reference().compile(Verifier.verify(Graph.of(inputs, outputs))).run(values);
    }

    /** A random constant of a type; zeros where it has no fractions. */
    static Data random(Type type, long seed) {
        if (!type.dtype().isFloating()) {
            return new Data(type, type.dtype().newArray(type.shape().length()));
        }
        return Data.of(DType.FLOAT64, type.shape(), new Random(seed).doubles(type.shape().length(), -1, 1).toArray());
    }

    /** The sum of products of all that has fractions. */
    static double dot(List<Data> a, List<Data> b) {
        double sum = 0;
        for (int i = 0; i < a.size(); i++) {
            for (int j = 0; j < a.get(i).length() && a.get(i).dtype().isFloating(); j++) {
                sum += a.get(i).getDouble(j) * b.get(i).getDouble(j);
            }
        }
        return sum;
    }

    /** A copy with one number moved. */
    static Data moved(Data data, int i, double by) {
        double[] values = ((double[]) data.array()).clone();
        values[i] += by;
        return Data.of(DType.FLOAT64, data.shape(), values);
    }
}
