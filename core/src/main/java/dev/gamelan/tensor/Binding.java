package dev.gamelan.tensor;

import dev.gamelan.ir.Data;
import dev.gamelan.ir.Type;
import dev.gamelan.shape.DTypeException;
import java.util.ConcurrentModificationException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A program for arguments of one shape, with arrays of its own for what goes in and what comes out: once warm, a {@link #run}
 * allocates nothing (but a few small objects for each convolution), so that garbage collection does not disturb a loop that must keep time. Write into the arrays of the
 * {@link #input}, run, and read the arrays of the {@link #output}:
 *
 * <pre>{@code
 * Binding<Tensor, Tensor> detector = model.bind(Tensor.zeros(1, 512));
 * float[] samples = detector.floats(detector.input());
 * float[] scores = detector.floats(detector.output());
 * while (microphone.read(samples)) {
 *     detector.run();
 *     react(scores);
 * }
 * }</pre>
 *
 * <p>The tensors of both are not values as others are: those of the output have new elements after each run. What shall last
 * must be copied, by {@link Tensor#toFloatArray} and its like. For one thread at a time; two that meet get a
 * {@link ConcurrentModificationException}.
 */
public final class Binding<A extends Tree, B extends Tree> {

    /** Computes outputs from inputs. */
    interface Body {
        void run(List<Data> inputs, List<Data> outputs);
    }

    private final A input;
    private final B output;
    private final List<Data> inputs;
    private final List<Data> outputs;
    private final Runnable run;
    private final AtomicBoolean busy = new AtomicBoolean();

    private Binding(A input, B output, List<Data> inputs, List<Data> outputs, Runnable run) {
        this.input = input;
        this.output = output;
        this.inputs = inputs;
        this.outputs = outputs;
        this.run = run;
    }

    /** @param example whose values are copied */
    static <A extends Tree, B extends Tree> Binding<A, B> of(Arguments example, Structure result, List<Type> types, Body body) {
        List<Data> inputs = example.copies();
        List<Data> outputs = types.stream().map(type -> new Data(type, type.dtype().newArray(type.shape().length()))).toList();
        return new Binding<>(tree(example.structure(), inputs), tree(result, outputs), inputs, outputs, () -> {
            for (int i = 0; i < inputs.size(); i++) {
                inputs.get(i).changed();
            }
            body.run(inputs, outputs);
        });
    }

    private static <T> T tree(Structure structure, List<Data> values) {
        return Trees.make(structure, values.stream().map(Tensor::of).toList());
    }

    /** What the program reads; at first the values of the example that it was bound with. */
    public A input() {
        return input;
    }

    /** What the last run computed; zeros before. */
    public B output() {
        return output;
    }

    /** Computes the output from what the arrays of the input hold. */
    public void run() {
        if (!busy.compareAndSet(false, true)) {
            throw new ConcurrentModificationException("two threads use one binding; bind again for each");
        }
        try {
            run.run();
        } finally {
            busy.set(false);
        }
    }

    /** The same arrays, and another way to run, such as this one's {@link #run} and something before and after. */
    public Binding<A, B> running(Runnable other) {
        return new Binding<>(input, output, inputs, outputs, other);
    }

    /**
     * The array of a FLOAT32 tensor of the {@link #input} or {@link #output}, row-major and not a copy.
     *
     * @throws IllegalArgumentException if the tensor is of neither
     * @throws DTypeException if it has another type
     */
    public float[] floats(Tensor tensor) {
        return array(tensor, float[].class);
    }

    /** As {@link #floats}, of FLOAT64. */
    public double[] doubles(Tensor tensor) {
        return array(tensor, double[].class);
    }

    /** As {@link #floats}, of INT32. */
    public int[] ints(Tensor tensor) {
        return array(tensor, int[].class);
    }

    /** As {@link #floats}, of INT64. */
    public long[] longs(Tensor tensor) {
        return array(tensor, long[].class);
    }

    /** As {@link #floats}, of INT8 or UINT8. */
    public byte[] bytes(Tensor tensor) {
        return array(tensor, byte[].class);
    }

    /** As {@link #floats}, of BOOL. */
    public boolean[] booleans(Tensor tensor) {
        return array(tensor, boolean[].class);
    }

    private <T> T array(Tensor tensor, Class<T> kind) {
        Data data = tensor.data();
        if (!inputs.contains(data) && !outputs.contains(data)) {
            throw new IllegalArgumentException("this tensor has no array in the binding\n  expected  one of its input() or output()"
                    + "\n  received  another, " + data.type());
        }
        if (!kind.isInstance(data.array())) {
            throw new DTypeException("binding: the array is of another kind\n  expected  " + data.array().getClass().getSimpleName()
                    + ", for " + data.type() + "\n  received  a request for " + kind.getSimpleName());
        }
        return kind.cast(data.array());
    }
}
