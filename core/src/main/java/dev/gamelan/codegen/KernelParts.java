package dev.gamelan.codegen;

/** Brings parts of a convolution's kernel (taps, channels, filters) into panels: for each tap, some channels of some filters. */
interface KernelParts {
    /**
     * Copies one tap.
     *
     * @param channel the first of {@code channels}
     * @param filter the first of {@code filters}
     * @param to gets the channels one after another, {@code width} apart
     */
    void copy(Object kernel, int offset, int tap, int channel, int channels, int filter, int filters, Object to, int toOffset, int width);

    /** A kernel as it is. */
    static KernelParts of(ConvShape shape, PackKernels packing) {
        return (kernel, offset, tap, channel, channels, filter, filters, to, toOffset, width) -> packing.copy(kernel,
                offset + (tap * shape.channels() + channel) * shape.filters() + filter, shape.filters(), 1, to, toOffset, width, channels,
                filters);
    }

    /**
     * The flipped and transposed kernel of an input's gradient.
     *
     * @param shape of the convolution itself, whose filters are the channels here
     */
    static KernelParts flipped(ConvShape shape, PackKernels packing) {
        return (kernel, offset, tap, channel, channels, filter, filters, to, toOffset, width) -> packing.copy(kernel,
                offset + ((shape.taps() - 1 - tap) * shape.channels() + filter) * shape.filters() + channel, 1, shape.filters(), to,
                toOffset, width, channels, filters);
    }
}
