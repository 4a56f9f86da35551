package dev.gamelan.grad;

import static org.junit.jupiter.api.Assertions.assertEquals;

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

    /** The sum of products of all that has fractions; infinite results, as of a reduction of nothing, do not count. */
    static double dot(List<Data> a, List<Data> b) {
        double sum = 0;
        for (int i = 0; i < a.size(); i++) {
            for (int j = 0; j < a.get(i).length() && a.get(i).dtype().isFloating(); j++) {
                double product = a.get(i).getDouble(j) * b.get(i).getDouble(j);
                sum += Double.isInfinite(product) ? 0 : product;
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

    static void assertClose(List<Data> expected, List<Data> received, double relative) {
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i).type(), received.get(i).type());
            for (int j = 0; j < expected.get(i).length(); j++) {
                double e = expected.get(i).getDouble(j);
                double tolerance = Double.isFinite(e) ? relative * (1 + Math.abs(e)) : 1;
                assertEquals(e, received.get(i).getDouble(j), tolerance, "element " + j + " of result " + i);
            }
        }
    }

    /** Equal types, joined along a new axis 0. */
    static Data stack(List<Data> examples) {
        Type type = examples.getFirst().type();
        int length = type.shape().length();
        Object array = type.dtype().newArray(examples.size() * length);
        for (int i = 0; i < examples.size(); i++) {
            System.arraycopy(examples.get(i).array(), 0, array, i * length, length);
        }
        return Data.of(type.dtype(), type.shape().insert(0, examples.size()), array);
    }
}
