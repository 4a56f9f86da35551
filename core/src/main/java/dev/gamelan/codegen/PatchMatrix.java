package dev.gamelan.codegen;

import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import java.util.Arrays;

/**
 * The windows of a channels-last image laid out as rows of a matrix, {@code (pixel, tap and channel)}, for some pixels at a time: what
 * turns a convolution into matrix products.
 */
final class PatchMatrix {

    private static final int AXES = 3;

    final int channels;
    final int groupChannels;
    final int rowLength;
    final int pixelsPerImage;
    private final int[] wide;
    private final int[] size;
    private final int[] narrow;
    private final int[] stride = {1, 1, 1};
    private final int[] pad = {0, 0, 0};
    private final int[] dilation = {1, 1, 1};
    /** Whether the taps along the last axis are neighbors in memory, across all channels. */
    private final boolean runs;

    /**
     * @param input (batch, spatial..., channels)
     * @param kernel spatial extents
     * @param output spatial extents
     */
    PatchMatrix(Shape input, Shape kernel, Shape output, Window window, int groups) {
        this.channels = input.dim(-1);
        this.groupChannels = channels / groups;
        this.rowLength = kernel.length() * groupChannels;
        this.pixelsPerImage = output.length();
        this.wide = extents(input.slice(1, input.rank() - 1));
        this.size = extents(kernel);
        this.narrow = extents(output);
        for (int i = 0; i < window.rank(); i++) {
            int axis = AXES - window.rank() + i;
            stride[axis] = window.stride().get(i);
            pad[axis] = window.padLow().get(i);
            dilation[axis] = window.dilation().get(i);
        }
        this.runs = groups == 1 && dilation[2] == 1;
    }

    private static int[] extents(Shape spatial) {
        int[] result = {1, 1, 1};
        System.arraycopy(spatial.dims(), 0, result, AXES - spatial.rank(), spatial.rank());
        return result;
    }

    /** Whether the matrix of all patches is the input as it is. */
    boolean isInput() {
        return runs && size[0] * size[1] * size[2] == 1 && Arrays.equals(wide, narrow) && stride[0] * stride[1] * stride[2] == 1
                && pad[0] == 0 && pad[1] == 0 && pad[2] == 0;
    }

    private int imageLength() {
        return wide[0] * wide[1] * wide[2] * channels;
    }

    /** Copies the patches of some pixels, counted over all images, to rows of the target from its offset on. */
    void gather(Object x, int xOffset, int group, int pixelFrom, int pixelTo, Object target, int targetOffset) {
        for (int pixel = pixelFrom; pixel < pixelTo; pixel++) {
            int image = xOffset + pixel / pixelsPerImage * imageLength() + group * groupChannels;
            int place = pixel % pixelsPerImage;
            int c = place % narrow[2] * stride[2] - pad[2];
            int b = place / narrow[2] % narrow[1] * stride[1] - pad[1];
            int a = place / narrow[2] / narrow[1] * stride[0] - pad[0];
            int to = targetOffset + (pixel - pixelFrom) * rowLength;
            for (int i = 0; i < size[0]; i++) {
                for (int j = 0; j < size[1]; j++) {
                    to = line(x, image, a + i * dilation[0], b + j * dilation[1], c, target, to);
                }
            }
        }
    }

    /** The taps along the last axis; returns where the next ones belong. */
    private int line(Object x, int image, int a, int b, int c, Object target, int to) {
        int length = size[2] * groupChannels;
        if (a < 0 || a >= wide[0] || b < 0 || b >= wide[1]) {
            zero(target, to, length);
        } else if (runs) {
            int from = Math.clamp(-c, 0, size[2]);
            int until = Math.clamp(wide[2] - c, from, size[2]);
            zero(target, to, from * channels);
            copy(x, image + ((a * wide[1] + b) * wide[2] + c + from) * channels, target, to + from * channels, (until - from) * channels);
            zero(target, to + until * channels, (size[2] - until) * channels);
        } else {
            for (int k = 0; k < size[2]; k++) {
                int at = c + k * dilation[2];
                if (at < 0 || at >= wide[2]) {
                    zero(target, to + k * groupChannels, groupChannels);
                } else {
                    copy(x, image + ((a * wide[1] + b) * wide[2] + at) * channels, target, to + k * groupChannels, groupChannels);
                }
            }
        }
        return to + length;
    }

    private static void copy(Object from, int source, Object to, int target, int length) {
        if (length <= 0) {
            return;
        }
        if (length <= 8 && from instanceof float[] floats) {
            float[] result = (float[]) to;
            for (int i = 0; i < length; i++) {
                result[target + i] = floats[source + i];
            }
        } else {
            System.arraycopy(from, source, to, target, length);
        }
    }

    static void zero(Object array, int from, int length) {
        if (array instanceof float[] floats) {
            Arrays.fill(floats, from, from + length, 0);
        } else {
            Arrays.fill((double[]) array, from, from + length, 0);
        }
    }

    /** Adds rows of patches back to where they came from: the transpose of {@link #gather}. */
    void scatter(Object rows, int rowsOffset, int group, int pixelFrom, int pixelTo, Object x, int xOffset) {
        for (int pixel = pixelFrom; pixel < pixelTo; pixel++) {
            int image = xOffset + pixel / pixelsPerImage * imageLength() + group * groupChannels;
            int place = pixel % pixelsPerImage;
            int c = place % narrow[2] * stride[2] - pad[2];
            int b = place / narrow[2] % narrow[1] * stride[1] - pad[1];
            int a = place / narrow[2] / narrow[1] * stride[0] - pad[0];
            int from = rowsOffset + (pixel - pixelFrom) * rowLength;
            for (int i = 0; i < size[0]; i++) {
                for (int j = 0; j < size[1]; j++) {
                    addLine(rows, from, image, a + i * dilation[0], b + j * dilation[1], c, x);
                    from += size[2] * groupChannels;
                }
            }
        }
    }

    private void addLine(Object rows, int source, int image, int a, int b, int c, Object x) {
        if (a < 0 || a >= wide[0] || b < 0 || b >= wide[1]) {
            return;
        }
        if (runs) {
            int from = Math.clamp(-c, 0, size[2]);
            int until = Math.clamp(wide[2] - c, from, size[2]);
            add(rows, source + from * channels, x, image + ((a * wide[1] + b) * wide[2] + c + from) * channels, (until - from) * channels);
            return;
        }
        for (int k = 0; k < size[2]; k++) {
            int at = c + k * dilation[2];
            if (at >= 0 && at < wide[2]) {
                add(rows, source + k * groupChannels, x, image + ((a * wide[1] + b) * wide[2] + at) * channels, groupChannels);
            }
        }
    }

    private static void add(Object from, int source, Object to, int target, int length) {
        if (from instanceof float[] floats) {
            addFloats(floats, source, (float[]) to, target, length);
        } else {
            addDoubles((double[]) from, source, (double[]) to, target, length);
        }
    }

    private static void addFloats(float[] from, int source, float[] to, int target, int length) {
        for (int i = 0; i < length; i++) {
            to[target + i] += from[source + i];
        }
    }

    private static void addDoubles(double[] from, int source, double[] to, int target, int length) {
        for (int i = 0; i < length; i++) {
            to[target + i] += from[source + i];
        }
    }
}
