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
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

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
}
