package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** {@code TfIdfVectorizer}: how often the n-grams of a pool occur in each row. */
final class TfIdf {

    private TfIdf() {}

    static void register(Registry r) {
        r.op("TfIdfVectorizer", TfIdf::vectorize);
    }

    /** The n-grams of the pool, each with its number. */
    private static Map<List<Object>, Integer> pool(Call c) {
        List<?> items = c.hasAttribute("pool_strings") ? c.attributeTexts("pool_strings")
                : IntStream.of(c.attributeInts("pool_int64s").orElse(new int[0])).mapToObj(i -> (long) i).toList();
        int[] starts = c.attributeInts("ngram_counts").orElseThrow();
        Map<List<Object>, Integer> pool = new HashMap<>();
        int number = 0;
        for (int n = 1; n <= starts.length; n++) {
            int end = n < starts.length ? starts[n] : items.size();
            for (int at = starts[n - 1]; at + n <= end; at += n) {
                pool.put(List.copyOf(items.subList(at, at + n)), number++);
            }
        }
        return pool;
    }

    private static List<Value> vectorize(Call c) {
        Shape shape = Layouts.shapeOf(c.value(0));
        List<?> items = c.value(0) instanceof Value.Text text ? text.strings() : integers(c.data(0));
        Map<List<Object>, Integer> pool = pool(c);
        int[] columns = c.attributeInts("ngram_indexes").orElseThrow();
        int width = IntStream.of(columns).max().orElse(-1) + 1;
        int rows = shape.rank() == 2 ? shape.dim(0) : 1;
        int length = rows == 0 ? 0 : items.size() / rows;
        float[] counts = new float[rows * width];
        double[] weights = c.attributeDoubles("weights").orElse(new double[0]);
        float[] factors = new float[width];
        java.util.Arrays.fill(factors, 1);
        for (int i = 0; i < weights.length; i++) {
            factors[columns[i]] = (float) weights[i];
        }
        for (int row = 0; row < rows; row++) {
            count(c, items.subList(row * length, (row + 1) * length), pool, columns, counts, row * width);
        }
        String mode = c.attribute("mode", "TF");
        for (int i = 0; i < counts.length; i++) {
            float factor = factors[i % width];
            counts[i] = switch (mode) {
                case "TF" -> counts[i];
                case "IDF" -> counts[i] > 0 ? factor : 0;
                case "TFIDF" -> counts[i] * factor;
                default -> throw Call.unsupported("mode TF, IDF or TFIDF", mode);
            };
        }
        Shape result = shape.rank() == 2 ? Shape.of(rows, width) : Shape.of(width);
        return List.of(Value.of(Tensor.of(counts).reshape(result)));
    }

    private static List<Long> integers(Data data) {
        return IntStream.range(0, data.length()).mapToObj(data::getLong).toList();
    }

    /** N-grams may leave out up to {@code max_skip_count} items between their own; single items are counted once. */
    private static void count(Call c, List<?> row, Map<List<Object>, Integer> pool, int[] columns, float[] counts, int at) {
        int least = c.attribute("min_gram_length", 1);
        int most = c.attribute("max_gram_length", 1);
        int skips = c.attribute("max_skip_count", 0);
        for (int n = least; n <= most; n++) {
            for (int step = 1; step <= (n == 1 ? 1 : skips + 1); step++) {
                for (int start = 0; start + (n - 1) * step < row.size(); start++) {
                    int first = start;
                    int distance = step;
                    List<Object> gram = IntStream.range(0, n).<Object>mapToObj(i -> row.get(first + i * distance)).toList();
                    Integer number = pool.get(gram);
                    if (number != null) {
                        counts[at + columns[number]]++;
                    }
                }
            }
        }
    }
}
