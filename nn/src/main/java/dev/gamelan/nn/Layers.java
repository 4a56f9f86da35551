package dev.gamelan.nn;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Parametric;
import java.util.List;

/** All layers of this library, for a static import. Tensors are channels last: (batch, spatial..., features). */
public final class Layers {

    private Layers() {}

    /** See {@link Dense}. */
    public static Dense dense(int units) {
        return new Dense(units, true, Initializer.glorotUniform());
    }

    /** See {@link Conv}. */
    public static Conv conv1d(int filters, int kernel) {
        return Conv.of(1, filters, kernel);
    }

    /** See {@link Conv}. One number for the kernel, or height and width. */
    public static Conv conv2d(int filters, int kernel, int... more) {
        return Conv.of(2, filters, Ints.of(kernel, more));
    }

    /** See {@link Conv}. One number for the kernel, or depth, height and width. */
    public static Conv conv3d(int filters, int kernel, int... more) {
        return Conv.of(3, filters, Ints.of(kernel, more));
    }

    /** See {@link ConvTranspose2d}. One number for the kernel, or height and width. */
    public static ConvTranspose2d convTranspose2d(int filters, int kernel, int... more) {
        return new ConvTranspose2d(filters, Padding.perAxis("convTranspose2d", "kernel", 2, Ints.of(kernel, more)), List.of(1, 1),
                Padding.none(2), true, Initializer.heNormal());
    }

    /** See {@link MaxPool2d}. Windows do not overlap unless a stride says so. */
    public static MaxPool2d maxPool2d(int size, int... more) {
        List<Integer> sizes = Padding.perAxis("maxPool2d", "size", 2, Ints.of(size, more));
        return new MaxPool2d(sizes, sizes, Padding.none(2));
    }

    /** See {@link AvgPool2d}. Windows do not overlap unless a stride says so. */
    public static AvgPool2d avgPool2d(int size, int... more) {
        List<Integer> sizes = Padding.perAxis("avgPool2d", "size", 2, Ints.of(size, more));
        return new AvgPool2d(sizes, sizes, Padding.none(2));
    }

    /** See {@link GlobalAvgPool}. */
    public static GlobalAvgPool globalAvgPool() {
        return new GlobalAvgPool();
    }

    /** See {@link GlobalMaxPool}. */
    public static GlobalMaxPool globalMaxPool() {
        return new GlobalMaxPool();
    }

    /** See {@link Flatten}. */
    public static Flatten flatten() {
        return new Flatten();
    }

    /** See {@link Reshape}: the new shape of one example. */
    public static Reshape reshape(int... dims) {
        return new Reshape(Shape.of(dims));
    }

    /** See {@link Dropout}. */
    public static Dropout dropout(double rate) {
        return new Dropout(rate);
    }

    /** See {@link GaussianNoise}. */
    public static GaussianNoise gaussianNoise(double deviation) {
        return new GaussianNoise(deviation);
    }

    /** See {@link BatchNorm}: momentum 0.9, epsilon 1e-5. */
    public static BatchNorm batchNorm() {
        return new BatchNorm(0.9, 1e-5);
    }

    /** See {@link LayerNorm}: epsilon 1e-5. */
    public static LayerNorm layerNorm() {
        return new LayerNorm(1e-5);
    }

    /** See {@link RmsNorm}: epsilon 1e-6. */
    public static RmsNorm rmsNorm() {
        return new RmsNorm(1e-6);
    }

    /** See {@link GroupNorm}: epsilon 1e-5. */
    public static GroupNorm groupNorm(int groups) {
        return new GroupNorm(groups, 1e-5);
    }

    /** See {@link InstanceNorm}: epsilon 1e-5. */
    public static InstanceNorm instanceNorm() {
        return new InstanceNorm(1e-5);
    }

    /** See {@link Embedding}: starts normally distributed with deviation 0.02. */
    public static Embedding embedding(int count, int width) {
        return new Embedding(count, width, Initializer.normal(0.02));
    }

    /** See {@link PositionEmbedding}: starts normally distributed with deviation 0.02. */
    public static PositionEmbedding positionEmbedding(int context) {
        return new PositionEmbedding(context, Initializer.normal(0.02));
    }

    /** See {@link Attention}. */
    public static Attention attention(int heads) {
        return Attention.of(heads);
    }

    /** See {@link Lstm}. */
    public static Lstm lstm(int units) {
        return Lstm.of(units);
    }

    /** See {@link Gru}. */
    public static Gru gru(int units) {
        return Gru.of(units);
    }

    /** See {@link Bidirectional}. */
    public static Bidirectional bidirectional(Recurrent layer) {
        return new Bidirectional(layer);
    }

    /** See {@link Sequential}. */
    public static Sequential sequential(Layer... layers) {
        return new Sequential(List.of(layers));
    }

    /** See {@link Residual}. */
    public static Residual residual(Layer... layers) {
        return new Residual(List.of(layers));
    }

    /** See {@link LeakyRelu}. */
    public static LeakyRelu leakyRelu(double slope) {
        return new LeakyRelu(slope);
    }

    /** See {@link Activation#RELU}. */
    public static Layer relu() {
        return Activation.RELU;
    }

    /** See {@link Activation#RELU6}. */
    public static Layer relu6() {
        return Activation.RELU6;
    }

    /** See {@link Activation#GELU}. */
    public static Layer gelu() {
        return Activation.GELU;
    }

    /** See {@link Activation#GELU_TANH}. */
    public static Layer geluTanh() {
        return Activation.GELU_TANH;
    }

    /** See {@link Activation#TANH}. */
    public static Layer tanh() {
        return Activation.TANH;
    }

    /** See {@link Activation#SIGMOID}. */
    public static Layer sigmoid() {
        return Activation.SIGMOID;
    }

    /** See {@link Activation#SOFTPLUS}. */
    public static Layer softplus() {
        return Activation.SOFTPLUS;
    }

    /** See {@link Activation#SILU}. */
    public static Layer silu() {
        return Activation.SILU;
    }

    /** See {@link Activation#ELU}. */
    public static Layer elu() {
        return Activation.ELU;
    }

    /** See {@link Activation#HARD_SIGMOID}. */
    public static Layer hardSigmoid() {
        return Activation.HARD_SIGMOID;
    }

    /** See {@link Activation#HARD_SWISH}. */
    public static Layer hardSwish() {
        return Activation.HARD_SWISH;
    }

    /** See {@link Activation#SOFTMAX}. */
    public static Layer softmax() {
        return Activation.SOFTMAX;
    }

    /**
     * A part of an imported network, from one of its inputs to one of its results or inner values. Its parameters are those
     * of the file, under their names there, and can be frozen, trained and saved like any others.
     */
    public static Imported imported(Parametric network, String input, String output) {
        return new Imported(network, input, output);
    }

    /** A layer that has the channels first, between ones that have them last, as imported networks have. */
    public static ChannelsFirst channelsFirst(Layer layer) {
        return new ChannelsFirst(layer);
    }
}
