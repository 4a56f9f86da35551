package dev.gamelan.nn;

import dev.gamelan.tensor.Tensor;

/** A layer that has the channels first, among ones that have them last: see {@link Layers#channelsFirst}. */
public record ChannelsFirst(Layer layer) implements Layer {

    /** x: (B, spatial..., C) -> (B, spatial..., C'), or what the layer gives without spatial axes. */
    @Override
    public Tensor apply(Scope scope, Tensor x) {
        Tensor y = layer.apply(scope, x.rank() < 3 ? x : x.moveAxis(-1, 1));
        return y.rank() < 3 ? y : y.moveAxis(1, -1);
    }
}
