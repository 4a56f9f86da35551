package dev.gamelan.interop.onnx.ops;

import dev.gamelan.interop.onnx.value.ElementType;
import dev.gamelan.interop.onnx.value.Knowledge;
import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.ir.Data;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The graph inside of a node that writes text, asked for one word after another. */
sealed interface WordSteps permits DecoderSteps, EncodedSteps {

    /** The scores of the words that may come next, one row each; of the first {@code vocabulary} words, or of all if it is not positive. */
    float[][] scores(int vocabulary);

    /** Goes on with these words, each after the row that it belongs to. */
    void append(int[] chosen, int[] from);

    static Value matrix(int[][] rows) {
        Tensor all = Tensor.ofInts(Arrays.stream(rows).flatMapToInt(Arrays::stream).toArray()).reshape(rows.length, rows[0].length);
        return Value.of(ElementType.INT32, all).with(Knowledge.SHAPES);
    }

    static int[][] rows(Data data) {
        int[] all = Call.ints(Call.longs(data));
        int width = data.shape().dim(-1);
        return IntStream.range(0, data.shape().dim(0)).mapToObj(i -> Arrays.copyOfRange(all, i * width, (i + 1) * width))
                .toArray(int[][]::new);
    }

    /** Of logits (rows, time, words) those at the end; what comes with them is computed too. */
    static float[][] last(Value logits, List<Value> others, int vocabulary) {
        Tensor all = Call.numbers(logits).tensor();
        Tensor last = all.select(1, all.dim(1) - 1).slice(1, 0, vocabulary > 0 ? vocabulary : all.dim(2));
        List<Tree> needed = new ArrayList<>(List.of(last));
        others.forEach(value -> needed.add(Call.numbers(value).tensor()));
        Tensors.eval(needed.toArray(Tree[]::new));
        Data data = last.data();
        float[][] result = new float[last.dim(0)][last.dim(1)];
        for (int i = 0; i < data.length(); i++) {
            result[i / result[0].length][i % result[0].length] = (float) data.getDouble(i);
        }
        return result;
    }

    /** The caches of the rows that go on. */
    static List<Value> reordered(List<Value> caches, int axis, int[] from) {
        if (IntStream.range(0, from.length).allMatch(i -> from[i] == i)) {
            return caches;
        }
        return caches.stream().map(Call::numbers).<Value>map(cache -> cache.with(cache.tensor().take(axis, Tensor.ofInts(from)))).toList();
    }
}
