package dev.gamelan.interop.onnx.ops;

import dev.gamelan.shape.Shape;
import dev.gamelan.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The samples of one region, in elements of the image. Positions are computed in FLOAT, step by step as ONNX Runtime does: a sample at the
 * edge of the image counts or counts not.
 *
 * @param rows of the result
 * @param columns of the result
 * @param ratio samples along each axis of a cell; 0 for about one per element
 * @param max whether the largest weighted corner counts, instead of the mean
 */
record RoiSamples(float top, float left, float height, float width, int rows, int columns, int ratio, boolean max) {

    /** (channels, h, w) -> (channels, rows, columns). */
    Tensor of(Tensor image) {
        int down = ratio > 0 ? ratio : Math.max(0, (int) Math.ceil(height / rows));
        int across = ratio > 0 ? ratio : Math.max(0, (int) Math.ceil(width / columns));
        if (down == 0 || across == 0) {
            return Tensor.zeros(image.dtype(), Shape.of(image.dim(0), rows, columns));
        }
        float tall = height / rows;
        float wide = width / columns;
        int count = rows * columns * down * across;
        int h = image.dim(1);
        int w = image.dim(2);
        int[][] places = new int[4][count];
        double[][] weights = new double[4][count];
        int n = 0;
        for (int cell = 0; cell < rows * columns; cell++) {
            for (int i = 0; i < down; i++) {
                float y = top + cell / columns * tall + (i + 0.5f) * tall / down;
                for (int j = 0; j < across; j++) {
                    float x = left + cell % columns * wide + (j + 0.5f) * wide / across;
                    corners(y, x, h, w, n++, places, weights);
                }
            }
        }
        Tensor flat = image.reshape(image.dim(0), h * w);
        List<Tensor> parts = new ArrayList<>();
        for (int k = 0; k < 4; k++) {
            parts.add(flat.take(1, Tensor.ofInts(places[k])).mul(Tensor.ofDoubles(weights[k]).cast(image.dtype())));
        }
        Shape apart = Shape.of(image.dim(0), rows, columns, down * across);
        if (max) {
            return Elementwise.fold(parts, Tensor::maximum).reshape(apart).max(3);
        }
        return Elementwise.fold(parts, Tensor::add).reshape(apart).mean(3);
    }

    private static void corners(float y, float x, int h, int w, int n, int[][] places, double[][] weights) {
        if (y < -1 || y > h || x < -1 || x > w) {
            return;
        }
        double row = Math.clamp(y, 0, h - 1.0);
        double column = Math.clamp(x, 0, w - 1.0);
        int y0 = (int) row;
        int x0 = (int) column;
        int y1 = Math.min(y0 + 1, h - 1);
        int x1 = Math.min(x0 + 1, w - 1);
        double fy = row - y0;
        double fx = column - x0;
        places[0][n] = y0 * w + x0;
        places[1][n] = y0 * w + x1;
        places[2][n] = y1 * w + x0;
        places[3][n] = y1 * w + x1;
        weights[0][n] = (1 - fy) * (1 - fx);
        weights[1][n] = (1 - fy) * fx;
        weights[2][n] = fy * (1 - fx);
        weights[3][n] = fy * fx;
    }
}
