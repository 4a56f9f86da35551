package dev.gamelan.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gamelan.shape.DType;
import dev.gamelan.shape.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PrintingTest {

    @Test
    void scalars() {
        assertEquals("3.01", Tensor.scalar(3.01).toString());
        assertEquals("2.", Tensor.scalar(2).toString());
        assertEquals("-0.1 FLOAT64", Tensor.ofDoubles(-0.1).sum().toString());
        assertEquals("7 INT32", Tensor.scalar(DType.INT32, 7).toString());
        assertEquals("true BOOL", Tensor.scalar(DType.BOOL, 1).toString());
        assertEquals("nan", Tensor.scalar(Double.NaN).toString());
        assertEquals("1.e-07", Tensor.scalar(1e-7).toString());
        assertEquals("1.234568e+12", Tensor.scalar(1.234568e12).toString());
    }

    @Test
    void rowsAreAligned() {
        assertEquals("[    1.      2.5 -1000. ]", Tensor.of(1, 2.5, -1000).toString());
        assertEquals("""
                [[ 1.  20. ]
                 [-3.5  4. ]]""", Tensor.of(1, 20, -3.5, 4).reshape(2, 2).toString());
        assertEquals("""
                [[[0 1]
                  [2 3]]

                 [[4 5]
                  [6 7]]] INT32""", Tensor.arange(8).reshape(2, 2, 2).toString());
        assertEquals("[ true false] BOOL", Tensor.ofBooleans(true, false).toString());
        assertEquals("[ 1. nan inf]", Tensor.of(1, Double.NaN, Double.POSITIVE_INFINITY).toString());
        assertEquals("[0.33333334 0.5       ]", Tensor.of(1 / 3.0, 0.5).toString());
        assertEquals("[0.33333333 0.5       ] FLOAT64", Tensor.ofDoubles(1 / 3.0, 0.5).toString());
        assertEquals("[1.0e+00 1.5e-05]", Tensor.of(1, 1.5e-5).toString());
        assertEquals("[-0.  0.]", Tensor.of(-0.0, 0).toString());
    }

    @Test
    void emptyOnesShowTheirShape() {
        assertEquals("[]", Tensor.zeros(0).toString());
        assertEquals("[] (2, 0) INT32", Tensor.zeros(DType.INT32, Shape.of(2, 0)).toString());
    }

    @Test
    void longOnesAreSummarized() {
        assertEquals("[   0    1    2 ... 1998 1999 2000] INT32", Tensor.arange(2001).toString());
        assertEquals("""
                [[   0    1    2 ...   97   98   99]
                 [ 100  101  102 ...  197  198  199]
                 [ 200  201  202 ...  297  298  299]
                 ...
                 [9700 9701 9702 ... 9797 9798 9799]
                 [9800 9801 9802 ... 9897 9898 9899]
                 [9900 9901 9902 ... 9997 9998 9999]] INT32""", Tensor.arange(10_000).reshape(100, 100).toString());
    }

    @Test
    void longLinesAreBroken() {
        String text = Tensor.arange(100, 140).toString();
        List<String> lines = List.of(text.split("\n"));
        assertEquals(3, lines.size());
        assertEquals("[100 101 102 103 104 105 106 107 108 109 110 111 112 113 114 115 116 117", lines.get(0));
        assertEquals(" 118", lines.get(1).substring(0, 4));
    }

    @Test
    void tracedOnesShowTheirTypeAlone() {
        List<String> seen = new ArrayList<>();
        Functions.grad((Tensor x) -> {
            seen.add(x.mul(2).toString());
            seen.add(Tensor.of(1).add(1).toString());
            return x.sum();
        }).apply(Tensor.zeros(2, 3)).eval();
        assertEquals(List.of("FLOAT32(2, 3)", "[2.]"), seen);
    }
}
