package dev.gamelan.codegen;

import dev.gamelan.ir.Window;
import dev.gamelan.shape.Shape;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class ConvolutionTest {
    @AfterAll
    static void close() {
        ConvolutionCase.close();
    }

    private static Window window(int rank, int stride, int low, int high, int dilation) {
        return new Window(Collections.nCopies(rank, stride), Collections.nCopies(rank, low), Collections.nCopies(rank, high),
                Collections.nCopies(rank, dilation));
    }

    private static ConvolutionCase plane(int batch, int height, int width, int channels, int kernel, int filters, int stride, int pad,
            int dilation, int groups) {
        return new ConvolutionCase(Shape.of(batch, height, width, channels), Shape.of(kernel, kernel, channels / groups, filters),
                window(2, stride, pad, pad, dilation), groups);
    }

    @Test
    void planes() {
        plane(2, 9, 7, 3, 3, 5, 1, 0, 1, 1).check();
        plane(2, 9, 7, 3, 3, 17, 1, 1, 1, 1).check();
        plane(3, 12, 11, 1, 5, 32, 1, 2, 1, 1).check();
        plane(2, 12, 11, 1, 5, 6, 1, 0, 1, 1).check();
        plane(1, 10, 13, 20, 3, 33, 1, 1, 1, 1).check();
        plane(2, 5, 5, 70, 2, 8, 1, 1, 1, 1).check();
    }

    @Test
    void stridesAndDilations() {
        plane(2, 11, 13, 4, 3, 6, 2, 1, 1, 1).check();
        plane(2, 29, 7, 4, 3, 6, 2, 0, 1, 1).check();
        plane(1, 23, 31, 5, 2, 6, 3, 0, 1, 1).check();
        plane(2, 11, 13, 4, 3, 6, 1, 2, 2, 1).check();
        plane(1, 40, 12, 3, 7, 9, 2, 3, 1, 1).check();
        plane(1, 21, 12, 3, 3, 9, 2, 3, 3, 1).check();
        plane(2, 12, 12, 3, 1, 9, 2, 0, 1, 1).check();
    }

    @Test
    void tapsThatOnlyReadPadding() {
        plane(2, 4, 3, 20, 3, 33, 1, 12, 12, 1).check();
        plane(2, 5, 4, 32, 3, 32, 1, 6, 6, 2).check();
        plane(2, 5, 4, 32, 3, 32, 1, 6, 6, 32).check();
        plane(1, 5, 6, 17, 5, 19, 2, 6, 3, 1).check();
        new ConvolutionCase(Shape.of(2, 3, 9, 8), Shape.of(3, 3, 8, 12),
                new Window(List.of(1, 1), List.of(6, 1), List.of(6, 1), List.of(6, 1)), 1).check();
        new ConvolutionCase(Shape.of(2, 9, 3, 8), Shape.of(3, 3, 8, 12),
                new Window(List.of(1, 1), List.of(1, 6), List.of(1, 6), List.of(1, 6)), 1).check();
        new ConvolutionCase(Shape.of(2, 3, 9, 8), Shape.of(4, 3, 8, 12),
                new Window(List.of(1, 1), List.of(1, 1), List.of(9, 1), List.of(3, 1)), 1).check();
    }

    @Test
    void pointwise() {
        plane(3, 5, 7, 33, 1, 18, 1, 0, 1, 1).check();
        plane(3, 5, 7, 32, 1, 16, 1, 0, 1, 4).check();
        plane(1, 1, 1, 5, 1, 3, 1, 0, 1, 1).check();
        plane(2, 9, 7, 24, 1, 24, 1, 0, 1, 1).check();
        plane(1, 8, 4, 7, 1, 16, 1, 0, 1, 1).check();
        plane(1, 32, 31, 31, 1, 90, 1, 0, 1, 1).check();
    }

    @Test
    void fewChannels() {
        plane(2, 9, 30, 1, 5, 32, 1, 2, 1, 1).check();
        plane(1, 40, 37, 3, 5, 24, 2, 1, 1, 1).check();
        plane(2, 13, 13, 3, 7, 64, 2, 3, 1, 1).check();
        plane(3, 13, 12, 2, 3, 9, 1, 3, 3, 1).check();
        plane(2, 32, 32, 16, 3, 16, 2, 1, 1, 1).check();
        plane(2, 5, 300, 4, 3, 40, 1, 1, 1, 1).check();
        new ConvolutionCase(Shape.of(3, 90, 3), Shape.of(7, 3, 20), window(1, 2, 3, 3, 1), 1).check();
        new ConvolutionCase(Shape.of(2, 5, 9, 1, 3), Shape.of(1, 3, 1, 3, 6), window(3, 1, 0, 0, 1), 1).check();
        new ConvolutionCase(Shape.of(2, 9, 8, 3), Shape.of(3, 3, 3, 20),
                new Window(List.of(2, 1), List.of(-1, 2), List.of(0, -2), List.of(1, 2)), 1)
                .check();
    }

    @Test
    void kernelGradientsInSharesAndBlocks() {
        plane(70, 9, 8, 20, 3, 33, 2, 1, 1, 1).check();
        plane(2, 60, 70, 2, 3, 5, 1, 1, 1, 1).check();
        plane(1, 3, 700, 17, 3, 8, 1, 1, 2, 1).check();
        plane(1, 9, 1100, 3, 3, 20, 2, 1, 1, 1).check();
        plane(2, 55, 41, 16, 3, 16, 1, 1, 1, 1).check();
        plane(1, 9, 11, 32, 3, 8, 2, 1, 2, 1).check();
        plane(70, 9, 8, 16, 2, 8, 1, 0, 1, 1).check();
        plane(3, 75, 41, 5, 3, 7, 1, 2, 2, 1).check();
        new ConvolutionCase(Shape.of(2, 5, 31, 33, 4), Shape.of(1, 3, 3, 4, 6), window(3, 1, 1, 1, 1), 1).check();
        new ConvolutionCase(Shape.of(1, 5, 31, 33, 2), Shape.of(3, 3, 3, 2, 6), window(3, 1, 1, 1, 1), 1).check();
        new ConvolutionCase(Shape.of(9, 3, 6, 7, 5), Shape.of(2, 3, 3, 5, 6), window(3, 1, 1, 1, 1), 1).check();
    }

    @Test
    void groups() {
        plane(2, 8, 7, 6, 3, 9, 1, 1, 1, 3).check();
        plane(2, 9, 9, 8, 3, 12, 2, 1, 1, 2).check();
        plane(2, 8, 7, 4, 3, 8, 1, 1, 2, 4).check();
    }

    @Test
    void fewFilters() {
        for (int filters = 1; filters <= 9; filters++) {
            plane(2, 14, 15, 3, 5, filters, 1, 2, 1, 1).check();
            plane(2, 14, 15, 2, 7, filters, 1, 3, 1, 1).checkForms();
        }
    }

    /** Kernels of one element, with a stride. */
    @Test
    void someOfThePixels() {
        plane(2, 60, 31, 40, 1, 50, 2, 0, 1, 1).check();
        plane(1, 33, 70, 64, 1, 24, 3, 0, 1, 1).check();
        plane(1, 33, 70, 64, 1, 16, 2, 0, 1, 1).checkForms();
        plane(1, 15, 16, 128, 1, 200, 2, 0, 1, 1).check();
        plane(1, 15, 16, 6, 1, 7, 2, 0, 1, 1).check();
        new ConvolutionCase(Shape.of(2, 5, 9, 17, 20), Shape.of(1, 1, 1, 20, 18), window(3, 2, 0, 0, 1), 1).check();
    }

    @Test
    void lines() {
        for (int taps = 2; taps <= 5; taps++) {
            new ConvolutionCase(Shape.of(3, 90, 32), Shape.of(taps, 32, 40), window(1, 1, 1, 2, 1), 1).check();
            new ConvolutionCase(Shape.of(3, 41, 17), Shape.of(taps, 17, 20), window(1, 1, 1, 2, 1), 1).checkLines();
            new ConvolutionCase(Shape.of(2, 33, 24), Shape.of(taps, 24, 64), window(1, 1, 4, 4, 3), 1).checkLines();
        }
        new ConvolutionCase(Shape.of(1, 700, 64), Shape.of(3, 64, 64), window(1, 1, 8, 8, 8), 1).check();
        new ConvolutionCase(Shape.of(2, 100, 64), Shape.of(11, 64, 48), window(1, 1, 5, 5, 1), 1).check();
        new ConvolutionCase(Shape.of(2, 29, 16), Shape.of(7, 16, 33), window(1, 1, 12, 2, 2), 1).checkLines();
        new ConvolutionCase(Shape.of(1, 5, 16), Shape.of(3, 16, 16), window(1, 1, 40, 0, 20), 1).checkLines();
        new ConvolutionCase(Shape.of(2, 5, 33, 24), Shape.of(1, 4, 24, 20),
                new Window(List.of(1, 1), List.of(0, 2), List.of(0, 1), List.of(1, 1)), 1).checkLines();
        new ConvolutionCase(Shape.of(2, 40, 3, 24), Shape.of(3, 1, 24, 36),
                new Window(List.of(1, 1), List.of(1, 0), List.of(1, 0), List.of(2, 1)), 1).checkLines();
    }

    /** So large that threads share its filters, and what is kept of a kernel is read ahead. */
    @Test
    void linesOfLargeKernels() {
        new ConvolutionCase(Shape.of(2, 30, 512), Shape.of(3, 512, 512), window(1, 1, 1, 1, 1), 1).checkLines();
    }

    @Test
    void fewChannelsOfSolids() {
        new ConvolutionCase(Shape.of(2, 6, 9, 17, 2), Shape.of(3, 3, 3, 2, 16), window(3, 1, 1, 1, 1), 1).check();
        new ConvolutionCase(Shape.of(1, 7, 20, 17, 1), Shape.of(3, 3, 3, 1, 32), window(3, 2, 1, 1, 1), 1).check();
        new ConvolutionCase(Shape.of(1, 7, 20, 17, 3), Shape.of(2, 3, 3, 3, 20), window(3, 1, 2, 2, 2), 1).checkForms();
    }

    @Test
    void groupsOfFiveToSeven() {
        plane(2, 9, 11, 30, 3, 30, 1, 1, 1, 6).check();
        plane(1, 9, 30, 42, 3, 36, 2, 1, 1, 6).check();
        plane(2, 5, 11, 35, 5, 21, 1, 2, 1, 7).checkForms();
    }

    @Test
    void groupsInPlace() {
        plane(2, 13, 12, 32, 3, 32, 1, 1, 1, 2).check();
        plane(1, 18, 21, 96, 3, 66, 2, 1, 1, 2).check();
        plane(2, 9, 30, 24, 5, 57, 1, 2, 1, 3).check();
        plane(1, 20, 17, 40, 3, 100, 1, 2, 2, 5).check();
        plane(2, 13, 12, 32, 3, 32, 1, 1, 1, 4).check();
        plane(1, 11, 19, 24, 3, 27, 2, 1, 1, 3).check();
        plane(1, 5, 7, 64, 3, 64, 1, 1, 1, 8).check();
        plane(1, 7, 7, 1024, 3, 512, 1, 1, 1, 32).check();
        plane(1, 9, 5, 1024, 3, 256, 2, 1, 1, 16).check();
        new ConvolutionCase(Shape.of(2, 3, 9, 31, 16), Shape.of(1, 3, 2, 8, 40), window(3, 1, 1, 0, 1), 2).check();
    }

    /** One or several groups of a task, filters that fill vectors or not, images and parts of lines, several shares. */
    @Test
    void kernelsOfGroups() {
        plane(3, 6, 5, 96, 3, 96, 1, 1, 1, 12).check();
        plane(40, 4, 4, 32, 3, 32, 1, 1, 1, 4).check();
        plane(2, 13, 12, 48, 3, 60, 2, 1, 1, 4).check();
        plane(1, 3, 520, 24, 3, 24, 1, 1, 1, 3).check();
        plane(4, 33, 35, 32, 3, 48, 1, 1, 1, 2).check();
        plane(2, 12, 11, 80, 3, 80, 1, 2, 2, 2).checkForms();
        plane(2, 12, 11, 64, 3, 64, 2, 1, 1, 8).checkForms();
    }

    /** Kernels' gradients whose filters fill several panels, of one share or several. */
    @Test
    void kernelsOfPanels() {
        plane(20, 8, 8, 20, 4, 40, 2, 1, 1, 1).check();
        plane(4, 65, 67, 3, 4, 33, 2, 1, 1, 1).check();
        plane(3, 30, 31, 7, 3, 70, 2, 2, 2, 1).check();
        plane(2, 17, 19, 13, 5, 48, 2, 2, 1, 1).checkForms();
        plane(5, 66, 64, 3, 7, 40, 2, 3, 1, 1).checkForms();
        new ConvolutionCase(Shape.of(2, 5, 9, 17, 9), Shape.of(3, 3, 3, 9, 36), window(3, 2, 1, 1, 1), 1).check();
    }

    @Test
    void smallGroups() {
        plane(2, 8, 9, 32, 3, 32, 1, 1, 1, 8).check();
        plane(2, 13, 12, 34, 3, 17, 2, 1, 1, 17).check();
        plane(3, 11, 10, 27, 2, 36, 1, 2, 2, 9).check();
        plane(1, 12, 11, 19, 3, 57, 3, 0, 1, 19).check();
        plane(1, 9, 11, 64, 5, 64, 1, 2, 1, 16).check();
        plane(1, 60, 70, 16, 3, 32, 1, 1, 1, 16).check();
        new ConvolutionCase(Shape.of(3, 40, 24), Shape.of(9, 3, 32), window(1, 1, 4, 4, 1), 8).check();
        new ConvolutionCase(Shape.of(2, 5, 6, 6, 20), Shape.of(3, 3, 3, 2, 40), window(3, 2, 1, 1, 1), 10).check();
        new ConvolutionCase(Shape.of(2, 9, 8, 32), Shape.of(3, 2, 2, 48),
                new Window(List.of(2, 1), List.of(-1, 0), List.of(0, -2), List.of(1, 2)), 16).check();
    }

    @Test
    void depthwise() {
        plane(2, 8, 7, 19, 3, 19, 1, 1, 1, 19).check();
        plane(2, 9, 10, 8, 3, 8, 2, 1, 1, 8).check();
        plane(1, 12, 11, 5, 3, 5, 2, 2, 2, 5).check();
        plane(1, 12, 11, 5, 4, 5, 3, 0, 2, 5).check();
        new ConvolutionCase(Shape.of(2, 5, 4, 6, 3), Shape.of(2, 3, 2, 1, 3), window(3, 1, 1, 0, 1), 3).check();
        new ConvolutionCase(Shape.of(2, 5, 6, 6, 20), Shape.of(3, 3, 3, 1, 20), window(3, 2, 1, 1, 1), 20).check();
        new ConvolutionCase(Shape.of(3, 40, 24), Shape.of(9, 1, 24), window(1, 1, 4, 4, 1), 24).check();
        plane(2, 14, 13, 40, 7, 40, 1, 3, 1, 40).check();
        plane(2, 14, 13, 36, 5, 36, 2, 2, 1, 36).check();
        plane(2, 14, 14, 36, 5, 36, 1, 4, 2, 36).check();
        plane(1, 15, 16, 17, 2, 17, 3, 1, 1, 17).check();
        plane(1, 70, 70, 24, 3, 24, 1, 1, 1, 24).check();
        plane(1, 30, 31, 21, 3, 21, 1, 2, 2, 21).check();
        plane(2, 23, 30, 33, 5, 33, 2, 4, 3, 33).check();
        new ConvolutionCase(Shape.of(1, 3000, 24), Shape.of(9, 1, 24), window(1, 1, 4, 4, 1), 24).check();
        new ConvolutionCase(Shape.of(2, 23, 24, 40), Shape.of(3, 4, 1, 40),
                new Window(List.of(1, 1), List.of(-1, 4), List.of(3, -2), List.of(1, 1)), 40).check();
    }

    @Test
    void linesAndVolumes() {
        new ConvolutionCase(Shape.of(3, 21, 6), Shape.of(4, 6, 10), window(1, 1, 2, 1, 1), 1).check();
        new ConvolutionCase(Shape.of(1, 50, 6), Shape.of(4, 6, 10), window(1, 3, 2, 1, 1), 1).check();
        new ConvolutionCase(Shape.of(2, 5, 6, 7, 3), Shape.of(3, 2, 3, 3, 5), window(3, 1, 1, 1, 1), 1).check();
        new ConvolutionCase(Shape.of(2, 11, 6, 7, 3), Shape.of(3, 2, 3, 3, 5), window(3, 2, 1, 1, 1), 1).check();
    }

    @Test
    void unevenAndNegativePadding() {
        new ConvolutionCase(Shape.of(2, 9, 8, 3), Shape.of(3, 3, 3, 4),
                new Window(List.of(1, 1), List.of(-1, 2), List.of(2, -2), List.of(1, 1)), 1).check();
        new ConvolutionCase(Shape.of(2, 9, 8, 3), Shape.of(3, 2, 3, 4),
                new Window(List.of(2, 1), List.of(-1, 0), List.of(0, -2), List.of(1, 2)), 1).check();
        new ConvolutionCase(Shape.of(1, 2, 2, 3), Shape.of(3, 3, 3, 4),
                new Window(List.of(1, 1), List.of(4, 5), List.of(3, 4), List.of(1, 1)), 1).check();
        new ConvolutionCase(Shape.of(2, 9, 8, 5), Shape.of(3, 3, 1, 5),
                new Window(List.of(2, 1), List.of(-1, 4), List.of(3, -2), List.of(1, 1)), 5).check();
    }

    @Test
    void dilatedKernelsByMinimalFiltering() {
        plane(2, 17, 16, 32, 3, 48, 1, 2, 2, 1).check();
        plane(1, 23, 29, 64, 3, 64, 1, 4, 4, 1).check();
        plane(3, 13, 14, 24, 5, 40, 1, 6, 3, 1).check();
        plane(8, 16, 16, 128, 3, 128, 1, 3, 3, 1).check();
        plane(1, 16, 16, 128, 3, 256, 1, 2, 2, 1).check();
        new ConvolutionCase(Shape.of(2, 21, 20, 32), Shape.of(3, 3, 32, 32),
                new Window(List.of(1, 1), List.of(4, 0), List.of(1, 3), List.of(2, 5)), 1)
                .check();
        plane(2, 17, 16, 32, 3, 48, 1, 2, 2, 1).checkForms();
    }

    @Test
    void linesThatMeetFewTaps() {
        plane(1, 14, 14, 130, 3, 40, 1, 12, 12, 1).check();
        plane(2, 9, 11, 70, 3, 33, 1, 6, 6, 1).check();
        plane(1, 7, 30, 40, 5, 64, 2, 9, 4, 1).check();
        plane(1, 8, 8, 24, 3, 20, 1, 9, 5, 2).check();
        new ConvolutionCase(Shape.of(1, 4, 5, 60), Shape.of(3, 3, 60, 20),
                new Window(List.of(1, 1), List.of(6, 1), List.of(7, 1), List.of(2, 1)), 1)
                .check();
        Window wide = new Window(List.of(2, 2), List.of(30, 6), List.of(30, 6), List.of(6, 6));
        new ConvolutionCase(Shape.of(1, 8, 8, 400), Shape.of(3, 3, 400, 40), wide, 1).check();
        plane(1, 14, 14, 66, 3, 24, 1, 12, 12, 1).checkForms();
    }

    @Test
    void fewFiltersOfWideKernels() {
        plane(2, 17, 19, 12, 3, 3, 1, 1, 1, 1).check();
        plane(1, 18, 23, 33, 5, 1, 1, 2, 2, 1).check();
        new ConvolutionCase(Shape.of(2, 33, 20, 8), Shape.of(4, 7, 8, 2),
                new Window(List.of(2, 1), List.of(-1, 4), List.of(3, -2), List.of(1, 2)), 1).check();
        plane(1, 17, 19, 12, 3, 2, 1, 1, 1, 1).checkForms();
    }

    @Test
    void fewLinesOfATransposedConvolution() {
        plane(1, 9, 9, 12, 4, 40, 2, 1, 1, 1).checkForms();
        plane(1, 10, 11, 7, 4, 5, 3, 1, 1, 1).check();
        plane(1, 10, 11, 7, 2, 5, 3, 0, 1, 1).check();
    }

    @Test
    void nothing() {
        plane(0, 5, 5, 3, 3, 4, 1, 1, 1, 1).check();
        plane(0, 5, 5, 3, 3, 4, 2, 1, 1, 1).check();
        plane(2, 5, 5, 3, 3, 0, 1, 1, 1, 1).check();
        plane(2, 5, 5, 0, 3, 4, 1, 1, 1, 1).check();
        plane(2, 5, 5, 0, 3, 4, 2, 1, 1, 1).check();
    }

    @Test
    void allFormsGiveTheSameBits() {
        plane(2, 9, 7, 3, 3, 18, 1, 1, 1, 1).checkForms();
        plane(2, 11, 13, 4, 3, 6, 2, 1, 1, 1).checkForms();
        plane(2, 8, 7, 19, 3, 19, 1, 1, 1, 19).checkForms();
        plane(2, 9, 17, 35, 5, 35, 1, 2, 1, 35).checkForms();
        plane(2, 8, 7, 6, 3, 9, 1, 1, 1, 3).checkForms();
        plane(2, 18, 17, 36, 3, 27, 2, 1, 1, 9).checkForms();
        plane(2, 7, 7, 48, 3, 48, 1, 1, 1, 3).checkForms();
        plane(2, 14, 13, 20, 7, 20, 1, 3, 1, 20).checkForms();
        plane(30, 12, 17, 24, 3, 24, 2, 1, 1, 24).checkForms();
        plane(2, 9, 7, 24, 1, 24, 1, 0, 1, 1).checkForms();
        plane(12, 28, 28, 1, 5, 32, 1, 2, 1, 1).checkForms();
        plane(20, 17, 16, 16, 3, 48, 2, 1, 1, 1).checkForms();
        plane(4, 14, 14, 32, 5, 24, 1, 2, 1, 1).checkForms();
    }

    @Test
    void manyPixels() {
        plane(4, 30, 31, 16, 3, 24, 1, 1, 1, 1).check();
        plane(5, 28, 28, 1, 5, 32, 1, 2, 1, 1).check();
        plane(2, 30, 31, 16, 3, 24, 2, 1, 1, 1).check();
    }
}
