package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.ShapeException;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Sequences of different lengths in one batch. What lies behind a sequence's end has no meaning.
 *
 * @param values  (B, T, ...)
 * @param lengths (B) of an integer type, each from 0 to T
 */
public record Padded(Tensor values, Tensor lengths) implements Tree {

    /**
     * Sequences (length, ...) that differ in length alone, at least one, filled up with zeros to the longest. Computes them
     * now.
     */
    public static Padded of(List<Tensor> sequences) {
        return of(sequences, 1);
    }

    /** To the longest, rounded up to a multiple: each length is a shape that is compiled for. */
    static Padded of(List<Tensor> sequences, int multiple) {
        int[] lengths = sequences.stream().mapToInt(Padded::length).toArray();
        int longest = IntStream.of(lengths).max()
                .orElseThrow(() -> ShapeException.of("padded: there are no sequences", "at least one", "none"));
        return new Padded(Rows.padded(sequences, Math.ceilDiv(longest, multiple) * multiple), Tensor.ofInts(lengths));
    }

    private static int length(Tensor sequence) {
        if (sequence.rank() == 0) {
            throw ShapeException.of("padded: not a sequence", "(length, ...)", sequence.shape().toString());
        }
        return sequence.dim(0);
    }

    /** As {@link #of(List)}. */
    public static Padded of(Tensor... sequences) {
        return of(List.of(sequences));
    }

    /** BOOL (B, T): where the sequences are. */
    public Tensor mask() {
        if (values.rank() < 2 || lengths.rank() != 1 || lengths.dim(0) != values.dim(0)) {
            throw ShapeException.of("padded: values and lengths do not fit", "values (batch, steps, ...) and lengths (batch)",
                    values.shape() + " and " + lengths.shape());
        }
        return Tensor.arange(values.dim(1)).less(lengths.cast(DType.INT32).expandDims(1));
    }

    /** A function of single positions on all of them: an embedding, a dense layer, an activation. */
    public Padded map(UnaryOperator<Tensor> function) {
        return new Padded(function.apply(values), lengths);
    }

    /** Each sequence's last element: (B, ...); zeros for a sequence without any. */
    public Tensor last() {
        Tensor end = Tensor.arange(values.dim(1)).eq(lengths.cast(DType.INT32).sub(1).expandDims(1));
        return kept(end).sum(1);
    }

    /** The mean of each sequence's elements: (B, ...); zeros for a sequence without any. */
    public Tensor mean() {
        Tensor count = lengths.cast(values.dtype()).maximum(1);
        return kept(mask()).sum(1).div(along(count, values.rank() - 1));
    }

    /** The same with zeros behind the ends. */
    public Padded zeroed() {
        return new Padded(kept(mask()), lengths);
    }

    private Tensor kept(Tensor mask) {
        return values.where(along(mask, values.rank()), 0);
    }

    /** With axes of extent 1 behind. */
    private static Tensor along(Tensor x, int rank) {
        Tensor result = x;
        while (result.rank() < rank) {
            result = result.expandDims(-1);
        }
        return result;
    }
}
