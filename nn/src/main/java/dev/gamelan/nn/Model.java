package dev.gamelan.nn;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Binding;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Parametric;
import dev.gamelan.tensor.Program;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.TensorMap;
import dev.gamelan.tensor.Tensors;
import dev.gamelan.tensor.Tree;
import dev.gamelan.tensor.Trees;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A block and a reference to its weights. Calling it is inference; training works on a copy of the weights and publishes
 * them in the end, so a call sees old or new weights and never a mixture. May be shared between threads.
 */
public final class Model<I extends Tree, O extends Tree> implements Function<I, O> {

    /** What a compiled call gets. */
    record Call<I extends Tree>(Weights weights, I input) implements Tree {}

    /** What a compiled training pass gets. */
    record Learning<I extends Tree>(Weights weights, I input, RandomKey key) implements Tree {}

    /** What a pass over the example showed. */
    record Traced(Weights weights, List<Trace.Use> uses, Tree output) {}

    private final Block<I, O> block;
    private final @Nullable I example;
    private final long seed;
    private final Program<Call<I>, O> inference;
    private final Program<Learning<I>, Pass<O>> passes;
    private volatile @Nullable Weights weights;
    /** A session that never goes on, for others to begin where it is. */
    private @Nullable Session<I, O> unused;

    Model(Block<I, O> block, @Nullable I example, long seed, @Nullable Weights weights) {
        this.block = block;
        this.example = example;
        this.seed = seed;
        this.weights = weights;
        this.inference = Functions.compile((Call<I> call) -> infer(call.weights, call.input));
        this.passes = Functions.compile((Learning<I> call) -> learn(call));
    }

    /** Layers one after the other; weights are made from seed 42. A shape that does not fit is found here. */
    public static Model<Tensor, Tensor> of(Shape example, Layer... layers) {
        return of(DType.FLOAT32, example, layers);
    }

    /** Layers one after the other, for examples of this type; for FLOAT64, weights are of that type too. */
    public static Model<Tensor, Tensor> of(DType dtype, Shape example, Layer... layers) {
        Layer layer = layers.length == 1 && !(layers[0] instanceof Layer.Named) ? layers[0] : new Sequential(List.of(layers));
        return of(layer, Tensor.zeros(dtype, Shape.of(1).concat(example)));
    }

    /** Any block; the batch is there for its shapes, and its types: where there is FLOAT64, weights are FLOAT64 instead of FLOAT32. */
    public static <I extends Tree, O extends Tree> Model<I, O> of(Block<I, O> block, I batch) {
        Model<I, O> model = new Model<>(block, batch, 42, null);
        Weights _ = model.initial();
        return model;
    }

    /** A block with given weights, such as a part of another model: {@code weights.at("decoder")}. */
    public static <I extends Tree, O extends Tree> Model<I, O> of(Block<I, O> block, Weights weights) {
        return new Model<>(block, null, 42, weights);
    }

    /**
     * A model from a file that {@link #save} made, with its architecture. Large weights are read when they are needed: until then the file
     * may be deleted or replaced, but not written into, which is an error when a weight is read.
     *
     * @throws dev.gamelan.shape.FormatException if the file is damaged, or has weights only
     */
    public static Model<Tensor, Tensor> load(Path file) {
        return SavedModel.load(file);
    }

    /** The weights of a file for a block that is known; see {@link #load(Path)}. */
    public static <I extends Tree, O extends Tree> Model<I, O> load(Path file, Block<I, O> block) {
        return of(block, SavedModel.loadWeights(file));
    }

    /** The notes of one's own that {@link #save(Path, Map)} put into a file. */
    public static Map<String, String> notes(Path file) {
        return SavedModel.notes(file);
    }

    /** Writes weights and architecture into one safetensors file; it is whole at any moment. */
    public void save(Path file) {
        save(file, Map.of());
    }

    /** {@link #save(Path)} with notes of one's own, such as the names of classes. */
    public void save(Path file, Map<String, String> notes) {
        SavedModel.save(file, this, notes);
    }

    /** Inference: nothing is dropped, running statistics are used, and nothing is kept. */
    @Override
    public O apply(I input) {
        return apply(weights(), input);
    }

    /** {@link #apply(Tree)} with other weights. */
    public O apply(Weights other, I input) {
        return inference.apply(new Call<>(other, input));
    }

    /** A pass in training mode, as a pure function. */
    public Pass<O> forward(Weights other, I input, RandomKey key) {
        return passes.apply(new Learning<>(other, input, key));
    }

    /** A conversation, which remembers what its calls carry. All of a model's conversations use the same programs. */
    public synchronized Session<I, O> session() {
        Session<I, O> blank = unused;
        if (blank == null) {
            blank = new Session<>(this);
            unused = blank;
        }
        return blank.fork();
    }

    /** This model and an optimizer as pure functions. */
    public Learner<I, O> learner(Optimizer optimizer) {
        return new ModelLearner<>(this, optimizer);
    }

    /** Compiles for inputs like this one. */
    public Model<I, O> warm(I input) {
        Program<Call<I>, O> _ = inference.warm(new Call<>(weights(), input));
        return this;
    }

    /**
     * Inference of inputs like this one with the weights as they are now, and with arrays of its own for what goes in and what
     * comes out; see {@link Binding}. Weights that are published later need another binding.
     */
    public Binding<I, O> bind(I input) {
        Weights now = weights();
        return Functions.compile((I bound) -> infer(now, bound)).bind(input);
    }

    /** The same architecture with new weights, made from another seed. */
    public Model<I, O> seed(long value) {
        return new Model<>(block, example, value, example == null ? weights() : null);
    }

    /** A plan for training; nothing happens before its {@link Trainer#run}. */
    public <T extends Tree> Trainer<I, O, T> train(Batches<I, T> data, Loss<? super O, ? super T> loss) {
        return new Trainer<>(this, data, loss);
    }

    /** A figure over one epoch of data. */
    public <T extends Tree> double evaluate(Batches<I, T> data, Metric<? super O, ? super T> metric) {
        return new Evaluation<>(this, List.<Metric<? super O, ? super T>>of(metric)).run(weights(), data)[0];
    }

    /** The weights as they are now. */
    public Weights weights() {
        Weights now = weights;
        return now == null ? initialize() : now;
    }

    /**
     * Uses other weights from now on.
     *
     * @throws dev.gamelan.shape.NameException if their paths or shapes differ from this model's
     */
    public void publish(Weights next) {
        Fit.check("the new weights", weights(), next);
        Tensors.eval(next);
        weights = next;
    }

    /** The layers with their outputs, parameters and operations: print it, or read it. */
    public Summary summary() {
        return Summary.of(this);
    }

    /**
     * Inference as a function of named tensors, with the weights as they are now: for ONNX files, where weights then have
     * their paths as names. A lone tensor is called {@code input} or {@code output}, those of a record have its components'
     * names, after {@code output.} if an input has the name. Buffers, such as running statistics, are parameters of it too.
     *
     * @throws IllegalStateException if the model was made from weights, without an example of its input
     */
    public Parametric parametric() {
        return ModelFunction.of(this);
    }

    Block<I, O> block() {
        return block;
    }

    public Optional<I> example() {
        return Optional.ofNullable(example);
    }

    /** The weights that the block asks for, made; their values are not computed. */
    Weights initial() {
        boolean doubles = example != null && Trees.leaves(example).stream().anyMatch(leaf -> leaf.dtype() == DType.FLOAT64);
        return trace(Trace.creating(RandomKey.of(seed), doubles)).weights();
    }

    /** Inference of the example with weights that have shapes and no work in them. */
    Traced structure() {
        return trace(Trace.inference(Trees.map(initial(), Tensor::zerosLike), key()));
    }

    private Traced trace(Trace trace) {
        if (example == null) {
            throw new IllegalStateException("this model was made from weights, without an example of its input");
        }
        O output = block.apply(Scope.root(trace), example);
        return new Traced(trace.weights(), trace.uses(), output);
    }

    RandomKey key() {
        return RandomKey.of(seed);
    }

    private O infer(Weights given, I input) {
        Trace trace = Trace.inference(given, key());
        O output = block.apply(Scope.root(trace), input);
        trace.finish(example == null);
        return output;
    }

    private Pass<O> learn(Learning<I> call) {
        Trace trace = Trace.training(call.weights, call.key, path -> false, TensorMap.of());
        O output = block.apply(Scope.root(trace), call.input);
        trace.finish(false);
        return new Pass<>(output, trace.weights());
    }

    private synchronized Weights initialize() {
        Weights now = weights;
        if (now == null) {
            now = initial();
            Tensors.eval(now);
            weights = now;
        }
        return now;
    }

    /** The layers and their sizes, without the weights. */
    @Override
    public String toString() {
        return "Model[" + block + "]";
    }
}
