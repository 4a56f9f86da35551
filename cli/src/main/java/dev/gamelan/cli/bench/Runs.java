package dev.gamelan.cli.bench;

import static dev.gamelan.nn.Losses.softmaxCrossEntropy;

import dev.gamelan.nn.Batch;
import dev.gamelan.nn.Learner;
import dev.gamelan.nn.Model;
import dev.gamelan.nn.Optimizer;
import dev.gamelan.nn.Session;
import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Axes;
import dev.gamelan.tensor.Binding;
import dev.gamelan.tensor.Functions;
import dev.gamelan.tensor.Program;
import dev.gamelan.tensor.Program2;
import dev.gamelan.tensor.RandomKey;
import dev.gamelan.tensor.Stepper;
import dev.gamelan.tensor.Tensor;
import dev.gamelan.tensor.Tree;
import java.util.List;
import java.util.Locale;

/** The ways to run a model that are measured. Data are random and made once; each call's result is looked at. */
final class Runs {

    /** Marks what runs in arrays that stay the same, see {@link Binding}; no figure of a peer has this name. */
    private static final String BOUND = "_bound";

    private Runs() {}

    /** Samples of one batch that is trained on again and again. */
    static void train(Stopwatch watch, Net net, Optimizer optimizer, Shape batch, int classes) {
        steps(watch, "samples/s", batch.dim(0), net.fresh(), optimizer,
                new Batch<>(numbers(batch), integers(classes, Shape.of(batch.dim(0)))));
    }

    /** Tokens (B, T), of each of which the next is to be guessed. */
    static void language(Stopwatch watch, Net net, Optimizer optimizer, Shape batch, int vocabulary) {
        Tensor ids = integers(vocabulary, batch);
        steps(watch, "tokens/s", batch.size(), net.fresh(), optimizer, new Batch<>(ids, integers(vocabulary, batch)));
    }

    private static void steps(Stopwatch watch, String unit, double items, Model<Tensor, Tensor> model, Optimizer optimizer,
            Batch<Tensor, Tensor> batch) {
        Learner<Tensor, Tensor> learner = model.learner(optimizer);
        Stepper<Learner.State, Batch<Tensor, Tensor>, Tensor> stepper = Stepper.of(learner.init(RandomKey.of(1)),
                (Learner.State state, Batch<Tensor, Tensor> data) -> learner.step(state,
                        net -> softmaxCrossEntropy().apply(net.apply(data.input()), data.target()).mean()));
        double[] loss = {Double.NaN, Double.NaN};
        watch.rate("train", unit, items, () -> {
            loss[1] = finite(stepper.step(batch).item());
            loss[0] = Double.isNaN(loss[0]) ? loss[1] : loss[0];
        });
        // The batch never changes, so the loss must fall.
        System.err.printf(Locale.ROOT, "loss %.4f -> %.4f%n", loss[0], loss[1]);
    }

    static void infer(Stopwatch watch, Net net, int batch) {
        Model<Tensor, Tensor> model = net.trained();
        Tensor one = numbers(Shape.of(1).concat(net.example()));
        watch.latency("infer_b1", () -> finite(model.apply(one).data().getDouble(0)));
        Tensor many = numbers(Shape.of(batch).concat(net.example()));
        watch.rate("infer_b" + batch, "samples/s", batch, () -> finite(model.apply(many).data().getDouble(0)));
        watch.peakMemory();
        watch.latency("infer_b1" + BOUND, bound(model.bind(one)));
    }

    static void bert(Stopwatch watch, Net net, int vocabulary, int length) {
        Model<Tensor, Tensor> model = net.trained();
        Tensor ids = integers(vocabulary, Shape.of(1, length));
        watch.latency("infer_b1_s" + length, () -> finite(model.apply(ids).data().getDouble(0)));
    }

    /** One step of a sequence that never ends. */
    static void step(Stopwatch watch, Net net, Shape step) {
        Session<Tensor, Tensor> session = net.trained().session();
        Tensor x = numbers(step);
        watch.latency("step_b1", () -> finite(session.apply(x).data().getDouble(0)));
        watch.peakMemory();
        watch.latency("step_b1" + BOUND, bound(session.bind(x)));
    }

    /** Greedily, one token after the other, each call from an empty cache. */
    static void generate(Stopwatch watch, Net net, int length) {
        Session<Tensor, Tensor> session = net.trained().session();
        Tensor first = Tensor.ofInts(7).reshape(1, 1).eval();
        watch.rate("generate_kv", "tokens/s", length, () -> {
            session.reset();
            Tensor token = first;
            for (int i = 0; i < length; i++) {
                token = session.apply(token).select(1, -1).argmax(-1).reshape(1, 1).eval();
            }
        });
    }

    private record Four(Tensor x, Tensor a, Tensor b, Tensor c) implements Tree {}

    static void elementWise(Stopwatch watch) {
        Shape shape = Shape.of(4096, 1024);
        Tensor x = numbers(shape);
        Four four = new Four(x, numbers(shape), numbers(shape), numbers(shape));
        Program<Four, Tensor> mixed = Functions
                .compile((Four in) -> in.x.mul(in.a).add(in.b).gelu().mul(in.c.sigmoid()).add(normalized(in.x)));
        watch.millis("elementwise", () -> finite(mixed.apply(four).data().getDouble(0)));
        Program<Tensor, Tensor> softmax = Functions.compile((Tensor in) -> in.softmax(-1));
        watch.millis("softmax", () -> finite(softmax.apply(x).data().getDouble(0)));
        watch.peakMemory();
        watch.millis("elementwise" + BOUND, bound(mixed.bind(four)));
        watch.millis("softmax" + BOUND, bound(softmax.bind(x)));
    }

    private static Tensor normalized(Tensor x) {
        Tensor centered = x.sub(x.mean(Axes.keep(-1)));
        return centered.mul(centered.square().mean(Axes.keep(-1)).add(1e-5).rsqrt());
    }

    /** m, k, n. */
    private record Product(int m, int k, int n) {}

    private static final List<Product> PRODUCTS = List.of(new Product(64, 64, 64), new Product(128, 128, 128), new Product(256, 256, 256),
            new Product(512, 512, 512), new Product(1024, 1024, 1024), new Product(2048, 2048, 2048), new Product(64, 784, 512),
            new Product(1, 1024, 1024), new Product(128, 768, 3072));

    static void gemm(Stopwatch watch) {
        PRODUCTS.forEach(each -> product(watch, each, false));
        watch.peakMemory();
        PRODUCTS.forEach(each -> product(watch, each, true));
    }

    private static void product(Stopwatch watch, Product each, boolean bound) {
        Tensor a = numbers(Shape.of(each.m, each.k));
        Tensor b = numbers(Shape.of(each.k, each.n));
        Program2<Tensor, Tensor, Tensor> product = Functions.compile((Tensor left, Tensor right) -> left.matmul(right));
        watch.rate("sgemm_" + each.m + "x" + each.k + "x" + each.n + (bound ? BOUND : ""), "GFLOP/s", 2e-9 * each.m * each.k * each.n,
                bound ? bound(product.bind(a, b)) : () -> finite(product.apply(a, b).data().getDouble(0)));
    }

    private static Runnable bound(Binding<?, Tensor> binding) {
        float[] output = binding.floats(binding.output());
        return () -> {
            binding.run();
            finite(output[0]);
        };
    }

    private static Tensor numbers(Shape shape) {
        return RandomKey.of(42).normal(shape).eval();
    }

    private static Tensor integers(int bound, Shape shape) {
        return RandomKey.of(7).integers(bound, shape).eval();
    }

    private static double finite(double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalStateException("the result is not a number: " + value);
        }
        return value;
    }
}
