package dev.gamelan.domains.vision;

import static dev.gamelan.nn.Layers.batchNorm;
import static dev.gamelan.nn.Layers.conv2d;
import static dev.gamelan.nn.Layers.dense;
import static dev.gamelan.nn.Layers.globalAvgPool;
import static dev.gamelan.nn.Layers.maxPool2d;
import static dev.gamelan.nn.Layers.relu;
import static dev.gamelan.nn.Layers.residual;
import static dev.gamelan.nn.Layers.sequential;

import dev.gamelan.nn.Layer;
import dev.gamelan.nn.Residual;
import dev.gamelan.nn.Scope;
import dev.gamelan.nn.StateDict;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Residual networks (He et al., 2015): stages of blocks of two 3 by 3 convolutions with batch normalization. Each stage but
 * the first halves the picture. Where a block changes the shape, a 1 by 1 convolution projects the shortcut.
 *
 * @param widths  filters of each stage
 * @param blocks  how many blocks each stage has
 * @param reduces whether a 7 by 7 convolution and pooling shrink the picture to a quarter first
 */
public record ResNet(List<Integer> widths, List<Integer> blocks, boolean reduces, int classes) implements Layer {

    public ResNet {
        widths = List.copyOf(widths);
        blocks = List.copyOf(blocks);
        if (widths.isEmpty() || widths.size() != blocks.size()) {
            throw new IllegalArgumentException("ResNet: expected a width and a number of blocks for each stage; received widths " + widths
                    + " and blocks " + blocks);
        }
    }

    /** ResNet-18, for pictures of about 224 by 224. */
    public static ResNet resNet18(int classes) {
        return new ResNet(List.of(64, 128, 256, 512), List.of(2, 2, 2, 2), true, classes);
    }

    /** ResNet-34, for pictures of about 224 by 224. */
    public static ResNet resNet34(int classes) {
        return new ResNet(List.of(64, 128, 256, 512), List.of(3, 4, 6, 3), true, classes);
    }

    /** For small pictures such as CIFAR's, 32 by 32: of depth 20, 32, 44, 56 ..., that is 6 n + 2. */
    public static ResNet small(int depth, int classes) {
        if (depth < 8 || depth % 6 != 2) {
            throw new IllegalArgumentException("ResNet: expected a depth of 6 n + 2, such as 20; received " + depth);
        }
        int each = (depth - 2) / 6;
        return new ResNet(List.of(16, 32, 64), List.of(each, each, each), false, classes);
    }

    /** x: (B, height, width, channels) -> logits (B, classes). */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Tensor y = scope.call("stem", stem(), x);
        int channels = widths.getFirst();
        for (int stage = 0; stage < widths.size(); stage++) {
            y = scope.call("stage_" + (stage + 1), stage(channels, widths.get(stage), blocks.get(stage), stage == 0 ? 1 : 2), y);
            channels = widths.get(stage);
        }
        return scope.call("head", dense(classes), globalAvgPool().apply(scope, y));
    }

    private Layer stem() {
        int width = widths.getFirst();
        return reduces ? sequential(conv2d(width, 7).stride(2).pad(3).noBias(), batchNorm(), relu(), maxPool2d(3).stride(2).pad(1))
                : sequential(conv2d(width, 3).pad(1).noBias(), batchNorm(), relu());
    }

    private static Layer stage(int channels, int width, int blocks, int stride) {
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < blocks; i++) {
            Residual block = block(width, i == 0 ? stride : 1);
            boolean projects = i == 0 && (stride != 1 || channels != width);
            layers.add(projects ? block.shortcut(conv2d(width, 1).stride(stride).noBias(), batchNorm()) : block);
            layers.add(relu());
        }
        return sequential(layers.toArray(Layer[]::new));
    }

    private static Residual block(int width, int stride) {
        return residual(conv2d(width, 3).stride(stride).pad(1).noBias(), batchNorm(), relu(), conv2d(width, 3).pad(1).noBias(),
                batchNorm());
    }

    /** The names of torchvision's networks: {@code conv1}, {@code layer1.0.bn1} ... {@code fc}. */
    public StateDict torchvisionNames() {
        return names(new Naming("conv1", "bn1", "layer%d.%d.", 1, "conv%d", "bn%d", 1, "downsample.0", "downsample.1", "fc"));
    }

    /** The names of Hugging Face's {@code ResNetForImageClassification}, whose layers are of its type "basic". */
    public StateDict huggingFaceNames() {
        String embedder = "resnet.embedder.embedder.";
        return names(new Naming(embedder + "convolution", embedder + "normalization", "resnet.encoder.stages.%d.layers.%d.", 0,
                "layer.%d.convolution", "layer.%d.normalization", 0, "shortcut.convolution", "shortcut.normalization", "classifier.1"));
    }

    /**
     * What others call the parts.
     *
     * @param block      a pattern of two numbers; stages count from {@code firstStage}, blocks from 0
     * @param conv       within a block, from {@code firstConv} on
     */
    private record Naming(String stem, String stemNorm, String block, int firstStage, String conv, String norm, int firstConv,
            String shortcut, String shortcutNorm, String head) {

        String part(String pattern, int i) {
            return String.format(Locale.ROOT, pattern, firstConv + i);
        }
    }

    private StateDict names(Naming to) {
        StateDict.Builder names = new StateDict.Builder().conv("stem.conv2d_1", to.stem).batchNorm("stem.batch_norm_1", to.stemNorm);
        for (int stage = 0; stage < widths.size(); stage++) {
            for (int i = 0; i < blocks.get(stage); i++) {
                String path = "stage_" + (stage + 1) + ".residual_" + (i + 1) + ".";
                String name = String.format(Locale.ROOT, to.block, to.firstStage + stage, i);
                for (int part = 0; part < 2; part++) {
                    names = names.conv(path + "conv2d_" + (part + 1), name + to.part(to.conv, part))
                            .batchNorm(path + "batch_norm_" + (part + 1), name + to.part(to.norm, part));
                }
                if (projects(stage, i)) {
                    names = names.conv(path + "shortcut.conv2d_1", name + to.shortcut)
                            .batchNorm(path + "shortcut.batch_norm_1", name + to.shortcutNorm);
                }
            }
        }
        return names.linear("head", to.head).build();
    }

    /** Whether a block changes the shape, so that its shortcut has weights. */
    private boolean projects(int stage, int block) {
        return block == 0 && stage > 0;
    }
}
