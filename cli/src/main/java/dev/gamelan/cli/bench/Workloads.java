package dev.gamelan.cli.bench;

import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.flatten;
import static dev.gamelan.nn.Layers.lstm;
import static dev.gamelan.nn.Layers.maxPool2d;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Layers.sequential;
import static dev.gamelan.nn.Optimizers.adam;
import static dev.gamelan.nn.Optimizers.adamW;
import static dev.gamelan.nn.Optimizers.sgd;

import dev.gamelan.domains.text.Gpt;
import dev.gamelan.domains.vision.ResNet;
import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What is measured, by name.
 *
 * <table>
 * <caption>Models</caption>
 * <tr><td>w1</td><td>MLP 784-512-256-10; Adam, batches of 128; inference of 1 and 256</td></tr>
 * <tr><td>w2</td><td>two convolutions 5x5 (32, 64) with pooling, dense 512, dense 10; Adam, batches of 64; inference of 1 and 64</td></tr>
 * <tr><td>w3</td><td>ResNet-18, 224x224, 1000 classes; SGD with momentum, batches of 8; inference of 1 and 8</td></tr>
 * <tr><td>w3c</td><td>ResNet-20 for 32x32, 10 classes; SGD with momentum, batches of 64</td></tr>
 * <tr><td>w4</td><td>two LSTM of 256 on 100 steps of 64, dense 10 on the last; Adam, batches of 32; one step at a time</td></tr>
 * <tr><td>w5</td><td>transformer of 6 layers, 6 heads, width 384, context 256, 65 characters; AdamW, batches of 8; 256 tokens
 * generated one by one</td></tr>
 * <tr><td>bert</td><td>BERT-base's shape, 128 tokens</td></tr>
 * <tr><td>w6</td><td>element-wise: gelu(x a + b) sigmoid(c) + layernorm(x), and softmax, on 4096x1024</td></tr>
 * <tr><td>gemm</td><td>products of matrices</td></tr>
 * </table>
 */
public final class Workloads {

    private static final Map<String, Consumer<Stopwatch>> ALL = all();

    private Workloads() {}

    /** In the order in which all are run. */
    public static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /** Runs one workload in this process, which should be fresh. */
    static void run(String name, Stopwatch watch) {
        Consumer<Stopwatch> workload = ALL.get(name);
        if (workload == null) {
            throw new IllegalArgumentException("unknown workload '" + name + "'; there are " + names());
        }
        workload.accept(watch);
        watch.peakMemory();
    }

    private static Map<String, Consumer<Stopwatch>> all() {
        Map<String, Consumer<Stopwatch>> all = new LinkedHashMap<>();
        all.put("w1.train", watch -> Runs.train(watch, mlp(), adam(1e-3), Shape.of(128, 784), 10));
        all.put("w1.infer", watch -> Runs.infer(watch, mlp(), 256));
        all.put("w2.train", watch -> Runs.train(watch, lenet(), adam(1e-3), Shape.of(64, 28, 28, 1), 10));
        all.put("w2.infer", watch -> Runs.infer(watch, lenet(), 64));
        all.put("w3.train", watch -> Runs.train(watch, resNet18(), sgd(0.01, 0.9), Shape.of(8, 224, 224, 3), 1000));
        all.put("w3.infer", watch -> Runs.infer(watch, resNet18(), 8));
        all.put("w3c.train", watch -> Runs.train(watch, Net.of(Shape.of(32, 32, 3), ResNet.small(20, 10)), sgd(0.01, 0.9),
                Shape.of(64, 32, 32, 3), 10));
        all.put("w4.train", watch -> Runs.train(watch, recurrent(), adam(1e-3), Shape.of(32, 100, 64), 10));
        all.put("w4.infer", watch -> Runs.step(watch, recurrent(), Shape.of(1, 1, 64)));
        all.put("w5.train", watch -> Runs.language(watch, gpt(), adamW(1e-3, 0.01), Shape.of(8, 256), 65));
        all.put("w5.infer", watch -> Runs.generate(watch, gpt(), 256));
        all.put("bert.infer", watch -> Runs.bert(watch, bert(), 30_522, 128));
        all.put("w6", Runs::elementWise);
        all.put("gemm", Runs::gemm);
        return all;
    }

    /** The network whose inference a workload measures, if it does. */
    static Optional<Net> net(String name) {
        return Optional.ofNullable(switch (name) {
            case "w1.infer" -> mlp();
            case "w2.infer" -> lenet();
            case "w3.infer" -> resNet18();
            case "w4.infer" -> recurrent();
            case "w5.infer" -> gpt();
            case "bert.infer" -> bert();
            default -> null;
        });
    }

    private static Net mlp() {
        return Net.of(Shape.of(784), sequential(dense(512), relu(), dense(256), relu(), dense(10)));
    }

    private static Net lenet() {
        return Net.of(Shape.of(28, 28, 1), sequential(conv2d(32, 5).padSame(), relu(), maxPool2d(2), conv2d(64, 5).padSame(), relu(),
                maxPool2d(2), flatten(), dense(512), relu(), dense(10)));
    }

    private static Net resNet18() {
        return Net.of(Shape.of(224, 224, 3), ResNet.resNet18(1000));
    }

    private static Net recurrent() {
        return Net.of(Shape.of(100, 64), sequential(lstm(256), lstm(256).lastOnly(), dense(10)));
    }

    private static Net gpt() {
        return new Net(DType.INT32, Shape.of(256), new Gpt(65, 256, 384, 6, 6).dropRate(0).untied());
    }

    private static Net bert() {
        return new Net(DType.INT32, Shape.of(128), Bert.base());
    }
}
