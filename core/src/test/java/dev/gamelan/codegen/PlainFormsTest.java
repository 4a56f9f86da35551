package dev.gamelan.codegen;

import static dev.gamelan.codegen.Numbers.numbers;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gamelan.codegen.AttentionKernels.GradientRows;
import dev.gamelan.codegen.AttentionKernels.Weights;
import dev.gamelan.codegen.PoolingCode.Kind;
import dev.gamelan.kernel.Attention.MaskKind;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What pooling and attention do until their kernels are compiled has the bits of these. */
class PlainFormsTest {
    private static final Lanes LANES = Lanes.preferred(ElementType.FLOAT);

    @ParameterizedTest
    @EnumSource(Kind.class)
    void windows(Kind kind) {
        int channels = 37;
        int windows = 3;
        int[] taps = {0, channels, 5 * channels, 6 * channels};
        int step = (kind.isApart() ? 8 : 2) * channels;
        for (int count : new int[] {0, 1, 4}) {
            float[] x = numbers(1, windows * 8 * channels + 2);
            // Equal numbers, and some that are none.
            for (int i = 0; i < x.length; i += 5) {
                x[i] = i % 3 == 0 ? Float.NaN : 1;
            }
            float[] second = numbers(2, x.length);
            float[] expected = numbers(3, x.length);
            float[] actual = expected.clone();
            int wide = step;
            int xStep = kind.isSumGradient() ? channels : wide;
            int secondStep = kind == Kind.PICK ? wide : channels;
            int outStep = kind.isGradient() ? wide : channels;
            PoolingCode.of(kind, ElementType.FLOAT, VectorSupport.preferredBits()).kernel()
                    .run(x, second, expected, 1, 2, 1, xStep, secondStep, outStep, windows, taps, count, channels);
            new PlainPooling(kind).run(x, second, actual, 1, 2, 1, xStep, secondStep, outStep, windows, taps, count, channels);
            assertArrayEquals(expected, actual, kind + " of " + count);
        }
    }

    @ParameterizedTest
    @EnumSource(MaskKind.class)
    void attention(MaskKind kind) {
        AttentionKernels kernels = AttentionKernels.of(LANES, ElementType.FLOAT, kind);
        assumeTrue(kernels.weights().plain() != null);
        int rows = 5;
        int columns = 2 * LANES.count() + 3;
        int queries = 8;
        float[] mask = numbers(4, rows * columns);
        for (int visible : new int[] {-3, 2, columns}) {
            float[] expected = numbers(5, rows * columns);
            float[] actual = expected.clone();
            float[] state = new float[5 * queries];
            Arrays.fill(state, 0, queries, Float.NEGATIVE_INFINITY);
            state[1] = 0.5f;
            float[] states = state.clone();
            Weights plain = Objects.requireNonNull(kernels.weights().plain());
            kernels.weights().compiled().kernel().run(expected, 0, columns, rows, columns, visible, mask, 0, columns, 0.7, state, 0,
                    queries);
            plain.run(actual, 0, columns, rows, columns, visible, mask, 0, columns, 0.7, states, 0, queries);
            assertArrayEquals(expected, actual);
            assertArrayEquals(state, states);
            kernels.merge().compiled().kernel().run(state, 0, queries, rows);
            Objects.requireNonNull(kernels.merge().plain()).run(states, 0, queries, rows);
            assertArrayEquals(state, states);
            kernels.scale().compiled().kernel().run(expected, 0, columns, rows, columns - 1, state, 1);
            Objects.requireNonNull(kernels.scale().plain()).run(actual, 0, columns, rows, columns - 1, state, 1);
            assertArrayEquals(expected, actual);
        }
    }

    @ParameterizedTest
    @EnumSource(MaskKind.class)
    void gradientsOfAttention(MaskKind kind) {
        AttentionKernels.Gradients kernels = AttentionKernels.gradients(LANES, ElementType.FLOAT, kind);
        assumeTrue(kernels.rows().plain() != null);
        int rows = 5;
        int columns = 2 * LANES.count() + 3;
        float[] mask = numbers(6, rows * columns);
        float[] state = numbers(7, 3 * columns);
        for (int first : new int[] {-4, 1, columns}) {
            float[] expected = numbers(8, rows * columns);
            float[] actual = expected.clone();
            float[] expectedGradients = numbers(9, rows * columns);
            float[] actualGradients = expectedGradients.clone();
            GradientRows plain = Objects.requireNonNull(kernels.rows().plain());
            kernels.rows().compiled().kernel().run(expected, 0, expectedGradients, 0, columns, rows, columns, first, mask, 0, columns, 0.7,
                    state, 0, columns);
            plain.run(actual, 0, actualGradients, 0, columns, rows, columns, first, mask, 0, columns, 0.7, state, 0, columns);
            assertArrayEquals(expected, actual);
            assertArrayEquals(expectedGradients, actualGradients);
            float[] sums = new float[rows];
            float[] plainSums = new float[rows];
            kernels.dot().compiled().kernel().run(expected, 0, columns, expectedGradients, 0, columns, rows, columns, sums, 0);
            assertNotNull(kernels.dot().plain());
            Objects.requireNonNull(kernels.dot().plain()).run(expected, 0, columns, expectedGradients, 0, columns, rows, columns, plainSums,
                    0);
            assertArrayEquals(sums, plainSums);
        }
    }
}
