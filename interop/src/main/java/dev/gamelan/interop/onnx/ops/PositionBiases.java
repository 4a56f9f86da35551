package dev.gamelan.interop.onnx.ops;

import static dev.gamelan.interop.onnx.ops.Registry.MICROSOFT;

import dev.gamelan.interop.onnx.value.Value;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Tensor;
import java.util.List;

/** Operators of {@code com.microsoft} that make what is added to the scores of an attention. */
final class PositionBiases {

    private PositionBiases() {}

    static void register(Registry r) {
        r.op(MICROSOFT, "RelativePositionBias", 1, c -> Call.one(c.type(0), distances(c)));
        r.op(MICROSOFT, "GatedRelativePositionBias", 1, PositionBiases::gated);
    }

    /**
     * A number for each head and distance between query and key, from a table of (heads, buckets) in this order, whatever its shape
     * says: distances share a bucket the more the larger they are (Raffel et al., 2020).
     */
    private static Tensor distances(Call c) {
        int buckets = c.tensor(0).dim(0);
        int queries = c.integer(1);
        int keys = c.integer(2);
        boolean both = c.flag("is_bidirectional", false);
        int most = c.attribute("max_distance", 128);
        c.room((double) queries * keys, Integer.BYTES);
        int[] places = new int[queries * keys];
        for (int i = 0; i < places.length; i++) {
            int distance = i % keys - i / keys;
            int half = both ? buckets / 2 : buckets;
            places[i] = (both && distance > 0 ? half : 0) + bucket(both ? Math.abs(distance) : Math.max(0, -distance), half, most);
        }
        Tensor table = c.tensor(0).reshape(c.tensor(0).dim(1), buckets);
        return table.take(1, Tensor.ofInts(places)).reshape(1, table.dim(0), queries, keys);
    }

    private static int bucket(int distance, int buckets, int most) {
        int exact = buckets / 2;
        if (distance < exact) {
            return distance;
        }
        double share = (float) Math.log((float) distance / exact) / (float) Math.log((float) most / exact);
        return Math.min(buckets - 1, exact + (int) ((float) share * (buckets - exact)));
    }

    /**
     * Inputs: query and its bias, the bias of positions (1, heads, time, time), weights (d, 2 n) and bias of the gates, a factor for each
     * head, and places where the queries are packed. As in WavLM (Chen et al., 2022).
     */
    private static List<Value> gated(Call c) {
        Tensor given = c.tensor(0).add(c.tensor(1));
        Tensor q = Attentions.heads(c.has(6) ? Packing.restored(given, c.tensor(6)) : given, c.attribute("num_heads", 1));
        Tensor gates = q.matmul(c.tensor(3)).add(c.tensor(4));
        int half = gates.dim(3) / 2;
        Tensor update = gates.slice(3, 0, half).sum(Axes.keep(3)).sigmoid();
        Tensor reset = gates.slice(3, half, 2 * half).sum(Axes.keep(3)).sigmoid();
        Tensor gate = update.mul(reset.mul(c.tensor(5)).sub(1)).add(2);
        return c.same(gate.mul(c.tensor(2)));
    }
}
